package pipeline

import (
	"math"
	"os"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/tune"
	"glovebox.example/glovebox/internal/document/catalog"
)

// TestTuneMeasures: what a job of mode tune says about limits that cut known
// shares of the units is right, up to its noise; it is charged its own price.
// False alarm: a figure is off by more than 4, ten deviations of its noise.
func TestTuneMeasures(t *testing.T) {
	d, dir := marriageDomain(t)
	file := marriageJob(t, dir, ", unit: other", "rho: 20")
	text := strings.Replace(string(read(t, file)), "max: 150000", "max: 50000", 1)
	data, j, err := catalog.Tuned(file, []byte(text), glovebox.ReleaseDef{Rho: 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	before := balance(t, d, "marriages").Spent.Loss
	o := run(t, New(d, nil), file, "wang")
	if got := balance(t, d, "marriages").Spent.Loss - before; got != 20e9*25 {
		t.Errorf("it took %d", got)
	}
	a, err := tune.Read(j, o.Content, 1)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, s tune.Share, want float64) {
		if n := s.Share * a.Units.Share; math.Abs(n-want) > 4 {
			t.Errorf("%s: %v units, not %v", what, n, want)
		}
		if s.Half <= 0 || s.Half > 0.02 {
			t.Errorf("%s: a margin of %v", what, s.Half)
		}
	}
	if math.Abs(a.Units.Share-300) > 4 {
		t.Errorf("%v units", a.Units)
	}
	near("over keys", a.OverKeys, 0)
	near("at max_rows", a.AtMaxRows, 300)
	near("failed", a.Failed, 0)
	if len(a.Clips) != 1 || a.Clips[0].Metric != "income" || a.Clips[0].Below == nil || a.Clips[0].Above == nil {
		t.Fatalf("%+v", a.Clips)
	}
	near("above", *a.Clips[0].Above, 147)
	near("below", *a.Clips[0].Below, 0)
	if a.Best != 1 {
		t.Errorf("the best is %d", a.Best)
	}
	if v, err := d.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v %v", v, err)
	}
}

// TestTuneOnSamplesIsRefused: a job that measures says nothing about rows that are
// made up.
func TestTuneOnSamplesIsRefused(t *testing.T) {
	d, dir := marriageDomain(t)
	file := marriageJob(t, dir, ", unit: other", "rho: 20")
	data, _, err := catalog.Tuned(file, read(t, file), glovebox.ReleaseDef{Rho: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(d, nil).Sample(t.Context(), submit(file), user(t, d, "wang").User); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "measures data") {
		t.Errorf("%v", err)
	}
}
