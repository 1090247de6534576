package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/sandbox"
)

// TestProjectBringsItsRecords: a test of a new project samples the records of
// its data folder, so that the first thing its author sees means something.
func TestProjectBringsItsRecords(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "visits")
	if _, err := modbuild.New(modbuild.Project{Name: "visits", Language: "c", Dir: dir}); err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile("../../examples/languages/visits-c.wasm")
	if err != nil {
		t.Fatal(err)
	}
	m, err := sandbox.Admit(wasm, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := newApp(nil, Streams{})
	task, done, err := a.moduleTask(t.Context(), &moduleTestRun{}, wasm, m.Report().Manifest, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if !task.Declared {
		t.Error("the project's job does not count")
	}
	for code, title := range map[string]string{"person": "Patients", "visits": "Visits to wards"} {
		if task.Tables[code] == nil || task.Tables[code].Record.Title.EN != title {
			t.Errorf("the rows of %s are not of the project's record", code)
		}
	}

	// A record that is wrong is named, not passed over.
	bad := filepath.Join(dir, "data", "visits.yaml")
	if err := os.WriteFile(bad, []byte("code: visits\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.moduleTask(t.Context(), &moduleTestRun{}, wasm, m.Report().Manifest, dir); err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("a wrong record gives %v", err)
	}
}
