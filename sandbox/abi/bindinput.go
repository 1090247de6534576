package abi

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
)

func (p *Plan) bindInputs(f *Function, b *Binding) error {
	for i := range b.Inputs {
		name := b.Inputs[i].Name
		if !slices.ContainsFunc(f.Inputs, func(t Table) bool { return t.Name == name }) {
			return invalid("inputs."+name, "function %s has no such input", f.Name).WithFix("leave it out")
		}
		if slices.ContainsFunc(b.Inputs[:i], func(o InputBinding) bool { return o.Name == name }) {
			return invalid("inputs."+name, "input is there twice")
		}
	}
	for i := range f.Inputs {
		want := &f.Inputs[i]
		at := slices.IndexFunc(b.Inputs, func(in InputBinding) bool { return in.Name == want.Name })
		if at < 0 {
			return invalid("inputs."+want.Name, "function %s needs this input", f.Name).WithFix("add it to the job's inputs")
		}
		t, err := bindInput(want, &b.Inputs[at])
		if err != nil {
			return err
		}
		t.source = at
		p.inputs = append(p.inputs, *t)
	}
	return nil
}

func bindInput(want *Table, in *InputBinding) (*table, error) {
	path := "inputs." + want.Name
	t := &table{name: want.Name, maxRows: want.MaxRows}
	switch {
	case in.Schema == nil:
		return nil, invalid(path, "input has no schema")
	case in.MaxRows < 0:
		return nil, invalid(path+".max_rows", "negative")
	case in.MaxRows > 0:
		t.maxRows = min(want.MaxRows, in.MaxRows)
	}
	fields := in.Schema.Fields()
	if len(fields) == 0 || fields[0].Name != UnitColumn || typeOf(fields[0].Type) != typeToken {
		return nil, invalid(path, "the first column is not %s, a token", UnitColumn)
	}
	for _, x := range fields[1:] {
		if !slices.ContainsFunc(want.Columns, func(c Column) bool { return c.Name == x.Name }) {
			return nil, invalid(path+"."+x.Name, "the module does not use this column").
				WithFix("leave it out: a job may ask for no more than its module needs")
		}
	}
	for _, c := range want.Columns {
		bound, err := bindColumn(path, &c, in.Schema, 1, func(i int) bool { return fields[i].Nullable })
		if err != nil {
			return nil, err
		}
		if bound.typ == typeString {
			n, ok := in.MaxBytes[c.Name]
			if !ok {
				n = glovebox.DefaultMaxBytes
			}
			if n < 1 || n > MaxStringBytes {
				return nil, invalid(path+"."+c.Name, "max_bytes is not from 1 to %d", MaxStringBytes)
			}
			bound.maxBytes = n
		}
		t.columns = append(t.columns, bound)
	}
	return t, nil
}

// bindColumn finds a column of the manifest among a schema's columns from
// first on. misses says whether a column may miss values: of an input, what
// its schema declares; of a reference table, which is there as a whole,
// whether it does.
func bindColumn(path string, c *Column, s *arrow.Schema, first int, misses func(int) bool) (column, error) {
	at := -1
	for i, f := range s.Fields() {
		if i < first || f.Name != c.Name {
			continue
		}
		if at >= 0 {
			return column{}, invalid(path+"."+c.Name, "column is there twice")
		}
		at = i
	}
	if at < 0 {
		return column{}, invalid(path+"."+c.Name, "the module needs this column").WithFix("add it to the input's columns")
	}
	f := s.Field(at)
	have, want := typeOf(f.Type), typeOfName(c.Type)
	if have != want {
		return column{}, invalid(path+"."+c.Name, "column is of type %s, the module takes %s", have, want)
	}
	if misses(at) && !c.Nullable {
		return column{}, invalid(path+"."+c.Name, "column may miss values, which the module does not expect").
			WithFix(`declare it "nullable": true in the module's manifest`)
	}
	return column{typ: have, nullable: c.Nullable, source: at}, nil
}
