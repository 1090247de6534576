package pums

import (
	"testing"

	"glovebox/internal/testkit/demo"
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
