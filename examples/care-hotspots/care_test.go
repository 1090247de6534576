package carehotspots

import (
	"encoding/csv"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
)

// records are the dataset records, by code.
func records(t *testing.T) map[string]*glovebox.Dataset {
	t.Helper()
	files, err := filepath.Glob("records/*.yaml")
	if err != nil || len(files) != 5 {
		t.Fatalf("%d records (%v)", len(files), err)
	}
	out := map[string]*glovebox.Dataset{}
	for _, f := range files {
		d, err := catalog.ParseDataset(f, read(t, f))
		if err != nil {
			t.Fatal(err)
		}
		if d.Code+".yaml" != filepath.Base(f) {
			t.Errorf("%s is the record of %s", f, d.Code)
		}
		out[d.Code] = d
	}
	return out
}

func job(t *testing.T, file string) *glovebox.Job {
	t.Helper()
	j, err := catalog.ParseJob(file, read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestScenarioAndGrant(t *testing.T) {
	s, err := catalog.ParseScenario("scenario.yaml", read(t, "scenario.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := catalog.ParseGrant("grant.yaml", read(t, "grant.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := catalog.CheckGrant(g, s, records(t)); err != nil {
		t.Error(err)
	}
	j := job(t, "job.yaml")
	if j.Scenario != s.Code || !slices.Contains(g.Products, j.Product) {
		t.Errorf("the job is for scenario %s, product %s", j.Scenario, j.Product)
	}
	for code, in := range j.Inputs {
		for _, name := range in.Columns {
			if !slices.Contains(g.Datasets[code].Columns[name].Use, "input") {
				t.Errorf("%s.%s is not granted as input", code, name)
			}
		}
	}
}

// TestJobFitsModule holds records, job and manifest together.
func TestJobFitsModule(t *testing.T) {
	j, m := job(t, "job.yaml"), module(t)
	if j.Module != "care_hotspots.wasm" {
		t.Errorf("the job names module %s", j.Module)
	}
	if err := m.CheckOutput("", &j.Output); err != nil {
		t.Error(err)
	}
	f, all := m.Manifest().Functions[0], records(t)
	if len(f.Inputs) != len(j.Inputs) {
		t.Errorf("the job has %d inputs, the module %d", len(j.Inputs), len(f.Inputs))
	}
	for _, in := range f.Inputs {
		d := all[in.Name]
		if d == nil {
			t.Fatalf("no record of %s", in.Name)
		}
		if in.MaxRows != d.Unit.MaxRows {
			t.Errorf("%s: the module takes %d rows, the record has %d", in.Name, in.MaxRows, d.Unit.MaxRows)
		}
		var names []string
		for _, c := range in.Columns {
			names = append(names, c.Name)
			if col, ok := d.Column(c.Name); !ok || col.StoredType() != c.Type || col.Nullable != c.Nullable {
				t.Errorf("%s.%s is not as its record says", in.Name, c.Name)
			}
		}
		if !slices.Equal(names, j.Inputs[in.Name].Columns) {
			t.Errorf("%s: the job gives %v, the module takes %v", in.Name, j.Inputs[in.Name].Columns, names)
		}
	}
}

// TestRefusedJobAsksTooMuch: it is a good document, and refused for what it
// asks alone.
func TestRefusedJobAsksTooMuch(t *testing.T) {
	j, all := job(t, "job-refused.yaml"), records(t)
	direct := 0
	for code, in := range j.Inputs {
		for _, name := range in.Columns {
			col, ok := all[code].Column(name)
			if !ok {
				t.Errorf("%s has no column %s", code, name)
			}
			if col.Class == glovebox.ClassIdentifier {
				direct++
			}
		}
	}
	if direct == 0 {
		t.Error("the refused job asks for no identifier")
	}
}

func TestTownshipsFitTheKey(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(read(t, "townships.csv")))).ReadAll()
	if err != nil || len(rows) != 16 {
		t.Fatalf("%d rows (%v)", len(rows), err)
	}
	k := job(t, "job.yaml").Output.Key[0]
	if rows[0][0] != k.Name {
		t.Errorf("the header is %s, the key field %s", rows[0][0], k.Name)
	}
	seen := map[string]bool{}
	for i, r := range rows[1:] {
		if name := r[0]; seen[name] || len(name) > k.Width {
			t.Errorf("row %d is there twice, or longer than the key", i+2)
		}
		seen[r[0]] = true
	}
}
