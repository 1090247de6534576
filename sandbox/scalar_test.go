package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// scalarRow is a row of the scalar guest's input.
type scalarRow struct {
	born   int32
	id     int64
	score  float64
	member bool
	since  int32
}

var scalarSchema = arrow.NewSchema([]arrow.Field{tokenField(),
	// The job's order of columns is not the manifest's.
	{Name: "since", Type: arrow.FixedWidthTypes.Date32},
	{Name: "member", Type: arrow.FixedWidthTypes.Boolean},
	{Name: "score", Type: arrow.PrimitiveTypes.Float64},
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "born", Type: arrow.PrimitiveTypes.Int32},
}, nil)

func scalarBatch(t testing.TB, a memory.Allocator, rows []scalarRow) arrow.RecordBatch {
	return batchOf(t, a, scalarSchema, len(rows), func(b *array.RecordBuilder) {
		for _, r := range rows {
			b.Field(1).(*array.Date32Builder).Append(arrow.Date32(r.since))
			b.Field(2).(*array.BooleanBuilder).Append(r.member)
			b.Field(3).(*array.Float64Builder).Append(r.score)
			b.Field(4).(*array.Int64Builder).Append(r.id)
			b.Field(5).(*array.Int32Builder).Append(r.born)
		}
	})
}

func scalarBinding(maxRows int) *Binding {
	return &Binding{Inputs: []InputBinding{{Name: "in", Schema: scalarSchema, MaxRows: maxRows}}, Params: map[string]any{"factor": 2.5}}
}

// scalarWant is the scalar guest, in Go.
func scalarWant(rows []scalarRow) string {
	var b strings.Builder
	n := 0
	for _, r := range rows[:min(len(rows), 20)] {
		switch r.born {
		case 0:
			continue
		case -1, -3, -8:
			return Trap.String()
		case -2:
			return OutOfFuel.String()
		case -4, -5:
			return Status.String()
		case -6, -7:
			return Malformed.String()
		}
		if n++; n > 10 {
			return Malformed.String()
		}
		member := 0.0 // never minus zero
		if r.member {
			member = math.Copysign(0, 1)
		}
		fmt.Fprintf(&b, "%d/%d: %x %x\n", r.since, r.id+7, math.Float64bits(r.score*2.5), math.Float64bits(member))
	}
	return b.String()
}

func scalarGot(g *Guest, r Result) string {
	if r.Outcome != OK {
		return r.Outcome.String()
	}
	var b strings.Builder
	rec := g.Records()
	for i := range r.N {
		x := r.Records[i*rec.Size():][:rec.Size()]
		fmt.Fprintf(&b, "%d/%d: %x %x\n", rec.Key(x, 0), rec.Key(x, 1), math.Float64bits(rec.Metric(x, 0)), math.Float64bits(rec.Metric(x, 1)))
	}
	return b.String()
}

// scalarResets are all ways of putting a scalar guest back.
var scalarResets = append([]Reset{ResetPure}, resets...)

// TestPureRandom runs the scalar guest on random units cut from shared batches
// in random places, among them units that fail in every way, and compares with
// the same thing in Go, in every way of resetting. After each unit it wants
// every byte of memory, the size and the globals as before; and a unit to take
// the same fuel whatever ran before it.
func TestPureRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	a := allocator(t)
	prog := compile(t, read(t, "testdata/scalar.wasm"), nil)
	rounds := resetRounds(t)
	for i, how := range scalarResets {
		t.Run(string(how), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(rounds), uint64(i)+100))
			rows := make([]scalarRow, 3000)
			for i := range rows {
				rows[i] = scalarRow{born: int32(1900 + rng.IntN(120)), id: int64(rng.Uint64() >> 8), score: float64(rng.IntN(4000)-2000) / 8,
					member: rng.IntN(2) == 0, since: int32(rng.IntN(30_000)) - 10_000}
				switch {
				case i%97 == 11: // fails, each of eight ways in turn
					rows[i].born = -int32(1 + i/97%8)
					if rows[i].born == -3 && i > 97*8 { // recursion takes milliseconds
						rows[i].born = -1
					}
				case rng.IntN(3) == 0:
					rows[i].born = 0
				}
			}
			batch := scalarBatch(t, a, rows)
			cut := batch.NewSlice(13, 3000) // an offset of its own
			defer cut.Release()
			batches, starts := []arrow.RecordBatch{batch, cut}, []int{0, 13}
			g := start(t, prog, scalarBinding(0), &GuestOptions{Reset: how})
			want := bytes.Clone(g.in.bytes())
			fuel := map[[2]int]int64{}
			ends := map[Outcome]int{}
			for n := range rounds {
				i, j := rng.IntN(2), rng.IntN(2)
				from := 13 + rng.IntN(90)*30
				mid := from + rng.IntN(13)
				to := mid + rng.IntN(13)
				r := runUnit(t, g, [][]Span{{{Batch: batches[i], From: from - starts[i], To: mid - starts[i]},
					{Batch: batches[j], From: mid - starts[j], To: to - starts[j]}}})
				if got, want := scalarGot(g, r), scalarWant(rows[from:to]); got != want {
					t.Fatalf("round %d, rows %d to %d: got\n%swant\n%s", n, from, to, got, want)
				}
				if f, ok := fuel[[2]int{from, to}]; ok && f != r.Fuel {
					t.Fatalf("round %d: fuel %d, %d before", n, r.Fuel, f)
				}
				fuel[[2]int{from, to}] = r.Fuel
				ends[r.Outcome]++
				if n%16 == 0 && !bytes.Equal(g.in.bytes(), want) {
					t.Fatalf("round %d: memory differs", n)
				}
			}
			if g.tier != how {
				t.Fatalf("the guest gave up %s for %s", how, g.tier)
			}
			for _, o := range []Outcome{OK, Status, Trap, OutOfFuel, Malformed} {
				if ends[o] < rounds/200 {
					t.Errorf("only %d of %d units ended with %v", ends[o], rounds, o)
				}
			}
		})
	}
}

