package sandbox

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// blocksProbe is a guest of kind blocks that gives the units of its block, the
// row with which the last of them begins, the rows of all, and how often it
// was called, by a global and by a byte of memory.
func blocksProbe(t testing.TB, code ...[]byte) *Program {
	p := newProbe()
	p.man.Pages = 8
	f := &p.man.Functions[0]
	f.Kind, f.MaxUnits, f.Inputs[0].MaxRows = abi.KindBlocks, 5, 10
	f.Output = abi.Output{Metrics: []string{"units", "last", "rows", "calls", "bytes"}, MaxRecords: 1}
	calls := p.GlobalOf(w.I64, true, w.I64Const(0))
	units := w.Cat(w.I32Const(testIn), w.Load(w.I32Load, 48))
	put := func(i int, value ...[]byte) []byte {
		return w.Cat(w.I32Const(testOut), w.Cat(value...), w.Store(w.F64Store, 16+8*i))
	}
	f64FromI32 := w.Op(0xb7)
	body := w.Cat(
		w.GlobalGet(calls), w.I64Const(1), w.Op(0x7c), w.GlobalSet(calls),
		w.I32Const(testScratch), w.I32Const(testScratch), w.Load(w.I32Load, 0), w.I32Const(1), w.Op(0x6a), w.Store(w.I32Store, 0),
		w.I32Const(testOut), w.I32Const(1), w.Store(w.I32Store, 0),
		put(0, units, f64FromI32),
		// window[starts + 4*(units-1)]; starts is in the table directory at 64.
		put(1, w.I32Const(testIn), w.I32Const(testIn), w.Load(w.I32Load, 64+12), w.Op(0x6a),
			units, w.I32Const(1), w.Op(0x6b), w.I32Const(4), w.Op(0x6c), w.Op(0x6a), w.Load(w.I32Load, 0), f64FromI32),
		put(2, w.I32Const(testIn), w.Load(w.I32Load, 32), f64FromI32),
		put(3, w.GlobalGet(calls), f64FromI64),
		put(4, w.I32Const(testScratch), w.Load(w.I32Load, 0), f64FromI32),
		w.Cat(code...), w.I32Const(0))
	return compile(t, p.run(nil, body).wasm(t), nil)
}

// blockOf makes a block of units with so many rows each.
func blockOf(t testing.TB, units ...int) *Block {
	rows, starts := 0, []uint32{0}
	for _, n := range units {
		rows += n
		starts = append(starts, uint32(rows))
	}
	batch := batchOf(t, allocator(t), probeSchema, rows, func(b *array.RecordBuilder) {
		for i := range rows {
			b.Field(1).(*array.Int64Builder).Append(int64(i))
		}
	})
	return &Block{Rows: [][]Span{{{Batch: batch, From: 0, To: rows}}}, Starts: [][]uint32{starts}}
}

func runBlock(t testing.TB, g *Guest, b *Block) Result {
	t.Helper()
	var r Result
	if err := g.RunBlock(t.Context(), b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func metricsOf(r Result) (out []float64) {
	for i := 0; i < len(r.Records); i += 8 {
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(r.Records[i:])))
	}
	return out
}

// TestChannelStateBetweenBlocks: every block finds the guest as it was at
// start, its globals and its memory, in every way of resetting; and what it
// sees of its units is right.
func TestChannelStateBetweenBlocks(t *testing.T) {
	p := blocksProbe(t)
	for _, how := range append([]Reset{ResetAuto}, resets...) {
		g := start(t, p, probeBinding(), &GuestOptions{Reset: how})
		if how == ResetAuto && g.tier != ResetInstance {
			t.Errorf("a block gets reset %s", g.tier)
		}
		for _, units := range [][]int{{3, 0, 2, 4}, {1}, {2, 2, 2, 2, 2}, {10}} {
			r := runBlock(t, g, blockOf(t, units...))
			last, rows := 0, 0
			for _, n := range units {
				last, rows = rows, rows+n
			}
			want := []float64{float64(len(units)), float64(last), float64(rows), 1, 1}
			got := metricsOf(r)
			if r.Outcome != OK || r.N != 1 || len(got) != 5 {
				t.Fatalf("%v: %+v", units, r)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("reset %s, units %v: metrics %v, want %v", how, units, got, want)
					break
				}
			}
		}
	}
}

// TestChannelBlockTooLarge: a block that does not fit is not cut and not run.
func TestChannelBlockTooLarge(t *testing.T) {
	g := start(t, blocksProbe(t), probeBinding(), nil)
	for _, units := range [][]int{{1, 1, 1, 1, 1, 1}, {11}, {0, 11}, {0, 0, 0, 0, 0, 0}} {
		if r := runBlock(t, g, blockOf(t, units...)); r.Outcome != Oversize || r.N != 0 || r.Fuel != 0 {
			t.Errorf("units %v: %+v", units, r)
		}
		if g.FitsBlock(len(units), 0, 11) {
			t.Errorf("units %v are said to fit", units)
		}
	}
	if r := runBlock(t, g, blockOf(t, 1)); r.Outcome != OK {
		t.Errorf("afterwards: %+v", r)
	}
}

