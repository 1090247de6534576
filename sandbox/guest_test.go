package sandbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/tetratelabs/wazero"

	"glovebox.example/glovebox"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// visit is a row of the visits guest's first input; nil: missing.
type visit struct {
	ward   *string
	hours  *float64
	day    int32
	urgent *bool
	note   string
	doctor byte
}

var (
	visitsSchema = arrow.NewSchema([]arrow.Field{tokenField(),
		// The job's order of columns is not the manifest's.
		{Name: "doctor", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}},
		{Name: "note", Type: arrow.BinaryTypes.String},
		{Name: "urgent", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "day", Type: arrow.FixedWidthTypes.Date32},
		{Name: "hours", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "ward", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	personSchema = arrow.NewSchema([]arrow.Field{tokenField(), {Name: "born", Type: arrow.PrimitiveTypes.Int32}}, nil)
	ratesSchema  = arrow.NewSchema([]arrow.Field{{Name: "rate", Type: arrow.PrimitiveTypes.Int64},
		{Name: "comment", Type: arrow.BinaryTypes.String}, {Name: "ward", Type: arrow.BinaryTypes.String}}, nil)
)

func opt[B interface {
	Append(V)
	AppendNull()
}, V any](b B, v *V) {
	if v == nil {
		b.AppendNull()
	} else {
		b.Append(*v)
	}
}

func visitsBatch(t testing.TB, a memory.Allocator, vs []visit) arrow.RecordBatch {
	return batchOf(t, a, visitsSchema, len(vs), func(b *array.RecordBuilder) {
		for _, v := range vs {
			tok := make([]byte, 16)
			tok[15] = v.doctor
			b.Field(1).(*array.FixedSizeBinaryBuilder).Append(tok)
			b.Field(2).(*array.StringBuilder).Append(v.note)
			opt(b.Field(3).(*array.BooleanBuilder), v.urgent)
			b.Field(4).(*array.Date32Builder).Append(arrow.Date32(v.day))
			opt(b.Field(5).(*array.Float64Builder), v.hours)
			opt(b.Field(6).(*array.StringBuilder), v.ward)
		}
	})
}

func bornBatch(t testing.TB, a memory.Allocator, years ...int32) arrow.RecordBatch {
	return batchOf(t, a, personSchema, len(years), func(b *array.RecordBuilder) {
		b.Field(1).(*array.Int32Builder).AppendValues(years, nil)
	})
}

var wardRates = map[string]int64{"north": 12, "south": 30, "老城": 7}

func visitsBinding(t testing.TB, a memory.Allocator, params map[string]any) *Binding {
	rates := batchOf(t, a, ratesSchema, len(wardRates), func(b *array.RecordBuilder) {
		for _, k := range []string{"north", "south", "老城"} {
			b.Field(0).(*array.Int64Builder).Append(wardRates[k])
			b.Field(1).(*array.StringBuilder).Append("not for the guest")
			b.Field(2).(*array.StringBuilder).Append(k)
		}
	})
	return &Binding{
		Inputs: []InputBinding{ // sorted by the job, not as in the manifest
			{Name: "person", Schema: personSchema},
			{Name: "visits", Schema: visitsSchema, MaxRows: 10, MaxBytes: map[string]int{"ward": 12, "note": 40}},
		},
		Params:     params,
		References: map[string]arrow.RecordBatch{"rates": rates},
	}
}

// visitsWant is the visits guest, in Go.
func visitsWant(vs []visit, born int32, since int64, factor float64, urgentOnly bool, skip string) string {
	if len(vs) > 10 {
		vs = vs[:10]
	}
	type sum struct{ hours, cost float64 }
	var order []string
	sums := map[string]*sum{}
	for _, v := range vs {
		if v.ward == nil || int64(v.day) < since || *v.ward == skip || (urgentOnly && (v.urgent == nil || !*v.urgent)) {
			continue
		}
		s := sums[*v.ward]
		if s == nil {
			s = &sum{}
			sums[*v.ward] = s
			order = append(order, *v.ward)
		}
		h := 0.5
		if v.hours != nil {
			h = *v.hours
		}
		s.hours += h
		s.cost += float64(wardRates[*v.ward])*factor + float64(len(v.note))
		s.cost += float64(v.doctor)
	}
	var b strings.Builder
	for _, k := range order {
		fmt.Fprintf(&b, "%s/%d: %v %v\n", k, born/10*10, sums[k].hours, sums[k].cost)
	}
	return b.String()
}

func visitsGot(g *Guest, r Result) string {
	if r.Outcome != OK {
		return r.Outcome.String()
	}
	var b strings.Builder
	rec := g.Records()
	for i := range r.N {
		x := r.Records[i*rec.Size():][:rec.Size()]
		fmt.Fprintf(&b, "%s/%d: %v %v\n", rec.Key(x, 0), rec.Key(x, 1), rec.Metric(x, 0), rec.Metric(x, 1))
	}
	return b.String()
}

// TestGuestSeesItsRows runs the visits guest on random units cut from shared
// batches in random places, and compares with the same thing in Go. The guest
// reads every type of column, parameter, reference and key, so that a byte out
// of place shows.
func TestGuestSeesItsRows(t *testing.T) {
	a := allocator(t)
	rng := rand.New(rand.NewPCG(1, 2))
	wards := []string{"north", "south", "老城", "", "west-side"}
	random := func() visit {
		v := visit{day: int32(rng.IntN(100)), note: strings.Repeat("é", rng.IntN(21)), doctor: byte(rng.IntN(256))}
		if rng.IntN(5) > 0 {
			v.ward = &wards[rng.IntN(len(wards))]
		}
		if rng.IntN(3) > 0 {
			h := float64(rng.IntN(1000)) / 8
			v.hours = &h
		}
		if rng.IntN(3) > 0 {
			u := rng.IntN(2) == 0
			v.urgent = &u
		}
		return v
	}
	var batches []arrow.RecordBatch
	var rows [][]visit
	for range 7 {
		vs := make([]visit, 40)
		for i := range vs {
			vs[i] = random()
		}
		rows = append(rows, vs)
		batches = append(batches, visitsBatch(t, a, vs))
	}
	// A slice of a batch has an offset of its own.
	cut := batches[0].NewSlice(5, 40)
	defer cut.Release()
	batches, rows = append(batches, cut), append(rows, rows[0][5:])
	born := bornBatch(t, a, 1931, 1940, 1959, 2001)

	prog := compile(t, read(t, "testdata/visits.wasm"), nil)
	bind := visitsBinding(t, a, map[string]any{"skip_ward": "west-side", "since": 10, "factor": 2.25, "urgent_only": false})
	strict := visitsBinding(t, a, map[string]any{"skip_ward": "", "urgent_only": true})
	for _, how := range resets {
		g := start(t, prog, bind, &GuestOptions{Reset: how})
		g2 := start(t, prog, strict, &GuestOptions{Reset: how})
		for n := range 300 {
			var spans []Span
			var vs []visit
			for range rng.IntN(4) {
				k := rng.IntN(len(batches))
				from := rng.IntN(len(rows[k]))
				to := from + rng.IntN(min(8, len(rows[k])-from+1))
				spans = append(spans, Span{Batch: batches[k], From: from, To: to})
				vs = append(vs, rows[k][from:to]...)
			}
			p := rng.IntN(4)
			year := []int32{1931, 1940, 1959, 2001}[p]
			unit := [][]Span{{{Batch: born, From: p, To: p + 1}}, spans}
			if got, want := visitsGot(g, runUnit(t, g, unit)), visitsWant(vs, year, 10, 2.25, false, "west-side"); got != want {
				t.Fatalf("%s, unit %d: got\n%swant\n%s", how, n, got, want)
			}
			if got, want := visitsGot(g2, runUnit(t, g2, unit)), visitsWant(vs, year, 0, 1.5, true, ""); got != want {
				t.Fatalf("%s, unit %d, defaults: got\n%swant\n%s", how, n, got, want)
			}
		}
		// Two persons, or none, is a status of the guest's own.
		if r := runUnit(t, g, [][]Span{{{Batch: born, From: 0, To: 0}}, nil}); r.Outcome != Status {
			t.Fatalf("no person: %v", r.Outcome)
		}
	}
}

func TestLongStringIsNotRun(t *testing.T) {
	a := allocator(t)
	prog := compile(t, read(t, "testdata/visits.wasm"), nil)
	g := start(t, prog, visitsBinding(t, a, map[string]any{"skip_ward": "x"}), nil)
	ward := "north"
	vs := visitsBatch(t, a, []visit{{ward: &ward, note: strings.Repeat("n", 40)}, {ward: &ward, note: strings.Repeat("n", 41)}})
	born := bornBatch(t, a, 1950)
	for from, want := range []Outcome{OK, Oversize} {
		r := runUnit(t, g, [][]Span{{{Batch: born, From: 0, To: 1}}, {{Batch: vs, From: from, To: from + 1}}})
		if r.Outcome != want || (want != OK && (r.N != 0 || r.Records != nil)) {
			t.Fatalf("unit from row %d: %v, %d records", from, r.Outcome, r.N)
		}
	}
}

// TestRewriteKeepsMeaning runs multi.wat as it is on a plain runtime, and
// rewritten: on the compiler, on the interpreter, with other slices. All agree,
// and all rewritten ones take the same fuel.
func TestRewriteKeepsMeaning(t *testing.T) {
	wasm := read(t, "testdata/multi.wasm")
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	plain, err := rt.Instantiate(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.ExportedFunction("run").Call(ctx, 0); err != nil {
		t.Fatal(err)
	}
	want, _ := plain.Memory().Read(testOut+16, 16)
	if slices.Max(want) == 0 {
		t.Fatal("the plain module gave nothing")
	}
	var fuel int64
	for _, interpreter := range []bool{false, true} {
		prog := compile(t, wasm, &CompileOptions{Interpreter: interpreter})
		for _, slice := range []int64{1_000, 12_345, 0} {
			g := start(t, prog, probeBinding(), &GuestOptions{FuelSlice: slice})
			for range 3 {
				r := runUnit(t, g, empty())
				if r.Outcome != OK || !slices.Equal(r.Records, want) {
					t.Fatalf("interpreter %v, slice %d: %v, %x, want %x", interpreter, slice, r.Outcome, r.Records, want)
				}
				if fuel == 0 {
					fuel = r.Fuel
				}
				if left := int32(uint32(g.in.depth.Get())); left != depthBytes {
					t.Fatalf("%d bytes of depth were not given back", depthBytes-left)
				}
				if r.Fuel != fuel || r.Fuel <= 0 {
					t.Fatalf("interpreter %v, slice %d: fuel %d, want %d", interpreter, slice, r.Fuel, fuel)
				}
			}
		}
	}
	rep := admit(t, wasm).Report()
	if rep.DepthFunctions < 4 || rep.FuelCharges <= rep.DepthFunctions || rep.RestoredGlobals != 2 {
		t.Fatalf("report: %+v", rep)
	}
}

// TestFuelIsExact finds the fuel that a unit takes, and wants it to be enough,
// and one less not to be, however it is sliced.
func TestFuelIsExact(t *testing.T) {
	loop := w.Cat(w.I32Const(5_000), w.Set(1), w.Loop(w.Get(1), w.I32Const(1), w.Op(0x6b), w.U([]byte{0x22}, 1), w.BrIf(0)))
	// A price above a slice: 8212 fuel at once.
	fill := w.Cat(w.I32Const(0), w.I32Const(0), w.I32Const(1<<16), w.Op(0xfc, 11, 0))
	with := func(fuel int64) *Program {
		p := newProbe()
		p.man.Fuel = fuel
		p.run([]byte{w.I32}, fill, loop, emit(w.F64Const(1)))
		return compile(t, p.wasm(t), nil)
	}
	used := runUnit(t, start(t, with(1_000_000), probeBinding(), nil), empty()).Fuel
	// Five instructions and the end of the loop, 5,000 times, and a bit.
	if used < 8_212+6*5_000 || used > 8_212+6*5_000+40 {
		t.Fatalf("the loop took %d fuel", used)
	}
	enough, short := with(used), with(used-1)
	for _, slice := range []int64{1_000, 1_001, 7_777, 0} {
		o := &GuestOptions{FuelSlice: slice}
		if r := runUnit(t, start(t, enough, probeBinding(), o), empty()); r.Outcome != OK || r.Fuel != used {
			t.Fatalf("slice %d: %v with exactly enough fuel, %d", slice, r.Outcome, r.Fuel)
		}
		if r := runUnit(t, start(t, short, probeBinding(), o), empty()); r.Outcome != OutOfFuel || r.N != 0 {
			t.Fatalf("slice %d: %v with one fuel too little", slice, r.Outcome)
		}
	}
}

func TestFuelOfLengths(t *testing.T) {
	// What follows must take more fuel the longer it is, without loops.
	cost := func(code ...[]byte) int64 {
		p := newProbe()
		p.man.Fuel = 1_000_000
		p.run(nil, w.Cat(code...), emit(w.F64Const(1)))
		r := runUnit(t, start(t, compile(t, p.wasm(t), nil), probeBinding(), nil), empty())
		if r.Outcome != OK {
			t.Fatalf("ended with %v", r.Outcome)
		}
		return r.Fuel
	}
	fill := func(n int) int64 { return cost(w.I32Const(0), w.I32Const(0), w.I32Const(n), w.Op(0xfc, 11, 0)) }
	copied := func(n int) int64 {
		return cost(w.I32Const(0), w.I32Const(0), w.I32Const(n), w.Op(0xfc, 10, 0, 0))
	}
	grow := func(n int) int64 { return cost(w.I32Const(n), w.Op(0x40, 0, 0x1a)) }
	div := func(op byte) int64 { return cost(w.I64Const(9), w.I64Const(7), w.Op(op, 0x1a)) }
	if d := fill(8000) - fill(0); d != 1000 {
		t.Errorf("memory.fill of 8000 bytes takes %d", d)
	}
	if d := copied(65536) - copied(0); d != 8192 {
		t.Errorf("memory.copy of a page takes %d", d)
	}
	if d := grow(3) - grow(0); d != 3*8192 {
		t.Errorf("memory.grow of three pages takes %d", d)
	}
	if d := grow(0) - cost(w.I32Const(0), w.Op(0x45, 0x1a)); d != 20_000 {
		t.Errorf("memory.grow takes %d more than a simple instruction", d)
	}
	if d := div(0x7f) - div(0x7c); d != 15 {
		t.Errorf("i64.div_s takes %d more than i64.add", d)
	}
}

// TestFuelOfHugeLengths: lengths are unsigned and must not turn into credit.
func TestFuelOfHugeLengths(t *testing.T) {
	for name, code := range map[string][]byte{
		"fill": w.Cat(w.I32Const(0), w.I32Const(0), w.I32Const(-1), w.Op(0xfc, 11, 0)),
		"copy": w.Cat(w.I32Const(0), w.I32Const(0), w.I32Const(math.MinInt32), w.Op(0xfc, 10, 0, 0)),
		"grow": w.Cat(w.I32Const(-1), w.Op(0x40, 0, 0x1a)),
	} {
		g := start(t, compile(t, newProbe().run(nil, code, emit(w.F64Const(1))).wasm(t), nil), probeBinding(), nil)
		if r := runUnit(t, g, empty()); r.Outcome != OutOfFuel {
			t.Errorf("%s: %v", name, r.Outcome)
		}
	}
}

// countdown is a context that ends when it was asked often enough.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestRunStopsWithItsJob ends the job while a guest spins: the run stops at the
// next slice, and the guest is as good as new after it.
func TestRunStopsWithItsJob(t *testing.T) {
	p := newProbe()
	p.man.Fuel = 1_000_000
	p.run(nil, w.Loop(w.Br(0)), w.I32Const(0))
	g := start(t, compile(t, p.wasm(t), nil), probeBinding(), &GuestOptions{FuelSlice: 1000})
	ctx := &countdown{context.Background(), 5}
	var r Result
	if err := g.Run(ctx, empty(), &r); !errors.Is(err, context.Canceled) || r.N != 0 || r.Outcome != OK {
		t.Fatalf("Run: %v", err)
	}
	if ctx.left != -1 {
		t.Fatalf("the run went on for %d slices after its end", -1-ctx.left)
	}
	if err := g.Run(ctx, empty(), &r); !errors.Is(err, context.Canceled) {
		t.Fatalf("Run after the end of the job: %v", err)
	}
	if r := runUnit(t, g, empty()); r.Outcome != OutOfFuel || r.Fuel != 1_000_000 {
		t.Fatalf("the next unit: %v, %d fuel", r.Outcome, r.Fuel)
	}
}

func TestGuestsRunAtTheSameTime(t *testing.T) {
	a := allocator(t)
	prog := compile(t, read(t, "testdata/visits.wasm"), nil)
	bind := visitsBinding(t, a, map[string]any{"skip_ward": ""})
	ward := "south"
	vs := visitsBatch(t, a, []visit{{ward: &ward, note: "ab", doctor: 3}, {ward: &ward, note: "c"}})
	unit := [][]Span{{{Batch: bornBatch(t, a, 1977), From: 0, To: 1}}, {{Batch: vs, From: 0, To: 2}}}
	fails := make(chan string, 8)
	for range cap(fails) {
		go func() {
			msg := ""
			defer func() { fails <- msg }()
			g, err := prog.NewGuest(context.Background(), bind, nil)
			if err != nil {
				msg = err.Error()
				return
			}
			defer g.Close()
			for range 100 {
				var r Result
				err := g.Run(context.Background(), unit, &r)
				if got := visitsGot(g, r); err != nil || got != "south/1970: 1 96\n" {
					msg = fmt.Sprint(got, err)
					return
				}
			}
		}()
	}
	for range cap(fails) {
		if m := <-fails; m != "" {
			t.Fatal(m)
		}
	}
}

func TestProgramOutlivesClose(t *testing.T) {
	prog := compile(t, newProbe().run(nil, emit(w.F64Const(4))).wasm(t), nil)
	g := start(t, prog, probeBinding(), nil)
	if err := prog.Close(); err != nil {
		t.Fatal(err)
	}
	if m := metric(t, g, empty()); m != 4 {
		t.Fatalf("metric %v", m)
	}
	if _, err := prog.NewGuest(context.Background(), probeBinding(), nil); err == nil {
		t.Fatal("a closed program made a guest")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if err := g.Run(context.Background(), empty(), new(Result)); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Fatalf("a closed guest ran: %v", err)
	}
}