// TestChannelPureFunctions: a scalar guest's unit finds what the first one
// found and takes the same fuel, however the one before it ended.
func TestChannelPureFunctions(t *testing.T) {
	a := allocator(t)
	prog := compile(t, read(t, "testdata/scalar.wasm"), nil)
	ends := []Outcome{OK, Trap, OutOfFuel, Trap, Status, Status, Malformed, Malformed, Trap}
	rows := []scalarRow{{born: 1950, id: 9, score: 8, member: true, since: 3}}
	for i := 1; i < len(ends); i++ {
		rows = append(rows, scalarRow{born: -int32(i), id: 9, score: 8})
	}
	batch := scalarBatch(t, a, rows)
	one := func(i int) [][]Span { return [][]Span{{{Batch: batch, From: i, To: i + 1}}} }
	for _, how := range scalarResets {
		g := start(t, prog, scalarBinding(0), &GuestOptions{Reset: how})
		first := runUnit(t, g, one(0))
		want, fuel := scalarGot(g, first), first.Fuel
		for i, end := range ends {
			r := runUnit(t, g, one(i))
			if r.Outcome != end || (end != OK && (r.N != 0 || r.Records != nil)) {
				t.Fatalf("reset %s: row %d ended with %v and %d records, want %v", how, i, r.Outcome, r.N, end)
			}
			g.in.suspect = i%2 == 1
			r = runUnit(t, g, one(0))
			if got := scalarGot(g, r); got != want || r.Fuel != fuel {
				t.Fatalf("reset %s: after row %d: %s, fuel %d, want %s, %d", how, i, got, r.Fuel, want, fuel)
			}
			// A unit with rows that fail fails as a whole.
			if r := runUnit(t, g, [][]Span{append(one(0)[0], one(i)[0]...)}); r.Outcome != end {
				t.Fatalf("reset %s: a unit with row %d ended with %v, want %v", how, i, r.Outcome, end)
			}
		}
		runUnit(t, g, one(0))
		if left := int32(uint32(g.in.depth.Get())); how != ResetInstance && left != depthBytes {
			t.Fatalf("%d bytes of depth were not given back", depthBytes-left)
		}
	}
}

