package carehotspots

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) { demo.Main(m) }

// departments are the five files, each with its provider.
var departments = []struct{ file, org string }{
	{"population.csv", "市公安局"}, {"elderly.csv", "市民政局"}, {"disability.csv", "市残联"}, {"health.jsonl", "市卫健局"}, {"settlements.parquet", "市医保局"},
}

// city makes a domain with the generated city loaded and the scenario granted.
func city(t *testing.T, people string) *demo.Domain {
	t.Helper()
	data := t.TempDir()
	if out, err := exec.Command("go", "run", "./gen", "-o", data, "-people", people).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	d := demo.New(t)
	for i, x := range departments {
		code := strings.SplitN(x.file, ".", 2)[0]
		who := "provider" + string(rune('1'+i))
		d.User(who, "provider", x.org)
		d.OK("dataset", "add", filepath.Join("records", code+".yaml"), "--as", who)
		d.OK("dataset", "load", code, filepath.Join(data, x.file), "--as", who)
	}
	d.OK("scenario", "add", "scenario.yaml", "--as", "liu")
	d.OK("scenario", "grant", "grant.yaml", "--as", "zhao")
	return d
}

// TestHotSpots runs the product over five departments' tables, repeats it,
// reviews and exports it, and verifies log and bundle.
func TestHotSpots(t *testing.T) {
	d := city(t, "3000")
	first := d.Run("job.yaml")
	if len(first.Rows) != len(demo.CSV(t, "townships.csv")) {
		t.Fatalf("%d rows: every listed township has one, and no other", len(first.Rows))
	}
	if again := d.Run("job.yaml"); !again.Repeated || again.Raw != first.Raw {
		t.Fatal("the same job again is not the stored answer")
	}
	d.OK("release", "approve", first.Release.ID, "--as", "zhao")
	for i := range departments {
		if status, _, _ := d.Do("release", "export", first.Release.ID, "--to", t.TempDir(), "--as", "liu"); status != 3 {
			t.Fatalf("exit %d: exported before every provider approved", status)
		}
		d.OK("release", "approve", first.Release.ID, "--as", "provider"+string(rune('1'+i)))
	}
	out := filepath.Join(t.TempDir(), "out")
	d.OK("release", "export", first.Release.ID, "--to", out, "--as", "liu")
	d.OK("verify", filepath.Join(out, first.Release.ID))
	d.OK("audit", "verify", "--as", "sun")
	csv, err := os.ReadFile(filepath.Join(out, first.Release.ID, "result.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(csv), "\n"); lines != len(first.Rows)+1 {
		t.Fatalf("result.csv has %d lines", lines)
	}
}

// TestTooMuchIsRefused: the policy names every reason, and nothing is spent.
func TestTooMuchIsRefused(t *testing.T) {
	d := city(t, "50")
	status, _, stderr := d.Do("job", "run", "job-refused.yaml", "--as", "wang")
	if status != 3 {
		t.Fatalf("exit %d\n%s", status, stderr)
	}
	for _, want := range []string{"admit.product.unlisted", "inputs.population.columns[0]", "admit.column.not_needed", "admit.budget.scenario", "必要"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the refusal does not say %q", want)
		}
	}
	var b struct {
		Charges []any `json:"charges"`
	}
	d.JSON(&b, "budget", "show", "--as", "sun")
	if len(b.Charges) != 0 {
		t.Fatal("a refused job was charged")
	}
}
