package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// parts is a module whose function run, of kind map_scalar from x to the key k
// and the metric m, is in parts: the status is x mod 4, the key x * 10, the
// metric x as a float. The parts of statuses other than 1 trap.
func parts() *probe {
	p := newProbe()
	f := &p.man.Functions[0]
	f.Kind = abi.KindMapScalar
	f.Output = abi.Output{Key: []abi.KeyField{{Name: "k", Type: glovebox.Int64}}, Metrics: []string{"m"}, MaxRecords: 10}
	x := []byte{w.I64}
	status := w.Cat(w.Get(0), w.I64Const(3), w.Op(0x83), w.Op(0xa7)) // i64.and, i32.wrap
	guard := w.Cat(status, w.I32Const(1), w.Op(0x47, 0x04, 0x40, 0x00, 0x0b))
	p.Export("gbx_run_status", w.Func, p.Func(x, []byte{w.I32}, nil, status))
	p.Export("gbx_run_key_k", w.Func, p.Func(x, []byte{w.I64}, nil, guard, w.Get(0), w.I64Const(10), w.Op(0x7e)))
	p.Export("gbx_run_metric_m", w.Func, p.Func(x, []byte{w.F64}, nil, guard, w.Get(0), w.Op(0xb9)))
	return p
}

// TestJoinScalar: a function in parts runs as one: all parts of a record, the
// status alone of what is none.
func TestJoinScalar(t *testing.T) {
	p := parts()
	wasm, err := JoinScalar(p.wasm(t), p.man)
	if err != nil {
		t.Fatal(err)
	}
	if wasm, err = SetManifest(wasm, manifestJSON(t, p.man)); err != nil {
		t.Fatal(err)
	}
	prog := compile(t, wasm, nil)
	if n := prog.module.facts.Exports; n != 4 {
		t.Errorf("%d exports: the parts are still there", n)
	}
	g := start(t, prog, probeBinding(), nil)
	a := allocator(t)
	for _, c := range []struct {
		xs      []int64
		outcome Outcome
		want    string
	}{
		{[]int64{1, 4, 8, 5}, OK, "10:1 50:5 "},
		{[]int64{0, 4}, OK, ""},
		{[]int64{1, 2}, Status, ""},
		{[]int64{3}, Status, ""},
		{[]int64{-3}, OK, "-30:-3 "},
	} {
		r := runUnit(t, g, ints(t, a, c.xs...))
		if got := describe(g, r); r.Outcome != c.outcome || got != c.want {
			t.Errorf("%v: %v, %q, want %q", c.xs, r.Outcome, got, c.want)
		}
	}
	again, err := JoinScalar(wasm, p.man)
	if err != nil || string(again) != string(wasm) {
		t.Errorf("a module that is whole was changed (%v)", err)
	}
}

// TestJoinScalarVector: a metric that is a vector has a part for each value.
func TestJoinScalarVector(t *testing.T) {
	p := parts()
	p.man.Functions[0].Output.Metrics = []string{"v", "m"}
	p.man.Functions[0].Output.Sizes = map[string]int{"v": 2}
	for i := range 2 {
		f := p.Func([]byte{w.I64}, []byte{w.F64}, nil, w.F64Const(float64(i)+0.5))
		p.Export(fmt.Sprintf("gbx_run_metric_v_%d", i), w.Func, f)
	}
	wasm, err := JoinScalar(p.wasm(t), p.man)
	if err != nil {
		t.Fatal(err)
	}
	if wasm, err = SetManifest(wasm, manifestJSON(t, p.man)); err != nil {
		t.Fatal(err)
	}
	g := start(t, compile(t, wasm, nil), probeBinding(), nil)
	r := runUnit(t, g, ints(t, allocator(t), 5))
	want := []float64{0.5, 1.5, 5}
	for i, x := range want {
		if got := math.Float64frombits(binary.LittleEndian.Uint64(r.Records[8+8*i:])); got != x {
			t.Errorf("value %d is %v, want %v", i, got, x)
		}
	}
}

// TestJoinScalarRefuses: parts that are missing or do not fit are named; what
// is no module is admission's to judge.
func TestJoinScalarRefuses(t *testing.T) {
	for _, c := range []struct {
		edit func(*abi.Function)
		want string
	}{
		{func(f *abi.Function) { f.Output.Metrics = append(f.Output.Metrics, "n") }, `"gbx_run_metric_n"`},
		{func(f *abi.Function) { f.Output.Key[0].Name = "other" }, `"gbx_run_key_other"`},
		{func(f *abi.Function) { f.Inputs[0].Columns[0].Type = glovebox.Float64 }, `"gbx_run_status" has another type`},
	} {
		p := parts()
		wasm := p.wasm(t)
		c.edit(&p.man.Functions[0])
		_, err := JoinScalar(wasm, p.man)
		if e, ok := errors.AsType[*glovebox.Error](err); !ok || e.Code != glovebox.CodeModule || !strings.Contains(e.Msg, c.want) || e.Fix == "" {
			t.Errorf("want %s, got %v", c.want, err)
		}
	}
	p := parts()
	if out, err := JoinScalar([]byte("no module"), p.man); err != nil || string(out) != "no module" {
		t.Error("bytes that are no module were changed")
	}
	plain := newProbe().run(nil, emit(w.F64Const(1)))
	wasm := plain.wasm(t)
	if out, err := JoinScalar(wasm, plain.man); err != nil || string(out) != string(wasm) {
		t.Error("a module without scalar functions was changed")
	}
}

// FuzzJoinScalar: whatever is joined can be read again, or only became too
// large.
func FuzzJoinScalar(f *testing.F) {
	files, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds")
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	man := parts().man
	seed, err := SetManifest(parts().Bytes(), manifestJSON(f, man))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := JoinScalar(data, man)
		if err != nil || string(out) == string(data) {
			return
		}
		bin, list := wasmbin.Parse(out, &wasmbin.Config{Imports: wasiImports()})
		for _, r := range list {
			if r.Code != wasmbin.TooLarge && r.Code != wasmbin.Count {
				t.Fatalf("the joined module is refused: %v", r)
			}
		}
		if bin != nil && !bin.Exports("run") {
			t.Fatal("the joined module lacks its function")
		}
	})
}

// describe writes the records of a probe with one key and one metric.
func describe(g *Guest, r Result) string {
	var b strings.Builder
	rec := g.Records()
	for i := range r.N {
		x := r.Records[i*rec.Size():]
		fmt.Fprintf(&b, "%v:%v ", rec.Key(x, 0), rec.Metric(x, 0))
	}
	return b.String()
}
