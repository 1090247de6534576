package spread

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/proof/testkit/demo"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) { demo.Main(m) }

var update = flag.Bool("update", false, "write spread.wasm")

// TestModuleIsItsSource builds the module and wants the committed bytes.
func TestModuleIsItsSource(t *testing.T) {
	// Another version of the compiler may well choose other instructions.
	if out, err := exec.Command("clang-19", "--version").Output(); err != nil || !strings.Contains(string(out), "19.1.7") {
		t.Skip("needs clang-19, version 19.1.7, which built the committed module")
	}
	if _, err := exec.LookPath("wasm-ld-19"); err != nil {
		t.Skip("needs wasm-ld-19, which linked the committed module")
	}
	r, err := modbuild.Build(context.Background(), modbuild.Source{Path: "spread.c"})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("spread.wasm", r.Wasm, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile("spread.wasm"); err != nil || !bytes.Equal(r.Wasm, have) {
		t.Fatalf("spread.wasm is not what spread.c and its manifest give (%v); go test -run Source -update writes it", err)
	}
}

// TestJob runs the example as its README says. What each block gives is held
// against the same statistic in Go by the tests of internal/worker/work; here it is
// the whole way. At this price a median over 64 blocks may well be far off, so
// that the test asks for no more than the declared ranges.
func TestJob(t *testing.T) {
	d := demo.New(t)
	d.User("census", "provider", "Census Office")
	d.OK("dataset", "add", "../pums/dataset.yaml", "--as", "census")
	d.OK("dataset", "load", "pums", "../pums/pums.csv", "--as", "census")
	d.OK("scenario", "add", "../pums/scenario.yaml", "--as", "liu")
	d.OK("scenario", "grant", "../pums/grant.yaml", "--as", "zhao")
	if check := d.OK("job", "check", "job.yaml", "--as", "wang"); !strings.Contains(check, "among the outputs of 64 blocks") {
		t.Errorf("job check prints\n%s", check)
	}
	out := d.Run("job.yaml")
	if len(out.Rows) != 1 || len(out.Rows[0]) != 3 {
		t.Fatalf("%v", out.Rows)
	}
	row := out.Rows[0]
	if v := row[0].(float64); v < 0 || v > 1e6 {
		t.Errorf("a median income of %v", v)
	}
	if v := row[1].(float64); v < -50000 || v > 50000 {
		t.Errorf("a step is worth %v", v)
	}
	if v := row[2].(string); v != "no diploma" && v != "high school" && v != "some college" && v != "degree" {
		t.Errorf("most have %q", v)
	}
	if show := d.OK("release", "show", out.Release.ID, "--as", "wang"); !strings.Contains(show, "median_income") {
		t.Errorf("release show prints\n%s", show)
	}
}
