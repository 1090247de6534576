package sandbox

import (
	"context"
	"strings"

	"glovebox"
	"glovebox/sandbox/abi"
	"glovebox/sandbox/wasmbin"
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
func (g *Guest) runScalar(ctx context.Context, unit [][]Span) (Result, error) {
	in, s := g.in, g.scalars
	if len(unit) != 1 {
		return Result{}, glovebox.Errorf(glovebox.CodeInternal, "unit has %d inputs, not 1", len(unit))
	}
	in.meter.start(ctx, g.fuel)
	if !in.full {
		in.depth.Set(depthBytes)
		in.full = true // a call that returns gives back what it took
	}
	left, n := s.MaxRows(), 0
	g.records = g.records[:0]
	scrub()
	for i := range unit[0] {
		span := &unit[0][i]
		if err := s.Use(span); err != nil {
			return Result{}, err
		}
		to := min(span.To, span.From+left)
		left -= to - span.From
		for row := span.From; row < to; row++ {
			s.Load(g.slots, row)
			if err := in.entry.CallWithStack(in.ctx, g.slots); err != nil {
				in.failed(err)
				o, cause := outcomeOf(err)
				g.log.because(err)
				return Result{Outcome: o, Fuel: in.meter.used()}, cause
			}
			switch status := uint32(g.slots[0]); {
			case status == abi.ScalarNothing:
				continue
			case status != abi.ScalarRecord:
				g.log.status(status)
				return Result{Outcome: Status, Fuel: in.meter.used()}, nil
			}
			ok := n < g.maxRecords
			if ok {
				g.records, ok = g.plan.Records.Append(g.records, g.slots[1:])
			}
			if !ok {
				return Result{Outcome: Malformed, Fuel: in.meter.used()}, nil
			}
			n++
		}
	}
	return Result{N: n, Records: g.records, Fuel: in.meter.used()}, nil
}
