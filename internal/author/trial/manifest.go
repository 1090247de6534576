package trial

import (
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox/abi"
)

// Records makes a record of each input of a function, for authors who have
// none: the columns of the manifest, and in front of them one that names the
// unit. Bounds are as wide as a first test needs them; the real record's are
// others, and a test with it says more.
func Records(f *abi.Function) map[string]*glovebox.Dataset {
	out := map[string]*glovebox.Dataset{}
	for _, t := range f.Inputs {
		rows := t.MaxRows
		if f.Blocks() { // it bounds all rows of a block
			rows = max(rows/f.MaxUnits, 1)
		}
		rec := &glovebox.Dataset{
			Code: t.Name, Title: glovebox.Text{EN: t.Name}, Provider: "sample", Source: glovebox.Source{Format: "csv", Null: []string{""}},
			Unit:   glovebox.Unit{Space: "sample", Column: unitName(&t), MaxRows: rows},
			Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerPure, Epsilon: 1},
		}
		rec.Columns = append(rec.Columns, glovebox.Column{Name: rec.Unit.Column, Type: glovebox.String, Class: glovebox.ClassIdentifier, Grade: 4, MaxBytes: 16})
		for _, c := range t.Columns {
			col := glovebox.Column{Name: c.Name, Type: c.Type, Class: glovebox.ClassPublic, Grade: 1, Nullable: c.Nullable}
			switch c.Type {
			case glovebox.Token:
				col.Type, col.Class, col.MaxBytes = glovebox.String, glovebox.ClassIdentifier, 16
			case glovebox.String:
				col.MaxBytes = 32
			}
			rec.Columns = append(rec.Columns, col)
		}
		out[t.Name] = rec
	}
	return out
}

// unitName is a name for the unit's column that the table does not have.
func unitName(t *abi.Table) string {
	name := "unit"
	for n := 1; ; n++ {
		taken := false
		for _, c := range t.Columns {
			taken = taken || c.Name == name
		}
		if !taken {
			return name
		}
		name = "unit" + strconv.Itoa(n)
	}
}

// SpecOf makes a spec of a function and its inputs' records where no job
// declares one: identifiers as tokens, no other mask, no filter, defaults of
// all parameters. Its output, or what its blocks give, has the form of the
// function's records and no bounds that mean anything, so its task is not
// Declared. Of blocks there are as few as can be, so that each has some units.
func SpecOf(wasm []byte, f *abi.Function, records map[string]*glovebox.Dataset) (work.Spec, error) {
	spec := work.Spec{Wasm: wasm, MaxFuel: abi.MaxFuel, Function: f.Name, Release: glovebox.ReleaseDef{Method: "dp", Epsilon: 1}}
	needsJob := func(what, name string) error {
		return glovebox.Errorf(glovebox.CodeInvalid, "function %s needs the %s %s", f.Name, what, name).WithFix("name a job that gives it with --job")
	}
	for _, p := range f.Params {
		if p.Default == nil {
			return spec, needsJob("parameter", p.Name)
		}
	}
	for _, r := range f.References {
		return spec, needsJob("reference table", r.Name)
	}
	for _, t := range f.Inputs {
		rec := records[t.Name]
		if rec == nil {
			return spec, glovebox.Errorf(glovebox.CodeInvalid, "there is no record of input %s", t.Name)
		}
		in := work.Input{Dataset: t.Name, Record: rec.Columns, Masks: map[string]glovebox.Mask{}, MaxRows: min(rec.Unit.MaxRows, t.MaxRows)}
		for _, c := range t.Columns {
			in.Columns = append(in.Columns, c.Name)
			in.Masks[c.Name] = glovebox.Mask{Kind: "none"}
			if col, ok := rec.Column(c.Name); ok && col.Class == glovebox.ClassIdentifier {
				in.Masks[c.Name] = glovebox.Mask{Kind: "token"}
			}
		}
		spec.Inputs = append(spec.Inputs, in)
	}
	spec.Declare(f)
	return spec, nil
}
