package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

var bandsSchema = arrow.NewSchema([]arrow.Field{{Name: abi.UnitColumn, Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}},
	{Name: "born", Type: arrow.PrimitiveTypes.Int32}, {Name: "cost", Type: arrow.PrimitiveTypes.Float64}}, nil)

// scalar measures units of one row in a pure module, which takes its row as
// parameters.
func scalar(ctx context.Context) ([]line, error) {
	_, here, _, _ := runtime.Caller(0)
	wasm, err := os.ReadFile(filepath.Join(filepath.Dir(here), "../sandbox/testdata/bands_scalar.wasm"))
	if err != nil {
		return nil, err
	}
	p, err := program(ctx, wasm)
	if err != nil {
		return nil, err
	}
	g, err := p.NewGuest(ctx, &abi.Binding{Inputs: []abi.InputBinding{{Name: "bills", Schema: bandsSchema}}}, nil)
	if err != nil {
		return nil, err
	}
	const n = 1024
	b := array.NewRecordBuilder(memory.NewGoAllocator(), bandsSchema)
	defer b.Release()
	for i := range n {
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		b.Field(1).(*array.Int32Builder).Append(int32(1920 + i%90))
		b.Field(2).(*array.Float64Builder).Append(float64(i))
	}
	batch := b.NewRecordBatch()
	units := make([][][]abi.Span, n)
	for i := range units {
		units[i] = [][]abi.Span{{{Batch: batch, From: i, To: i + 1}}}
	}
	took, err := compare([]contender{{"glovebox", func() error {
		for _, u := range units {
			var r sandbox.Result
			if err := g.Run(ctx, u, &r); err != nil || r.Outcome != sandbox.OK {
				return fmt.Errorf("unit ended with %v: %w", r.Outcome, err)
			}
		}
		return nil
	}}})
	if err != nil {
		return nil, err
	}
	rate := perSecond(n, took[0])
	return []line{{"a pure module, units of one row, the guest alone", []figure{{"glovebox", mega(rate)}}, "", "", true}}, nil
}
