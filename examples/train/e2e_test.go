package train

import (
	"bytes"
	"context"
	"flag"
	"math"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/proof/testkit/demo"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) { demo.Main(m) }

var update = flag.Bool("update", false, "write the modules")

// TestModulesAreTheirSource builds the modules and wants the committed bytes.
func TestModulesAreTheirSource(t *testing.T) {
	// Another version of the compiler may well choose other instructions.
	if out, err := exec.Command("/usr/bin/rustc", "--version").Output(); err != nil || !strings.Contains(string(out), "1.63.0") {
		t.Skip("needs Debian's rustc 1.63.0, which built the committed modules")
	}
	for _, name := range []string{"logistic", "kmeans"} {
		r, err := modbuild.Build(context.Background(), modbuild.Source{Path: name + ".rs"})
		if err != nil {
			t.Skipf("cannot build here: %v", err)
		}
		if *update {
			if err := os.WriteFile(name+".wasm", r.Wasm, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(name + ".wasm"); err != nil || !bytes.Equal(r.Wasm, have) {
			t.Errorf("%s.wasm is not what %s.rs and its manifest give (%v); go test -run Source -update writes it", name, name, err)
		}
	}
}

// person is a row of the data, as the modules see it.
type person struct {
	x     [5]float64 // of the regression
	place [2]float64 // of the groups
	earns bool
}

func people(t *testing.T) []person {
	var out []person
	for _, row := range demo.CSV(t, "../pums/pums.csv") {
		income, err := strconv.ParseFloat(row["income"], 64)
		if err != nil {
			t.Fatal(err)
		}
		age, educ := float64(demo.Int(t, row["age"])), float64(demo.Int(t, row["educ"]))
		out = append(out, person{
			x:     [5]float64{1, (age - 50) / 35, (educ - 8.5) / 7.5, float64(demo.Int(t, row["sex"])) - 0.5, float64(demo.Int(t, row["married"])) - 0.5},
			place: [2]float64{(age - 55) / 37, (educ - 8.5) / 7.5},
			earns: math.Floor(income/100)*100 > 25000, // as the grant masks it
		})
	}
	return out
}

func score(w []float64, x [5]float64) (s float64) {
	for i, v := range x {
		s += w[i] * v
	}
	return s
}

// fit is the same descent without clipping and without noise.
func fit(all []person, rounds int, rate float64) []float64 {
	w := make([]float64, 5)
	for range rounds {
		var g [5]float64
		for _, p := range all {
			e := 1 / (1 + math.Exp(-score(w, p.x)))
			if p.earns {
				e--
			}
			for i, v := range p.x {
				g[i] += e * v
			}
		}
		for i := range w {
			w[i] -= rate * g[i] / float64(len(all))
		}
	}
	return w
}

func accuracy(all []person, w []float64) float64 {
	right := 0
	for _, p := range all {
		if (score(w, p.x) > 0) == p.earns {
			right++
		}
	}
	return float64(right) / float64(len(all))
}

// lloyd is k-means without noise.
func lloyd(all []person, c []float64, rounds int) []float64 {
	c = append([]float64(nil), c...)
	for range rounds {
		sum := make([]float64, len(c)/2*3)
		for _, p := range all {
			k, _ := nearest(c, p.place)
			sum[3*k] += p.place[0]
			sum[3*k+1] += p.place[1]
			sum[3*k+2]++
		}
		for k := range len(c) / 2 {
			if n := sum[3*k+2]; n > 0 {
				c[2*k], c[2*k+1] = sum[3*k]/n, sum[3*k+1]/n
			}
		}
	}
	return c
}

func nearest(c []float64, at [2]float64) (k int, d float64) {
	d = math.Inf(1)
	for i := range len(c) / 2 {
		if e := (c[2*i]-at[0])*(c[2*i]-at[0]) + (c[2*i+1]-at[1])*(c[2*i+1]-at[1]); e < d {
			k, d = i, e
		}
	}
	return k, d
}

// spread is the mean squared distance from the nearest centre.
func spread(all []person, c []float64) (s float64) {
	for _, p := range all {
		_, d := nearest(c, p.place)
		s += d
	}
	return s / float64(len(all))
}

func parameters(t *testing.T, rows [][]any, n int) (out []float64) {
	t.Helper()
	for i, row := range rows {
		if row[0].(float64) != float64(i) {
			t.Errorf("row %d is of parameter %v", i, row[0])
		}
		out = append(out, row[1].(float64))
	}
	if len(out) != n {
		t.Fatalf("%d parameters, want %d", len(out), n)
	}
	return out
}

// TestJobs runs the example as its README says, and holds both models beside
// the same fit without privacy.
//
// Noise of the regression: 20 rounds of rho 0.02 each, sigma 10 for each of the
// five numbers of the gradient's sum, 0.02 in a weight at rate 2 over a thousand
// people; over all rounds at most 0.09, as steps shrink what came before.
// Clipping and the noisy number of people move a weight by less than 0.1. So a
// weight is 0.7 off with probability below 1e-8 (0.6 is more than six sigma).
//
// Noise of k-means: sigma 6.2 for each number of a round; groups have some 130
// people or more, so that a centre of the last round is off by 0.08 at most in
// each coordinate, one sigma, and the spread of a person's place about it grows
// by twice the square of that: 0.013. It grows by 0.1 where such a centre is off
// by more than six sigma, below 1e-7. With one centre it is three times as
// large as with four.
func TestJobs(t *testing.T) {
	d := demo.New(t)
	d.User("census", "provider", "Census Office")
	d.OK("dataset", "add", "../pums/dataset.yaml", "--as", "census")
	d.OK("dataset", "load", "pums", "../pums/pums.csv", "--as", "census")
	d.OK("scenario", "add", "scenario.yaml", "--as", "liu")
	d.OK("scenario", "grant", "grant.yaml", "--as", "zhao")
	all := people(t)

	if sample := d.OK("job", "run", "job-logistic.yaml", "--sample", "--units", "3", "--as", "wang"); !strings.Contains(sample, "takes ρ=0.4 ") {
		t.Errorf("job run --sample prints\n%s", sample)
	}
	if check := d.OK("job", "check", "job-logistic.yaml", "--as", "wang"); !strings.Contains(check, "each of 20 rounds") {
		t.Errorf("job check prints\n%s", check)
	}
	weights := parameters(t, d.Run("job-logistic.yaml").Rows, 5)
	open := fit(all, 20, 2)
	for i := range open {
		if math.Abs(weights[i]-open[i]) > 0.7 {
			t.Errorf("weight %d is %.3f, %.3f without noise", i, weights[i], open[i])
		}
	}
	t.Logf("weights %.3f, %.3f without noise; accuracy %.3f, %.3f without", weights, open, accuracy(all, weights), accuracy(all, open))

	first := []float64{-0.5, -0.5, -0.5, 0.5, 0.5, -0.5, 0.5, 0.5}
	centres := parameters(t, d.Run("job-kmeans.yaml").Rows, 8)
	if s, o := spread(all, centres), spread(all, lloyd(all, first, 10)); s > o+0.1 {
		t.Errorf("a spread of %.3f, %.3f without noise", s, o)
	} else {
		t.Logf("spread %.3f, %.3f without noise, %.3f with one centre", s, o, spread(all, lloyd(all, []float64{0, 0}, 1)))
	}
}