// TestScalarBounds: rows beyond the bound are dropped; a unit without rows is
// no failure; a job is told of its own mistakes.
func TestScalarBounds(t *testing.T) {
	a := allocator(t)
	prog := compile(t, read(t, "testdata/scalar.wasm"), nil)
	rows := []scalarRow{{born: 1}, {born: 2}, {born: 3}, {born: -1}}
	batch := scalarBatch(t, a, rows)
	g := start(t, prog, scalarBinding(3), nil)
	if g.tier != ResetPure {
		t.Errorf("a pure function is reset by %s", g.tier)
	}
	for to, want := range []int{0, 1, 2, 3, 3} {
		if r := runUnit(t, g, [][]Span{{{Batch: batch, From: 0, To: to}}}); r.Outcome != OK || r.N != want {
			t.Errorf("%d rows: %v, %d records", to, r.Outcome, r.N)
		}
	}
	if r := runUnit(t, g, empty()); r.Outcome != OK || r.N != 0 {
		t.Errorf("no rows: %v, %d records", r.Outcome, r.N)
	}
	other := batchOf(t, a, probeSchema, 1, func(b *array.RecordBuilder) { b.Field(1).(*array.Int64Builder).Append(1) })
	for name, unit := range map[string][][]Span{
		"two inputs":      {nil, nil},
		"outside":         {{{Batch: batch, From: 0, To: 5}}},
		"negative":        {{{Batch: batch, From: -1, To: 1}}},
		"backwards":       {{{Batch: batch, From: 2, To: 1}}},
		"no batch":        {{{From: 0, To: 1}}},
		"another's batch": {{{Batch: other, From: 0, To: 1}}},
	} {
		if err := g.Run(context.Background(), unit, new(Result)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := g.Run(ctx, empty(), new(Result)); err != context.Canceled {
		t.Errorf("canceled: %v", err)
	}
	// A value may be missing in a batch whose schema says otherwise.
	p := scalarProbe()
	prog = compile(t, p.run64(w.I32Const(1), w.Get(0)).wasm(t), nil)
	lie := start(t, prog, probeBinding(), nil)
	if err := lie.Run(context.Background(), [][]Span{{{Batch: hiddenBatch(t, memory.NewGoAllocator(), 1, 2), From: 0, To: 1}}}, new(Result)); err == nil {
		t.Error("a missing value was passed on")
	}
}

// scalarProbe is a module with one function run of kind map_scalar, from x to
// the key k.
func scalarProbe() *scalarProbeModule {
	p := newProbe()
	f := &p.man.Functions[0]
	f.Kind = abi.KindMapScalar
	f.Output = abi.Output{Key: []abi.KeyField{{Name: "k", Type: glovebox.Int64}}, MaxRecords: 10}
	return &scalarProbeModule{p}
}

type scalarProbeModule struct{ *probe }

func (p *scalarProbeModule) run64(code ...[]byte) *scalarProbeModule {
	p.Export("run", w.Func, p.Func([]byte{w.I64}, []byte{w.I32, w.I64}, nil, code...))
	return p
}

func TestScalarAdmission(t *testing.T) {
	p := scalarProbe()
	refused(t, p.run64(w.I32Const(0), w.I32Const(0), w.Store(w.I32Store, 0), w.I32Const(1), w.Get(0)).wasm(t), "G055")
	q := scalarProbe()
	q.Export("run", w.Func, q.Func([]byte{w.I64}, []byte{w.I32}, nil, w.I32Const(0)))
	refused(t, q.wasm(t), "G054")
	_, err := Admit(q.wasm(t), nil)
	if !strings.Contains(Refusals(err)[0].Msg, "(i64) -> (i32, i64)") {
		t.Errorf("the refusal does not say the type: %v", err)
	}
	for _, edit := range []struct {
		field string
		with  func(f *abi.Function)
	}{
		{"functions[0].inputs", func(f *abi.Function) { f.Inputs = append(f.Inputs, abi.Table{Name: "two", MaxRows: 1}) }},
		{"functions[0].inputs[0].columns[0].type", func(f *abi.Function) { f.Inputs[0].Columns[0].Type = glovebox.String }},
		{"functions[0].inputs[0].columns[0].type", func(f *abi.Function) { f.Inputs[0].Columns[0].Type = glovebox.Token }},
		{"functions[0].inputs[0].columns[0].nullable", func(f *abi.Function) { f.Inputs[0].Columns[0].Nullable = true }},
		{"functions[0].inputs[0].columns", func(f *abi.Function) {
			for i := range 64 {
				f.Inputs[0].Columns = append(f.Inputs[0].Columns, abi.Column{Name: fmt.Sprint("c", i), Type: glovebox.Int32})
			}
		}},
		{"functions[0].output.key[0].type", func(f *abi.Function) { f.Output.Key[0] = abi.KeyField{Name: "k", Type: glovebox.String, Width: 8} }},
		{"functions[0].output", func(f *abi.Function) {
			for i := range 15 {
				f.Output.Metrics = append(f.Output.Metrics, fmt.Sprint("m", i))
			}
		}},
	} {
		m := scalarProbe().man
		edit.with(&m.Functions[0])
		_, err := abi.DecodeManifest(manifestJSON(t, m))
		if e, ok := err.(*glovebox.Error); !ok || e.Field != edit.field {
			t.Errorf("want %s, got %v", edit.field, err)
		}
	}
}
