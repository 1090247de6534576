package pums

import (
	"slices"
	"strconv"
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) { demo.Main(m) }

// TestJob runs the example as its README says and checks that the answer is
// the truth within its margins: the true figures are known here because the
// data is public.
func TestJob(t *testing.T) {
	d := demo.New(t)
	d.User("census", "provider", "Census Office")
	d.OK("dataset", "add", "dataset.yaml", "--as", "census")
	d.OK("dataset", "load", "pums", "pums.csv", "--as", "census")
	d.OK("scenario", "add", "scenario.yaml", "--as", "liu")
	d.OK("scenario", "grant", "grant.yaml", "--as", "zhao")
	checkSpread(t, d)
	out := d.Run("job.yaml")
	people := map[string]float64{"no diploma": 0, "high school": 0, "some college": 0, "degree": 0}
	for _, row := range demo.CSV(t, "pums.csv") {
		if demo.Int(t, row["age"]) < 25 {
			continue
		}
		switch e := demo.Int(t, row["educ"]); {
		case e < 9:
			people["no diploma"]++
		case e == 9:
			people["high school"]++
		case e <= 12:
			people["some college"]++
		default:
			people["degree"]++
		}
	}
	if len(out.Rows) != len(people) {
		t.Fatalf("%d rows, want %d", len(out.Rows), len(people))
	}
	// Discrete Gaussian noise with rho = 0.0625: sigma < 2.9. Ten sigma is
	// missed with probability below 1e-22.
	for _, r := range out.Rows {
		key, count := r[0].(string), r[1].(float64)
		if diff := count - people[key]; diff > 29 || diff < -29 {
			t.Errorf("%s: a count is off by %.0f", key, diff)
		}
	}
}

// checkSpread runs the second job and holds its figures against the truth.
func checkSpread(t *testing.T, d *demo.Domain) {
	t.Helper()
	out := d.Run("spread.yaml")
	if len(out.Rows) != 1 || len(out.Rows[0]) != 3*2+4*3 {
		t.Fatalf("spread: %v", out.Rows)
	}
	var incomes []float64
	ages := make([]float64, 4)
	for _, row := range demo.CSV(t, "pums.csv") {
		income, err := strconv.ParseFloat(row["income"], 64)
		if err != nil {
			t.Fatal(err)
		}
		incomes = append(incomes, income)
		age, bin := demo.Int(t, row["age"]), 0
		for _, edge := range []int{30, 45, 65} {
			if age >= edge {
				bin++
			}
		}
		ages[bin]++
	}
	slices.Sort(incomes)
	// Three quartiles are two choices one after the other, each of rho 0.0625/2 and
	// so of epsilon sqrt(8*0.03125) = 0.5, among 1501 points of 128 places: off by
	// 2*0.75/0.5*(ln(1501*128)+ln(1e8)) < 92 ranks but for a probability of 1e-8, and
	// by half as much again, 140, where what they split at is off. An income is then
	// off by less than 200 ranks and a bin of 100.
	for i, q := range []float64{0.25, 0.5, 0.75} {
		at := int(q * float64(len(incomes)))
		got := out.Rows[0][2*i].(float64)
		if got < incomes[at-200]-200 || got > incomes[at+200]+200 {
			t.Errorf("quantile %v is %v, the truth %v", q, got, incomes[at])
		}
	}
	// Discrete Gaussian noise with rho = 0.0625: sigma < 2.9, ten sigma as above.
	for i, want := range ages {
		if diff := out.Rows[0][6+3*i].(float64) - want; diff > 29 || diff < -29 {
			t.Errorf("ages.%d is off by %.0f", i, diff)
		}
	}
}
