// Command bench measures each hot path beside its baseline, in turn, in one
// run, prints one table, writes bench.json and, from it, the first table of
// docs/benchmarks.md. It promises that every figure of a row was taken in the same run on
// the same machine, as medians of interleaved passes; it does not promise that
// a noisy machine gives the same absolute figures twice. Quote ratios.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// result is one row of bench.json.
type result struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Ours     float64 `json:"ours"`
	Baseline float64 `json:"baseline"`
	Against  string  `json:"against"` // what the baseline is
	Ratio    float64 `json:"ratio"`   // how many times better than the baseline
	Target   string  `json:"target"`
	Holds    bool    `json:"holds"`
}

// report is the whole file.
type report struct {
	Go      string   `json:"go"`
	Arch    string   `json:"arch"`
	CPUs    int      `json:"cpus"`
	Passes  int      `json:"passes"`
	Results []result `json:"results"`
}

func main() {
	out := flag.String("o", "bench.json", "file to write")
	passes := flag.Int("passes", 3, "interleaved passes; the median is taken")
	doc := flag.String("doc", "", "page whose table between <!-- bench --> and <!-- /bench --> is rewritten")
	only := flag.String("only", "", "only rows whose name contains this")
	flag.Parse()
	rep := report{Go: runtime.Version(), Arch: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), Passes: *passes}
	for _, r := range rows {
		if !strings.Contains(r.name, *only) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", r.name)
		res, err := r.measure(*passes)
		if err != nil {
			log.Fatalf("bench: %s: %v", r.name, err)
		}
		rep.Results = append(rep.Results, res)
	}
	rep.print()
	data, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, append(data, '\n'), 0o644); err != nil {
		log.Fatal(err)
	}
	if *doc != "" {
		if err := rep.publish(*doc); err != nil {
			log.Fatal(err)
		}
	}
}

// publish puts the table into a page of the documentation.
func (rep *report) publish(path string) error {
	const from, to = "<!-- bench -->\n", "<!-- /bench -->"
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(page), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table", path)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %d CPUs, medians of %d interleaved passes.\n\n", rep.Go, rep.Arch, rep.CPUs, rep.Passes)
	b.WriteString("| what | against | ratio | ours | baseline | unit | target | holds |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range rep.Results {
		holds := "yes"
		if !r.Holds {
			holds = "**no**"
		}
		fmt.Fprintf(&b, "| %s | %s | %.2fx | %s | %s | %s | %s | %s |\n", r.Name, r.Against, r.Ratio, short(r.Ours), short(r.Baseline), r.Unit, r.Target, holds)
	}
	return os.WriteFile(path, []byte(head+from+b.String()+to+tail), 0o644)
}

// measure runs ours and the baseline in turn.
func (r *row) measure(passes int) (result, error) {
	var ours, base []float64
	for range passes {
		v, err := r.ours.run()
		if err != nil {
			return result{}, err
		}
		ours = append(ours, v)
		best := 0.0
		for i, b := range r.base {
			v, err := b.run()
			if err != nil {
				return result{}, err
			}
			if i == 0 || (r.more && v > best) || (!r.more && v < best) {
				best = v
			}
		}
		base = append(base, best)
	}
	res := result{Name: r.name, Unit: r.unit, Ours: median(ours), Against: r.against}
	res.Baseline = median(base)
	if res.Ratio = res.Ours / res.Baseline; !r.more {
		res.Ratio = res.Baseline / res.Ours
	}
	res.Target, res.Holds = r.target(res)
	return res, nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

func (rep *report) print() {
	fmt.Printf("%s, %s, %d CPUs, medians of %d interleaved passes\n\n", rep.Go, rep.Arch, rep.CPUs, rep.Passes)
	fmt.Printf("%-34s %12s %12s %-10s %9s  %-22s %s\n", "name", "ours", "baseline", "unit", "ratio", "target", "holds")
	for _, r := range rep.Results {
		base := "-"
		if r.Baseline > 0 {
			base = short(r.Baseline)
		}
		fmt.Printf("%-34s %12s %12s %-10s %8.2fx  %-22s %v\n", r.Name, short(r.Ours), base, r.Unit, r.Ratio, r.Target, r.Holds)
	}
}

func short(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', 2, 64) + " M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'f', 1, 64) + " k"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
