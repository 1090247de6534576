package abi

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
)

// Binding connects a function of a manifest with what a job gives it.
type Binding struct {
	// Function names the entry point. Empty: the module's only one.
	Function string
	// Inputs lists what the host will pass to the guest for each unit, in the
	// order of the job; it may differ from the manifest's order.
	Inputs []InputBinding
	// Params holds the values of the job: int, int64, float64, bool, string or
	// json.Number. A parameter that is missing takes the manifest's default.
	Params map[string]any
	// References holds one batch for each reference table of the manifest.
	// Columns that the manifest does not name are not passed on.
	References map[string]arrow.RecordBatch
}

// InputBinding is one input of a binding.
type InputBinding struct {
	Name string
	// Schema of the input's batches: UnitColumn first, then the columns.
	Schema *arrow.Schema
	// MaxRows bounds the rows of one unit. Zero: the manifest's bound. Above
	// it, the manifest's bound holds.
	MaxRows int
	// MaxBytes bounds the strings of a column, in bytes of UTF-8, 1 to 4096.
	// Missing: glovebox.DefaultMaxBytes. A unit with a longer string is not
	// run; it gets its default contribution.
	MaxBytes map[string]int
}

// MaxStringBytes is the highest bound of a string column.
const MaxStringBytes = 4096

// column is one bound column of an input or a reference table.
type column struct {
	typ      typeCode
	nullable bool
	source   int // column of the batch
	maxBytes int // string: bytes; else 0
}

// table is one bound table.
type table struct {
	name    string
	source  int // input: position in the binding; reference: -1
	maxRows int
	columns []column
}

// Plan is a checked binding: a function, its tables and its parameters, and
// where everything lies in the window. It is immutable and may be shared.
type Plan struct {
	Function *Function
	Records  *Records
	inputs   []table
	refs     []table
	params   []any
	batches  []arrow.RecordBatch // one per reference
	layout   layout
}

// NewPlan checks a binding against the manifest. An error names the field at
// fault; its code is invalid where the job is wrong, module where the module
// asks for what the host does not do.
func NewPlan(m *Manifest, b *Binding) (*Plan, error) {
	f, ok := m.Function(b.Function)
	if !ok {
		return nil, invalid("function", "the module has no function %q", b.Function).
			WithFix("name one of the module's functions: %s", functionNames(m))
	}
	p := &Plan{Function: f}
	var err error
	if p.Records, err = NewRecords(&f.Output); err != nil {
		return nil, err
	}
	if err = p.bindInputs(f, b); err != nil {
		return nil, err
	}
	if err = p.bindReferences(f, b); err != nil {
		return nil, err
	}
	if err = p.bindParams(f, b); err != nil {
		return nil, err
	}
	if err = p.place(m); err != nil {
		return nil, err
	}
	return p, nil
}

func functionNames(m *Manifest) string {
	s := ""
	for i := range m.Functions {
		if i > 0 {
			s += ", "
		}
		s += m.Functions[i].Name
	}
	return s
}

func invalid(field, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.Field = field
	return e
}

func (p *Plan) bindReferences(f *Function, b *Binding) error {
	for name := range b.References {
		if !slices.ContainsFunc(f.References, func(t Table) bool { return t.Name == name }) {
			return invalid("references."+name, "function %s has no such reference table", f.Name).WithFix("leave it out")
		}
	}
	for i := range f.References {
		want := &f.References[i]
		path := "references." + want.Name
		batch := b.References[want.Name]
		if batch == nil {
			return invalid(path, "function %s needs this reference table", f.Name).WithFix("add it to the job's references")
		}
		if batch.NumRows() > int64(want.MaxRows) {
			return invalid(path, "table has %d rows, the module takes %d", batch.NumRows(), want.MaxRows).
				WithFix("shorten the table, or raise max_rows in the module's manifest")
		}
		t := table{name: want.Name, source: -1, maxRows: int(batch.NumRows())}
		for _, c := range want.Columns {
			bound, err := bindColumn(path, &c, batch.Schema(), 0, func(i int) bool { return batch.Column(i).NullN() > 0 })
			if err != nil {
				return err
			}
			t.columns = append(t.columns, bound)
		}
		p.refs = append(p.refs, t)
		p.batches = append(p.batches, batch)
	}
	return nil
}

func (p *Plan) bindParams(f *Function, b *Binding) error {
	for name := range b.Params {
		if !slices.ContainsFunc(f.Params, func(q Param) bool { return q.Name == name }) {
			return invalid("params."+name, "function %s has no such parameter", f.Name).WithFix("leave it out")
		}
	}
	for _, q := range f.Params {
		v, ok := b.Params[q.Name]
		if !ok || v == nil {
			if q.Default == nil {
				return invalid("params."+q.Name, "function %s needs this parameter", f.Name).WithFix("add it to the job's params")
			}
			p.params = append(p.params, q.Default)
			continue
		}
		x, err := paramValue(q.Type, v)
		if err != nil {
			return invalid("params."+q.Name, "%s", err)
		}
		p.params = append(p.params, x)
	}
	return nil
}

// CheckOutput holds the output that a job declares against the records that a
// function gives: the key fields must be the same in order, name, type and
// width, and the metrics that take values must be the manifest's metrics in
// order, each with as many values.
func CheckOutput(f *Function, out *glovebox.Output) error {
	if len(out.Key) != len(f.Output.Key) {
		return invalid("output.key", "job declares %d key fields, function %s gives %d", len(out.Key), f.Name, len(f.Output.Key))
	}
	for i, k := range f.Output.Key {
		have := out.Key[i]
		field := fmt.Sprintf("output.key.%s", have.Name)
		width := have.Width
		if have.Type == glovebox.String && width == 0 {
			width = glovebox.DefaultKeyWidth
		}
		switch {
		case have.Name != k.Name:
			return invalid(field, "key field %d of function %s is %s", i+1, f.Name, k.Name)
		case have.Type != k.Type:
			return invalid(field, "the module gives type %s", k.Type)
		case k.Type == glovebox.String && width != k.Width:
			return invalid(field, "the module gives %d bytes", k.Width).WithFix("set width: %d", k.Width)
		}
	}
	var valued []string
	for _, m := range out.Metrics {
		if m.Kind != glovebox.Count {
			valued = append(valued, m.Name)
		}
	}
	if !slices.Equal(valued, f.Output.Metrics) {
		return invalid("output.metrics", "the metrics that take values are not those of function %s: %v", f.Name, f.Output.Metrics).
			WithFix("declare them with these names, in this order; a count takes no value")
	}
	for _, m := range out.Metrics {
		if n := f.Output.Size(m.Name); m.Kind != glovebox.Count && m.Values() != n {
			return invalid("output.metrics."+m.Name, "takes %d values, function %s gives %d", m.Values(), f.Name, n).
				WithFix("a vector's size is the one in the module's manifest, under output.sizes")
		}
	}
	return nil
}
