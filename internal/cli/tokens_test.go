package cli_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
)

// put writes a file of a test.
func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// staff is a domain with 600 persons of three employers, whose column employer
// is granted for the given uses.
func staff(t *testing.T, use string) (d *demo.Domain, dir string) {
	t.Helper()
	d, dir = demo.New(t), t.TempDir()
	d.User("chen", "provider", "Labour")
	d.OK("dataset", "add", "--as", "chen", put(t, filepath.Join(dir, "d.yaml"), `
code: staff
title: {en: staff}
provider: Labour
update: year
source: {format: csv}
unit: {space: person, column: id, max_rows: 4}
ledger: {kind: zcdp, rho: 1000, delta: 0.01}
columns:
  - {name: id, type: string, class: identifier, grade: 4}
  - {name: employer, type: string, class: identifier, grade: 4}
max_rejects: 0
`))
	var rows strings.Builder
	rows.WriteString("id,employer\n")
	for i := range 600 {
		fmt.Fprintf(&rows, "p%03d,employer %d\n", i, i%3)
	}
	d.OK("dataset", "load", "staff", put(t, filepath.Join(dir, "d.csv"), rows.String()), "--as", "chen")
	d.OK("scenario", "add", "--as", "liu", put(t, filepath.Join(dir, "s.yaml"), `
code: work
title: {en: work}
purpose: {en: work}
products: [{code: table, registration: R1, title: {en: table}}]
needs: {staff: [employer]}
`))
	d.OK("scenario", "grant", "--as", "zhao", put(t, filepath.Join(dir, "g.yaml"), fmt.Sprintf(`
scenario: work
from: "2026-01-01"
until: "2030-12-31"
developers: [wang]
products: [table]
accept: [exact, price]
datasets: {staff: {rho: 1000, delta: 0.01, columns: {employer: {use: [%s]}}}}
`, use)))
	wasm, err := guest.TokenBits()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "bits.wasm"), string(wasm))
	return d, dir
}

// bitsJob writes a job that runs a function of guest.TokenBits.
func bitsJob(t *testing.T, dir, function, output string) string {
	delta := ""
	if strings.Contains(output, "private") {
		delta = ", delta: 1e-6"
	}
	t.Helper()
	return put(t, filepath.Join(dir, function+".yaml"), `
scenario: work
product: table
module: bits.wasm
function: `+function+`
inputs: {staff: {columns: [employer]}}
mode: map
output: {max_keys_per_unit: 1, `+output+`}
release: {method: dp, rho: 20`+delta+`}
`)
}

// TestChannelSharedTokensInFigures: what a module makes of tokens that many units
// share, in public keys, in keys of its own and in a vector, says nothing of the
// values behind them; with the use key they are those of the scenario, and say it
// all. Bits of 600 units are binomial(600, 1/2), buckets of 64 binomial(600,
// 1/64): the bounds, 7 standard deviations and 50, are passed by chance with
// probability below 32 * 2.6e-12 and 64 * 1e-19 a run; noise of rho 20 adds less
// than 3 to a count, and to a bit.
func TestChannelSharedTokensInFigures(t *testing.T) {
	var buckets []string
	for i := range 64 {
		buckets = append(buckets, fmt.Sprint(i))
	}
	public := fmt.Sprintf("key: {bucket: {type: int64, public: [%s]}}, metrics: {n: {kind: count}}", strings.Join(buckets, ", "))
	const private = "key: {bucket: {type: int64, private: true}}, metrics: {n: {kind: count}}"
	const vector = "metrics: {bits: {kind: vector, size: 32, clip: 6}}"
	figures := func(t *testing.T, d *demo.Domain, job string, at int) (out []float64) {
		for _, r := range d.Run(job).Rows {
			out = append(out, r[at].(float64))
		}
		return out
	}
	largest := func(xs []float64) (most float64) {
		for _, x := range xs {
			most = max(most, x)
		}
		return most
	}
	t.Run("input", func(t *testing.T) {
		t.Parallel()
		d, dir := staff(t, "input")
		if most := largest(figures(t, d, bitsJob(t, dir, "key", public), 1)); most > 50 {
			t.Errorf("%v of 600 persons are in one bucket by their employers' tokens", most)
		}
		if most := largest(figures(t, d, bitsJob(t, dir, "key", private), 1)); most > 50 {
			t.Errorf("%v of 600 persons are under one key by their employers' tokens", most)
		}
		for i, x := range d.Run(bitsJob(t, dir, "bits", vector)).Rows[0] {
			if x := x.(float64); i%3 == 0 && math.Abs(x-300) > 7*math.Sqrt(600)/2+3 {
				t.Errorf("bit %d is one in %v of 600 persons", i/3, x)
			}
		}
	})
	t.Run("key", func(t *testing.T) {
		t.Parallel()
		d, dir := staff(t, "input, key")
		if most := largest(figures(t, d, bitsJob(t, dir, "key", public), 1)); most < 190 {
			t.Errorf("tokens of the scenario are not those of its values: at most %v persons in a bucket", most)
		}
		if most := largest(figures(t, d, bitsJob(t, dir, "key", private), 1)); most < 190 {
			t.Errorf("tokens of the scenario are no keys: at most %v persons under one", most)
		}
		var j struct {
			Spec struct {
				Masks map[string]map[string]struct{ Shared bool }
			}
		}
		if d.JSON(&j, "job", "show", d.Run(bitsJob(t, dir, "key", public)).Job, "--as", "wang"); !j.Spec.Masks["staff"]["employer"].Shared {
			t.Error("job show does not say that the token is shared")
		}
		// Both jobs see one token: the bits of a bucket are those of the other job.
		for i, x := range d.Run(bitsJob(t, dir, "bits", vector)).Rows[0] {
			if x := x.(float64) / 200; i%3 == 0 && math.Abs(x-math.Round(x)) > 0.1 {
				t.Errorf("bit %d is one in %v persons, which is no number of employers", i/3, 200*x)
			}
		}
	})
}

// TestSampleTokens: a run on sample rows gives its author the tokens that a run
// under the grant would: the same in all units where the grant has the use key.
func TestSampleTokens(t *testing.T) {
	for use, same := range map[string]bool{"input": false, "input, key": true} {
		d, dir := staff(t, use)
		rows := put(t, filepath.Join(dir, "rows.csv"), "id,employer\na,one\nb,one\nc,one\n")
		job := bitsJob(t, dir, "bits", "metrics: {bits: {kind: vector, size: 32, clip: 6}}")
		for _, from := range [][]string{{"--as", "wang"}, {"--record", filepath.Join(dir, "d.yaml"), "--grant", filepath.Join(dir, "g.yaml")}} {
			var v struct {
				Units []struct{ Rows map[string][][]string }
			}
			d.JSON(&v, append([]string{"job", "run", job, "--sample", "--rows", "staff=" + rows}, from...)...)
			tokens := map[string]bool{}
			for _, u := range v.Units {
				tokens[u.Rows["staff"][0][0]] = true
			}
			if len(v.Units) != 3 || len(tokens) != map[bool]int{true: 1, false: 3}[same] {
				t.Errorf("use [%s], %v: %d tokens of one employer in %d units", use, from[0], len(tokens), len(v.Units))
			}
		}
	}
}
