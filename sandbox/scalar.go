package sandbox

import (
	"context"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// scalarTypes is the signature of a function of kind map_scalar: its columns
// as parameters; a status, its key and its metrics as results.
func scalarTypes(f *abi.Function) (params, results []byte) {
	for _, c := range f.Inputs[0].Columns {
		switch c.Type {
		case glovebox.Int64:
			params = append(params, wasmbin.I64)
		case glovebox.Float64:
			params = append(params, wasmbin.F64)
		default: // int32, date, bool
			params = append(params, wasmbin.I32)
		}
	}
	results = append(results, wasmbin.I32)
	for range f.Output.Key {
		results = append(results, wasmbin.I64)
	}
	for range f.Output.Values() {
		results = append(results, wasmbin.F64)
	}
	return params, results
}

// signature writes a function type for people.
func signature(params, results []byte) string {
	name := map[byte]string{wasmbin.I32: "i32", wasmbin.I64: "i64", wasmbin.F32: "f32", wasmbin.F64: "f64", wasmbin.V128: "v128"}
	list := func(types []byte) string {
		var s []string
		for _, t := range types {
			s = append(s, name[t])
		}
		return strings.Join(s, ", ")
	}
	if len(results) == 1 {
		return "(" + list(params) + ") -> " + list(results)
	}
	return "(" + list(params) + ") -> (" + list(results) + ")"
}

// checkPure refuses functions of kind map_scalar that could leave something
// behind.
func checkPure(bin *wasmbin.Module, man *abi.Manifest) (list []Refusal) {
	for i := range man.Functions {
		f := &man.Functions[i]
		if !f.Scalar() {
			continue
		}
		if reason, found := bin.Impurity(f.Name); found {
			list = append(list, refusal(reasonImpure, "function %s is of kind map_scalar and not pure: %s", wasmbin.Quote(f.Name), reason))
		}
	}
	return list
}

// runScalar calls the function once for each row of the unit. Nothing is
// written to the guest's memory, by the host or by the guest.
func (g *Guest) runScalar(ctx context.Context, unit [][]Span, res *Result) (err error) {
	if len(unit) != 1 {
		return glovebox.Errorf(glovebox.CodeInternal, "unit has %d inputs, not 1", len(unit))
	}
	in := g.in
	in.meter.start(ctx, g.fuel)
	if !in.full {
		in.depth.Set(depthBytes)
		in.full = true // a call that returns gives back what it took
	}
	scrub()
	res.Outcome, res.N, err = g.rows(unit[0])
	if res.Fuel = in.meter.used(); res.Outcome == OK {
		res.Records = g.records
	}
	return err
}

// rows calls the function for rows and collects what it says in g.records.
func (g *Guest) rows(unit []Span) (o Outcome, n int, err error) {
	in, s, left := g.in, g.scalars, g.scalars.MaxRows()
	g.records = g.records[:0]
	for i := range unit {
		span := &unit[i]
		if err := s.Use(span); err != nil {
			return OK, 0, err
		}
		to := min(span.To, span.From+left)
		left -= to - span.From
		for row := span.From; row < to; row++ {
			s.Load(g.slots, row)
			if err := in.entry.CallWithStack(in.ctx, g.slots); err != nil {
				in.failed(err)
				g.log.because(err)
				o, cause := outcomeOf(err)
				return o, 0, cause
			}
			switch status := uint32(g.slots[0]); {
			case status == abi.ScalarNothing:
				continue
			case status != abi.ScalarRecord:
				g.log.status(status)
				return Status, 0, nil
			}
			ok := n < g.maxRecords
			if ok {
				g.records, ok = g.plan.Records.Append(g.records, g.slots[1:])
			}
			if !ok {
				return Malformed, 0, nil
			}
			n++
		}
	}
	return OK, n, nil
}