// TestBlockFuel: a block has the fuel of max_units units, however many it has.
func TestBlockFuel(t *testing.T) {
	loop := w.Cat(w.Op(0x03, 0x40), w.Op(0x0c, 0), w.Op(0x0b)) // for ever
	g := start(t, blocksProbe(t, loop), probeBinding(), nil)
	for _, units := range [][]int{{1}, {1, 2, 3}} {
		if r := runBlock(t, g, blockOf(t, units...)); r.Outcome != OutOfFuel || r.Fuel != 5*100_000 {
			t.Errorf("units %v: %+v", units, r)
		}
	}
	m := abi.Manifest{Fuel: abi.MaxFuel}
	if n := m.FuelOf(&abi.Function{Kind: abi.KindBlocks, MaxUnits: abi.MaxUnits}); n != abi.MaxBlockFuel {
		t.Errorf("the largest block has %d fuel", n)
	}
}

func TestBlocksAndUnitsDoNotMix(t *testing.T) {
	blocks := start(t, blocksProbe(t), probeBinding(), nil)
	if err := blocks.Run(t.Context(), [][]Span{nil}, new(Result)); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("a unit: %v", err)
	}
	units := start(t, compile(t, newProbe().run(nil, emit(w.F64Const(1))).wasm(t), nil), probeBinding(), nil)
	if err := units.RunBlock(t.Context(), blockOf(t, 1), new(Result)); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("a block: %v", err)
	}
	for name, b := range map[string]*Block{
		"other inputs":      {Rows: nil, Starts: [][]uint32{{0}}},
		"no starts":         {Rows: [][]Span{nil}, Starts: [][]uint32{nil}},
		"not from 0":        {Rows: [][]Span{nil}, Starts: [][]uint32{{1, 0}}},
		"rows of nobody":    {Rows: blockOf(t, 3).Rows, Starts: [][]uint32{{0, 2}}},
		"no rows but units": {Rows: [][]Span{nil}, Starts: [][]uint32{{0, 2}}},
	} {
		if err := blocks.RunBlock(t.Context(), b, new(Result)); glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBlocksManifest: what a function of kind blocks may not declare.
func TestBlocksManifest(t *testing.T) {
	for field, change := range map[string]func(*abi.Function){
		"functions[0].max_units":          func(f *abi.Function) { f.MaxUnits = 0 },
		"functions[0].inputs[0].max_rows": func(f *abi.Function) { f.Inputs[0].MaxRows = abi.MaxBlockRows + 1 },
		"functions[0].output.key":         func(f *abi.Function) { f.Output.Key = []abi.KeyField{{Name: "k", Type: "int64"}} },
		"functions[0].output.metrics":     func(f *abi.Function) { f.Output.Metrics = nil },
		"functions[0].output.max_records": func(f *abi.Function) { f.Output.MaxRecords = 2 },
	} {
		m := testManifest()
		f := &m.Functions[0]
		f.Kind, f.MaxUnits, f.Output.MaxRecords = abi.KindBlocks, 5, 1
		if _, err := abi.DecodeManifest(manifestJSON(t, m)); err != nil {
			t.Fatal(err)
		}
		change(f)
		_, err := abi.DecodeManifest(manifestJSON(t, m))
		if e, ok := err.(*glovebox.Error); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	m := testManifest()
	m.Functions[0].MaxUnits = 5
	if _, err := abi.DecodeManifest(manifestJSON(t, m)); err == nil {
		t.Error("a function of kind map has max_units")
	}
}

// TestChannelUpdateSeesNoData: a function of kind update has no inputs and no
// tables but the state and the sum; one that asks for more is refused.
func TestChannelUpdateSeesNoData(t *testing.T) {
	value := []abi.Column{{Name: glovebox.ValueColumn, Type: glovebox.Float64}}
	good := func() (*abi.Manifest, *abi.Function) {
		m := testManifest()
		m.Functions = append(m.Functions, abi.Function{Name: "step", Kind: abi.KindUpdate,
			References: []abi.Table{{Name: glovebox.StateTable, Columns: value, MaxRows: 3}, {Name: glovebox.SumTable, Columns: value, MaxRows: 3}},
			Output:     abi.Output{Metrics: []string{"state"}, Sizes: map[string]int{"state": 3}, MaxRecords: 1}})
		return m, &m.Functions[1]
	}
	m, f := good()
	decoded, err := abi.DecodeManifest(manifestJSON(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if n := decoded.FuelOf(&decoded.Functions[1]); n != 1000*m.Fuel {
		t.Errorf("an update has %d fuel", n)
	}
	for field, change := range map[string]func(){
		"functions[1].inputs": func() { f.Inputs = m.Functions[0].Inputs },
		"functions[1].references": func() {
			f.References = append(f.References, abi.Table{Name: "more", Columns: value, MaxRows: 3})
		},
		"functions[1].output": func() { f.Output.Metrics = []string{"state", "more"} },
	} {
		m, f = good()
		change()
		_, err := abi.DecodeManifest(manifestJSON(t, m))
		if e, ok := err.(*glovebox.Error); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	m, f = good()
	f.References[0].Columns = []abi.Column{{Name: "value", Type: "int64"}}
	if _, err := abi.DecodeManifest(manifestJSON(t, m)); err == nil {
		t.Error("a state of whole numbers")
	}
}
