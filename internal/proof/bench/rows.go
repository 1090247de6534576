package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// bench is one Go benchmark and the metric that is read off it.
type bench struct{ pkg, name, metric string }

// row is one line of the table.
type row struct {
	name, unit string
	ours       bench
	base       []bench // the best of them counts; nil: the limit is the yardstick
	against    string
	more       bool    // more is better
	factor     float64 // target: this many times better than the baseline
	floor      float64 // target: ours at least this (more) or at most this (less)
	limit      float64 // yardstick where there is no baseline
}

func (r *row) target(res result) (string, bool) {
	var parts []string
	holds := true
	if r.factor > 0 {
		parts = append(parts, fmt.Sprintf(">= %gx", r.factor))
		holds = res.Ratio >= r.factor
	}
	if r.floor > 0 {
		sign := "<="
		ok := res.Ours <= r.floor
		if r.more {
			sign, ok = ">=", res.Ours >= r.floor
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", sign, short(r.floor), r.unit))
		holds = holds && ok
	}
	if len(parts) == 0 {
		return "none yet", true
	}
	return strings.Join(parts, ", "), holds
}

// run runs a benchmark once and reads its metric.
func (b bench) run() (float64, error) {
	cmd := exec.Command("go", "test", "-tags", "duckdb_arrow", "-run", "^$", "-bench", "^"+strings.ReplaceAll(b.name, "/", "$/^")+"$", "-benchtime", "1s", "-timeout", "10m", "./"+b.pkg)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", b.name, err, out)
	}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], strings.Split(b.name, "/")[0]) {
			continue
		}
		for i := 2; i+1 < len(f); i += 2 {
			if f[i+1] == b.metric {
				return strconv.ParseFloat(f[i], 64)
			}
		}
	}
	return 0, fmt.Errorf("%s printed no %s:\n%s", b.name, b.metric, out)
}
