package privacy

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/blocks"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

var (
	update = flag.Bool("update", false, "write testdata/outcomes.txt")
	dump   = flag.String("dump", "", "folder that gets what testdata/outcomes.txt holds the digests of")
)

// TestOutcomesStay holds prices, facts, partial results and tables with fixed
// noise to their bytes: a change of the code that is not meant to change what jobs
// cost, say or release changes no line of testdata/outcomes.txt. What is behind a
// digest: -dump FOLDER, before the change and after it.
func TestOutcomesStay(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("expected errors are floats, whose last digits differ with the machine")
	}
	var got strings.Builder
	line := func(name, what string, content []byte) {
		fmt.Fprintf(&got, "%s %s %x\n", name, what, sha256.Sum256(content))
		if *dump != "" {
			file := strings.NewReplacer("/", "_", " ", "-").Replace(name + "." + what)
			if err := os.WriteFile(filepath.Join(*dump, file), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	outputs := goldenOutputs()
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		for i, rel := range []glovebox.ReleaseDef{laplace(1, 1e-6), laplace(0.001, 1e-9), laplace(200, 0.01), gaussian(0.5, 1e-6), gaussian(1e-6, 1e-3), gaussian(300, 1e-9)} {
			out := outputs[name]
			if len(out.Key) == 0 || !out.Key[0].Private {
				rel.Delta = 0
			}
			name := fmt.Sprintf("%s/%d", name, i)
			p, err := NewPlan(out, rel, nil)
			if err != nil {
				line(name, "refusal", []byte(err.Error()))
				continue
			}
			line(name, "facts", priced(p))
			units := randomUnits(p, rand.New(rand.NewPCG(5, 6)), 300)
			part := bound(p, units)
			line(name, "partial", check.Must(part.MarshalBinary()))
			line(name, "exact", check.Must(json.Marshal(p.Exact(part))))
			line(name, "table", check.Must(json.Marshal(check.Must(p.Release(part, mechanism.SeededSource([32]byte{byte(i)}))))))
		}
	}
	for i, rel := range []glovebox.ReleaseDef{laplace(1, 0), laplace(300, 0), gaussian(0.5, 0), gaussian(1e-6, 0), laplace(1e-6, 0)} {
		name := fmt.Sprint("blocks/", i)
		p := check.Must(blocks.New(glovebox.Blocks{Count: 64, Metrics: goldenBlocks()}, rel))
		line(name, "facts", priced(p))
		total := p.NewTotal()
		for b := range 8 {
			o := p.NewOutputs(8*b, 8)
			for k := range 8 {
				o.Put(8*b+k, 1, record(0, nil, float64(k), float64(b+1), float64(b*k), float64(k%3), 1))
			}
			line(name, fmt.Sprint("outputs", b), check.Must(o.MarshalBinary()))
			if err := total.Merge(o); err != nil {
				t.Fatal(err)
			}
		}
		line(name, "exact", check.Must(json.Marshal(p.Exact(total))))
		line(name, "table", check.Must(json.Marshal(check.Must(p.Release(total, mechanism.SeededSource([32]byte{byte(i)}))))))
	}
	for i, rounds := range []int{1, 3, 7} {
		p := check.Must(NewTrainPlan(glovebox.Train{Rounds: rounds, State: 3, Size: 3, Clip: 2}, "g", gaussian(0.1, 0)))
		line(fmt.Sprint("train/", i), "facts", priced(p))
		line(fmt.Sprint("train/", i), "round", priced(p.Round()))
	}
	const file = "testdata/outcomes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := check.Must(os.ReadFile(file))
	if bytes.Equal(want, []byte(got.String())) {
		return
	}
	is := strings.Split(got.String(), "\n")
	for i, l := range strings.Split(string(want), "\n") {
		if i >= len(is) || is[i] != l {
			t.Errorf("line %d is no longer %s", i+1, l)
		}
	}
}

// priced is all that a plan says before data is read.
func priced(p interface {
	Cost(glovebox.LedgerKind) (glovebox.Amount, error)
	Facts() Facts
}) []byte {
	pure, refusal := p.Cost(glovebox.LedgerPure)
	all := []any{pure, fmt.Sprint(refusal), check.Must(p.Cost(glovebox.LedgerZCDP)), p.Facts()}
	if p, ok := p.(*Plan); ok {
		all = append(all, p.Figures(), p.Keys(), p.Metrics(), p.L0(), p.Select(), p.RecordBytes(), p.TableBytes())
	}
	return check.Must(json.MarshalIndent(all, "", " "))
}

// goldenOutputs are declarations of every kind.
func goldenOutputs() map[string]glovebox.Output {
	public := publicKey("k", 1, 2, 3, 4, 5)
	weighted := unitMean
	weighted.Weight = 3
	def := everyKind(3)
	def.Default = []glovebox.DefaultRecord{{Key: map[string]any{"k": 7, "t": "x"}, Metrics: map[string]float64{
		"s": 1, "m": 2, "y": 3, "h": 1, "q": 0, "qs": 1, "d": 3, "r": 2, "c": 1}}}
	return map[string]glovebox.Output{
		"no key":         output(1, nil, unitCount, unitSum, weighted),
		"no key total":   output(1, nil, unitCount, unitCapped),
		"no key bins":    records(output(1, nil, unitDeciles, unitDistinct, unitBins), 5, 0),
		"public":         output(3, keysOf(public), unitCount, amount),
		"public bins":    records(output(2, keysOf(public), unitBins, unitEdges, unitRange), 3, 4),
		"public top":     topOf(output(2, keysOf(public), unitCount, unitMean), 2, "n"),
		"public choices": records(output(2, keysOf(public), unitMedian, unitDeciles), 3, 0),
		"count":          output(1, keysOf(intKey), unitCount),
		"counts":         output(40, keysOf(intKey), unitCount, unitSum),
		"own share":      selecting(OwnShare, output(2, keysOf(intKey), unitCount, unitMean)),
		"by a sum":       selecting("a", output(2, keysOf(textKey), unitCount, amount, weighted)),
		"by the count":   selecting("n", output(2, keysOf(textKey), unitCount, amount)),
		"sum alone":      output(3, keysOf(intKey), unitSum),
		"top":            topOf(output(60, keysOf(intKey), unitCount, amount), 3, "a"),
		"top of many":    topOf(selecting(OwnShare, output(900, keysOf(intKey), unitCount, unitBins)), 2, "n"),
		"variance":       output(2, keysOf(intKey), unitSpread),
		"vector":         output(2, keysOf(intKey), unitVector, unitCount),
		"median":         records(output(2, keysOf(intKey), unitMedian), 4, 0),
		"deciles":        records(output(9, keysOf(intKey), unitCount, unitDeciles), 4, 6),
		"distinct":       records(output(2, keysOf(textKey), unitDistinct), 4, 0),
		"bounds":         records(output(2, keysOf(textKey), unitRange), 4, 0),
		"every":          everyKind(4),
		"every, default": def,
		"every, top":     topOf(everyKind(12), 2, "n"),
	}
}

// goldenBlocks are metrics of mode blocks, one for each way to combine.
func goldenBlocks() []glovebox.BlockMetric {
	return []glovebox.BlockMetric{
		{Name: "mid", Combine: glovebox.Median, Max: 10, Points: 101, Spacing: glovebox.Linear, Default: 5},
		{Name: "far", Combine: glovebox.Median, Min: 1, Max: 1e6, Points: 601, Spacing: glovebox.Log, Default: 10},
		{Name: "avg", Combine: glovebox.BlockAvg, Min: -1, Max: 1, Points: 2001, Spacing: glovebox.Linear},
		{Name: "wins", Combine: glovebox.Winsor, Max: 100, Points: 1001, Spacing: glovebox.Linear, Default: 50},
		{Name: "top", Combine: glovebox.Vote, Values: []string{"a", "b", "c"}, Default: 1},
	}
}
