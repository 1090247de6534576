package sandbox

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/tetratelabs/wazero"

	"glovebox.example/glovebox/sandbox/abi"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// Where the test guests keep their regions: the output at the start of page
// 1, the window at the start of page 2, page 0 for themselves.
const (
	testOut     = 1 << 16
	testIn      = 2 << 16
	testScratch = 512
)

// testManifest is the manifest of the generated guests: one input with an
// int64 column x, no key, one metric.
func testManifest() *abi.Manifest {
	return &abi.Manifest{
		ABI: abi.Version, Name: "probe", Version: "1", Pages: 8, Fuel: 100_000,
		Functions: []abi.Function{{
			Name: "run", Kind: abi.KindMap,
			Inputs: []abi.Table{{Name: "in", MaxRows: 100, Columns: []abi.Column{{Name: "x", Type: "int64"}}}},
			Output: abi.Output{Metrics: []string{"m"}, MaxRecords: 10},
		}},
	}
}

func manifestJSON(t testing.TB, m *abi.Manifest) []byte {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// probe is a module under construction that already has what the ABI asks
// for, but for its function run.
type probe struct {
	*w.Module
	man *abi.Manifest
}

func newProbe() *probe {
	p := &probe{w.New(), testManifest()}
	p.Memory(4).Export("memory", w.Memory, 0)
	v := p.Func(nil, []byte{w.I32}, nil, w.I32Const(0))
	p.Export("gbx_abi_1", w.Func, v)
	b := p.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, w.I64Const(testIn<<32|testOut))
	p.Export("gbx_buffers", w.Func, b)
	return p
}

// run adds the function run.
func (p *probe) run(locals []byte, code ...[]byte) *probe {
	f := p.Func([]byte{w.I32}, []byte{w.I32}, locals, code...)
	p.Export("run", w.Func, f)
	return p
}

// wasm writes the module with its manifest.
func (p *probe) wasm(t testing.TB) []byte {
	t.Helper()
	out, err := SetManifest(p.Bytes(), manifestJSON(t, p.man))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// emit writes one record with the float64 that value leaves, and returns 0.
func emit(value ...[]byte) []byte {
	return w.Cat(
		w.I32Const(testOut), w.I32Const(1), w.Store(w.I32Store, 0),
		w.I32Const(testOut), w.Cat(value...), w.Store(w.F64Store, 16),
		w.I32Const(0))
}

// f64FromI64 turns the i64 on the stack into a float64.
var f64FromI64 = w.Op(0xb9)

func admit(t testing.TB, wasm []byte) *Module {
	t.Helper()
	m, err := Admit(wasm, nil)
	if err != nil {
		t.Fatalf("Admit: %v", err)
	}
	return m
}

func compile(t testing.TB, wasm []byte, o *CompileOptions) *Program {
	t.Helper()
	p, err := admit(t, wasm).Compile(context.Background(), o)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Program.Close: %v", err)
		}
	})
	return p
}

func start(t testing.TB, p *Program, b *Binding, o *GuestOptions) *Guest {
	t.Helper()
	g, err := p.NewGuest(context.Background(), b, o)
	if err != nil {
		t.Fatalf("NewGuest: %v", err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Errorf("Guest.Close: %v", err)
		}
	})
	return g
}

// runUnit runs one unit and fails the test if the job cannot go on.
func runUnit(t testing.TB, g *Guest, unit [][]Span) Result {
	t.Helper()
	var r Result
	if err := g.Run(context.Background(), unit, &r); err != nil {
		t.Fatalf("Run: %v", err)
	}
	return r
}

// metric runs a unit of a probe and returns the one metric that it gives.
func metric(t testing.TB, g *Guest, unit [][]Span) float64 {
	t.Helper()
	r := runUnit(t, g, unit)
	if r.Outcome != OK || r.N != 1 {
		t.Fatalf("unit ended with %v and %d records", r.Outcome, r.N)
	}
	return g.Records().Metric(r.Records, 0)
}

func tokenField() arrow.Field {
	return arrow.Field{Name: abi.UnitColumn, Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}}
}

var probeSchema = arrow.NewSchema([]arrow.Field{tokenField(), {Name: "x", Type: arrow.PrimitiveTypes.Int64}}, nil)

func probeBinding() *Binding {
	return &Binding{Inputs: []InputBinding{{Name: "in", Schema: probeSchema}}}
}

// allocator fails the test if Arrow memory is left at its end.
func allocator(t testing.TB) memory.Allocator {
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { a.AssertSize(t, 0) })
	return a
}

// batchOf builds a batch: each column is given as a Go slice of its values, or
// of pointers where values may be missing. The token column comes first.
func batchOf(t testing.TB, a memory.Allocator, s *arrow.Schema, rows int, fill func(*array.RecordBuilder)) arrow.RecordBatch {
	b := array.NewRecordBuilder(a, s)
	defer b.Release()
	if s.Field(0).Name == abi.UnitColumn {
		for range rows {
			b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		}
	}
	fill(b)
	r := b.NewRecordBatch()
	t.Cleanup(r.Release)
	return r
}

// ints is one unit of a probe with these values of x.
func ints(t testing.TB, a memory.Allocator, xs ...int64) [][]Span {
	r := batchOf(t, a, probeSchema, len(xs), func(b *array.RecordBuilder) {
		b.Field(1).(*array.Int64Builder).AppendValues(xs, nil)
	})
	return [][]Span{{{Batch: r, From: 0, To: len(xs)}}}
}

// empty is a unit without rows.
func empty() [][]Span { return [][]Span{nil} }

// resets are all ways of putting a guest back that work on this machine, for
// tests that hold for each. TestResetTiers says which are missing.
var resets = func() []Reset {
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	found := selfTest(rt)
	list := []Reset{ResetInstance}
	for _, r := range []Reset{ResetTracked, ResetCopy, ResetCow} {
		if found.works[r] {
			list = append(list, r)
		}
	}
	return list
}()

// nullable is a probe whose x may be missing; it gives the bytes of the first
// value, whatever its validity bit says.
func nullable(t testing.TB) []byte {
	p := newProbe()
	p.man.Functions[0].Inputs[0].Columns[0].Nullable = true
	p.run(nil, emit(
		w.I32Const(testIn), w.I32Const(testIn), w.Load(w.I32Load, 24), w.Op(0x6a), w.Load(w.I32Load, 24), w.I32Const(testIn), w.Op(0x6a),
		w.Load(w.I64Load, 0), f64FromI64))
	return p.wasm(t)
}

var nullableSchema = arrow.NewSchema([]arrow.Field{tokenField(), {Name: "x", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)

func nullableBinding() *Binding {
	return &Binding{Inputs: []InputBinding{{Name: "in", Schema: nullableSchema}}}
}

// hiddenBatch is a batch whose second value is missing by its validity bit,
// with its bytes still there.
func hiddenBatch(t testing.TB, a memory.Allocator, xs ...int64) arrow.RecordBatch {
	tokens := make([]byte, 16*len(xs))
	tok := array.NewData(tokenField().Type, len(xs), []*memory.Buffer{nil, memory.NewBufferBytes(tokens)}, nil, 0, 0)
	vals := array.NewData(arrow.PrimitiveTypes.Int64, len(xs),
		[]*memory.Buffer{memory.NewBufferBytes([]byte{0b11111101}), memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(xs))}, nil, array.UnknownNullCount, 0)
	cols := []arrow.Array{array.MakeFromData(tok), array.MakeFromData(vals)}
	return array.NewRecordBatch(nullableSchema, cols, int64(len(xs)))
}
