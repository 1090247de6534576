package carehotspots

import (
	"bytes"
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

var update = flag.Bool("update", false, "write care_hotspots.wasm")

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestModuleIsItsSource builds the module and wants the committed bytes.
func TestModuleIsItsSource(t *testing.T) {
	// Another version of the compiler may well choose other instructions.
	if out, err := exec.Command("clang-19", "--version").Output(); err != nil || !strings.Contains(string(out), "19.1.7") {
		t.Skip("needs clang-19, version 19.1.7, which built the committed module")
	}
	if _, err := exec.LookPath("wasm-ld-19"); err != nil {
		t.Skip("needs wasm-ld-19, which linked the committed module")
	}
	r, err := modbuild.Build(context.Background(), modbuild.Source{Path: "care_hotspots.c"})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("care_hotspots.wasm", r.Wasm, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(r.Wasm, read(t, "care_hotspots.wasm")) {
		t.Fatal("care_hotspots.wasm is not what care_hotspots.c and its manifest give; go test -run Source -update writes it")
	}
}

func module(t *testing.T) *sandbox.Module {
	t.Helper()
	m, err := sandbox.Admit(read(t, "care_hotspots.wasm"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestModuleIsSmallAndHasItsManifest(t *testing.T) {
	wasm := read(t, "care_hotspots.wasm")
	if again, err := sandbox.SetManifest(wasm, read(t, "care_hotspots.manifest.json")); err != nil || !bytes.Equal(again, wasm) {
		t.Errorf("care_hotspots.manifest.json is not the module's manifest (%v)", err)
	}
	if n := module(t).Report().Bytes; n > 4096 {
		t.Errorf("the module has %d bytes", n)
	}
}

// resident is one unit: what the five departments know of a person.
type resident struct {
	birth    time.Time // zero: no row in population
	township string
	elderly  bool // a row in elderly
	alone    bool
	level    int32
	grade    int32 // 0: no row in disability
	health   bool  // a row in health
	chronic  int32
	kinds    []string
}

type contribution struct {
	township    string
	need, stays float64
}

// contributes is the module's task, told once more in Go.
func contributes(r resident, minAge, year int) (c contribution, ok bool) {
	if r.birth.IsZero() || year-r.birth.Year() < minAge && r.grade != 1 && r.grade != 2 {
		return c, false
	}
	need := int32(0)
	if r.elderly {
		need += 2 * r.level
		if r.alone {
			need += 2
		}
	}
	if r.grade > 0 {
		need += 5 - r.grade
	}
	if r.health {
		need += min(r.chronic, 3)
	}
	stays := 0
	for _, k := range r.kinds {
		if k == "住院" {
			stays++
		}
	}
	return contribution{r.township, float64(min(need, 10)), float64(min(stays, 3))}, true
}

func schema(columns ...arrow.Field) *arrow.Schema {
	unit := arrow.Field{Name: abi.UnitColumn, Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}}
	return arrow.NewSchema(append([]arrow.Field{unit}, columns...), nil)
}

// inputs are in the job's order: dataset codes sorted ascending.
var inputs = []sandbox.InputBinding{
	{Name: "disability", Schema: schema(arrow.Field{Name: "grade", Type: arrow.PrimitiveTypes.Int32})},
	{Name: "elderly", Schema: schema(arrow.Field{Name: "lives_alone", Type: arrow.FixedWidthTypes.Boolean}, arrow.Field{Name: "care_level", Type: arrow.PrimitiveTypes.Int32})},
	{Name: "health", Schema: schema(arrow.Field{Name: "chronic", Type: arrow.PrimitiveTypes.Int32})},
	{Name: "population", Schema: schema(arrow.Field{Name: "birth_date", Type: arrow.FixedWidthTypes.Date32}, arrow.Field{Name: "township", Type: arrow.BinaryTypes.String}), MaxBytes: map[string]int{"township": 24}},
	{Name: "settlements", Schema: schema(arrow.Field{Name: "kind", Type: arrow.BinaryTypes.String}), MaxRows: 64},
}

// tables builds one batch per input and, for each resident, the spans in it.
func tables(a memory.Allocator, people []resident) (batches []arrow.RecordBatch, units [][][]sandbox.Span) {
	var builders []*array.RecordBuilder
	for _, in := range inputs {
		b := array.NewRecordBuilder(a, in.Schema)
		defer b.Release()
		builders = append(builders, b)
	}
	rows := make([]int, len(inputs))
	units = make([][][]sandbox.Span, len(people))
	add := func(unit, input int, set func(b *array.RecordBuilder)) {
		b := builders[input]
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		set(b)
		units[unit][input] = append(units[unit][input], sandbox.Span{From: rows[input], To: rows[input] + 1})
		rows[input]++
	}
	for i, p := range people {
		units[i] = make([][]sandbox.Span, len(inputs))
		if p.grade > 0 {
			add(i, 0, func(b *array.RecordBuilder) { b.Field(1).(*array.Int32Builder).Append(p.grade) })
		}
		if p.elderly {
			add(i, 1, func(b *array.RecordBuilder) {
				b.Field(1).(*array.BooleanBuilder).Append(p.alone)
				b.Field(2).(*array.Int32Builder).Append(p.level)
			})
		}
		if p.health {
			add(i, 2, func(b *array.RecordBuilder) { b.Field(1).(*array.Int32Builder).Append(p.chronic) })
		}
		if !p.birth.IsZero() {
			add(i, 3, func(b *array.RecordBuilder) {
				b.Field(1).(*array.Date32Builder).Append(arrow.Date32FromTime(p.birth))
				b.Field(2).(*array.StringBuilder).Append(p.township)
			})
		}
		for _, k := range p.kinds {
			add(i, 4, func(b *array.RecordBuilder) { b.Field(1).(*array.StringBuilder).Append(k) })
		}
	}
	for _, b := range builders {
		batches = append(batches, b.NewRecordBatch())
	}
	for _, u := range units {
		for input, spans := range u {
			for k := range spans {
				spans[k].Batch = batches[input]
			}
		}
	}
	return batches, units
}

func date(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

// people are the edges of the task, and as many made up at random again.
func people() []resident {
	all := []resident{
		{},
		{elderly: true, alone: true, level: 3, grade: 1, health: true, chronic: 9, kinds: []string{"住院"}}, // not a resident
		{birth: date(1960, 1, 1), township: "金湖街道"},
		{birth: date(1961, 1, 1), township: "金湖街道"},
		{birth: date(1960, 12, 31), township: "金湖街道"},
		{birth: date(1959, 12, 31), township: "a"},
		{birth: date(1900, 1, 1), township: strings.Repeat("年", 8)},
		{birth: date(2025, 12, 31), township: "b", grade: 2},
		{birth: date(2025, 12, 31), township: "b", grade: 3},
		{birth: date(2000, 2, 29), township: "", grade: 1, kinds: []string{"门诊", "住院", "门诊"}},
		{birth: date(1930, 1, 1), township: "保安镇", elderly: true, alone: true, level: 3, grade: 1, health: true, chronic: 9, kinds: make([]string, 64)},
		{birth: date(1930, 1, 1), township: "保安镇", grade: 4},
		{birth: date(1930, 1, 1), township: "保安镇", elderly: true, level: 1, health: true, chronic: 2},
	}
	for i := range all[10].kinds {
		all[10].kinds[i] = []string{"门诊", "住院"}[i/60]
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		p := resident{birth: date(1900, 1, 1+r.IntN(46000)), township: []string{"金湖街道", "东风农场", "x"}[r.IntN(3)],
			elderly: r.IntN(2) == 0, alone: r.IntN(2) == 0, level: r.Int32N(4), grade: r.Int32N(5), health: r.IntN(2) == 0, chronic: r.Int32N(10)}
		for range r.IntN(8) {
			p.kinds = append(p.kinds, []string{"门诊", "住院"}[r.IntN(2)])
		}
		all = append(all, p)
	}
	return all
}

func TestModuleDoesItsTask(t *testing.T) {
	ctx := context.Background()
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer a.AssertSize(t, 0)
	all := people()
	batches, units := tables(a, all)
	for _, b := range batches {
		defer b.Release()
	}
	p, err := module(t).Compile(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, c := range []struct {
		params       map[string]any
		minAge, year int
	}{
		{nil, 65, 2025},
		{map[string]any{"min_age": int64(80), "year": int64(2030)}, 80, 2030},
	} {
		g, err := p.NewGuest(ctx, &sandbox.Binding{Inputs: inputs, Params: c.params}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		emitted := 0
		for i, unit := range units {
			var r sandbox.Result
			err := g.Run(ctx, unit, &r)
			if err != nil || r.Outcome != sandbox.OK {
				t.Fatalf("unit %d: %v (%v)", i, r.Outcome, err)
			}
			var got contribution
			if r.N == 1 {
				k := g.Records()
				got = contribution{k.Key(r.Records, 0).(string), k.Metric(r.Records, 0), k.Metric(r.Records, 1)}
				emitted++
			}
			if want, ok := contributes(all[i], c.minAge, c.year); got != want || ok != (r.N == 1) {
				t.Errorf("unit %d: %d records, %+v; want %+v", i, r.N, got, want)
			}
		}
		if emitted < 100 || emitted > len(units)-100 {
			t.Errorf("%d of %d units emit: the test shows little", emitted, len(units))
		}
	}
}
