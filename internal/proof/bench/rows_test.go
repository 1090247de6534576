package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRowsNameBenchmarks: a row whose benchmark moved would be found only after
// minutes of measuring.
func TestRowsNameBenchmarks(t *testing.T) {
	source := map[string]string{}
	for _, r := range rows {
		for _, b := range append([]bench{r.ours}, r.base...) {
			if source[b.pkg] == "" {
				files, err := filepath.Glob(filepath.Join("../../..", b.pkg, "*_test.go"))
				if err != nil || len(files) == 0 {
					t.Fatalf("%s has no tests: %v", b.pkg, err)
				}
				for _, f := range files {
					text, err := os.ReadFile(f)
					if err != nil {
						t.Fatal(err)
					}
					source[b.pkg] += string(text)
				}
			}
			name, _, _ := strings.Cut(b.name, "/")
			if !strings.Contains(source[b.pkg], "func "+name+"(b *testing.B)") {
				t.Errorf("%s: %s has no %s", r.name, b.pkg, name)
			}
		}
	}
}

// TestTargetsAreRatios: every row has a baseline of the same run, and what is
// asked of it depends on the ratio alone.
func TestTargetsAreRatios(t *testing.T) {
	for _, r := range rows {
		if len(r.base) == 0 {
			t.Errorf("%s has no baseline", r.name)
		}
		for _, scale := range []float64{0.01, 1, 100} {
			if _, ok := r.target(result{Ours: scale, Ratio: r.factor}); !ok {
				t.Errorf("%s: with %v and the ratio that is asked, it does not hold", r.name, scale)
			}
		}
		if _, ok := r.target(result{Ratio: r.factor / 2}); ok && r.factor > 0 {
			t.Errorf("%s: half of what is asked holds", r.name)
		}
	}
}
