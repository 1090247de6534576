package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	csdk "glovebox.example/glovebox/sdk/c"
)

// sdkUnits are two persons, of many rows and of few, for a function of the
// example that every language has.
func sdkUnits(t testing.TB, a memory.Allocator, function string) (b *Binding, long, short [][]Span) {
	field := func(name string, typ arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: typ, Nullable: name == "ward" || name == "hours" || name == "urgent"}
	}
	of := func(fields ...arrow.Field) *arrow.Schema {
		return arrow.NewSchema(append([]arrow.Field{tokenField()}, fields...), nil)
	}
	i32, i64, f64 := arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64
	switch function {
	case "bands":
		s := of(field("born", i32), field("day", arrow.FixedWidthTypes.Date32), field("member", arrow.FixedWidthTypes.Boolean), field("points", i64), field("cost", f64))
		bills := batchOf(t, a, s, 40, func(b *array.RecordBuilder) {
			for i := range 40 {
				b.Field(1).(*array.Int32Builder).Append(int32(1940 + i))
				b.Field(2).(*array.Date32Builder).Append(arrow.Date32(i * 5))
				b.Field(3).(*array.BooleanBuilder).Append(i%3 == 0)
				b.Field(4).(*array.Int64Builder).Append(int64(i))
				b.Field(5).(*array.Float64Builder).Append(float64(i % 4))
			}
		})
		return &Binding{Function: function, Inputs: []InputBinding{{Name: "bills", Schema: s}}},
			[][]Span{{{Batch: bills, To: 40}}}, [][]Span{{{Batch: bills, From: 3, To: 5}}}
	case "totals":
		s := of(field("year", i32), arrow.Field{Name: "cost", Type: f64, Nullable: true})
		bills := batchOf(t, a, s, 256, func(b *array.RecordBuilder) {
			for i := range 256 {
				b.Field(1).(*array.Int32Builder).Append(int32(2015 + i%16))
				b.Field(2).(*array.Float64Builder).Append(float64(i) / 3)
			}
		})
		return &Binding{Function: function, Inputs: []InputBinding{{Name: "bills", Schema: s}}},
			[][]Span{{{Batch: bills, To: 256}}}, [][]Span{{{Batch: bills, From: 7, To: 9}}}
	}
	person, rates := of(field("born", i32)), arrow.NewSchema([]arrow.Field{{Name: "ward", Type: arrow.BinaryTypes.String}, field("rate", i64)}, nil)
	visits := of(field("ward", arrow.BinaryTypes.String), field("hours", f64), field("day", arrow.FixedWidthTypes.Date32),
		field("urgent", arrow.FixedWidthTypes.Boolean), field("fee", i64), field("doctor", &arrow.FixedSizeBinaryType{ByteWidth: 16}))
	people := batchOf(t, a, person, 1, func(b *array.RecordBuilder) { b.Field(1).(*array.Int32Builder).Append(1984) })
	stays := batchOf(t, a, visits, 64, func(b *array.RecordBuilder) {
		for i := range 64 {
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("ward ", i%7))
			if i%5 == 0 {
				b.Field(2).AppendNull()
			} else {
				b.Field(2).(*array.Float64Builder).Append(float64(i) / 4)
			}
			b.Field(3).(*array.Date32Builder).Append(arrow.Date32(i))
			b.Field(4).(*array.BooleanBuilder).Append(i%2 == 0)
			b.Field(5).(*array.Int64Builder).Append(int64(i))
			b.Field(6).(*array.FixedSizeBinaryBuilder).Append(bytes.Repeat([]byte{byte(i % 4)}, 16))
		}
	})
	table := batchOf(t, a, rates, 5, func(b *array.RecordBuilder) {
		for i := range 5 {
			b.Field(0).(*array.StringBuilder).Append(fmt.Sprint("ward ", i))
			b.Field(1).(*array.Int64Builder).Append(int64(10 * i))
		}
	})
	b = &Binding{Function: function, References: map[string]arrow.RecordBatch{"rates": table},
		Inputs: []InputBinding{{Name: "person", Schema: person}, {Name: "visits", Schema: visits, MaxBytes: map[string]int{"ward": 12}}}}
	born := []Span{{Batch: people, To: 1}}
	return b, [][]Span{born, {{Batch: stays, To: 64}}}, [][]Span{born, {{Batch: stays, From: 3, To: 5}}}
}

// TestSDKModulesAreReset: modules of every language that there is an SDK for
// are as they were when a unit begins, in every way of putting them back, and
// a unit takes the same fuel and gives the same records in each. The log says
// what a unit costs.
func TestSDKModulesAreReset(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	files, err := filepath.Glob("../examples/languages/*.wasm")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d modules: %v", len(files), err)
	}
	a := allocator(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".wasm")
		t.Run(name, func(t *testing.T) {
			prog := compile(t, read(t, file), nil)
			for _, f := range prog.module.manifest.Functions {
				if f.Blocks() {
					blocksAreFresh(t, prog)
					continue
				}
				binding, long, short := sdkUnits(t, a, f.Name)
				ways := append([]Reset{ResetAuto}, resets...)
				if f.Scalar() {
					ways = append(ways, ResetPure)
				}
				var first Result
				for _, how := range ways {
					g := start(t, prog, binding, &GuestOptions{Reset: how})
					for range 5 {
						if r := runUnit(t, g, long); r.Outcome != OK || r.N == 0 || !isClean(g) {
							t.Fatalf("%s, reset %q: the long unit ends with %v, %d records", f.Name, how, r.Outcome, r.N)
						}
						r := runUnit(t, g, short)
						if r.Records = bytes.Clone(r.Records); first.Records == nil {
							first = r
							t.Logf("%s: %d fuel for a unit of two rows, %d pages, %d OS pages written", f.Name, r.Fuel, g.in.size()>>16, written(t, g, short))
						}
						if r.Outcome != OK || r.Fuel != first.Fuel || !bytes.Equal(r.Records, first.Records) || !isClean(g) {
							t.Fatalf("%s, reset %q: %v, fuel %d, %x; at first fuel %d, %x", f.Name, how, r.Outcome, r.Fuel, r.Records, first.Fuel, first.Records)
						}
					}
				}
			}
		})
	}
}

// blocksAreFresh: every block finds a module of kind blocks as it was at start.
func blocksAreFresh(t *testing.T, prog *Program) {
	t.Helper()
	binding := spendingBinding(nil)
	binding.Function = "spending"
	g := start(t, prog, binding, nil)
	cases := spendingCases()
	short, long := &cases[0], &cases[len(cases)-1]
	var fuel int64
	for range 3 {
		for _, c := range []*spendingCase{long, short} {
			want, _ := spending(c)
			r := runBlock(t, g, c.block(t))
			if r.Outcome != OK || !bytes.Equal(r.Records, want) {
				t.Fatalf("%s: %v, %x, want %x", c.name, r.Outcome, r.Records, want)
			}
			if c != short {
				continue
			}
			if fuel == 0 {
				t.Logf("spending: %d fuel for a block of one unit, %d pages", r.Fuel, g.in.size()>>16)
				fuel = r.Fuel
			}
			if r.Fuel != fuel {
				t.Fatalf("%s: %d fuel, at first %d", c.name, r.Fuel, fuel)
			}
		}
	}
}

// written is how many pages of the image hold other bytes after a unit.
func written(t testing.TB, g *Guest, unit [][]Span) (n int) {
	t.Helper()
	if g.scalars != nil {
		return 0
	}
	before := bytes.Clone(g.in.bytes())
	if err := g.run(context.Background(), unit, nil, new(Result)); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(before); at += osPage {
		if !bytes.Equal(before[at:at+osPage], g.in.bytes()[at:at+osPage]) {
			n++
		}
	}
	if err := g.reset(); err != nil {
		t.Fatal(err)
	}
	return n
}

// BenchmarkSDK is what a person of few rows costs in each language, of whom
// there are many: the call, and putting the guest back as it does by itself.
func BenchmarkSDK(b *testing.B) {
	files, err := filepath.Glob("../examples/languages/*.wasm")
	if err != nil || len(files) == 0 {
		b.Fatalf("%d modules: %v", len(files), err)
	}
	for _, file := range files {
		prog := compile(b, read(b, file), nil)
		for _, f := range prog.module.manifest.Functions {
			if f.Blocks() {
				continue
			}
			_, lang, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".wasm"), "-")
			b.Run(f.Name+"/"+lang, func(b *testing.B) {
				binding, _, short := sdkUnits(b, allocator(b), f.Name)
				g := start(b, prog, binding, nil)
				pages, fuel := written(b, g, short), runUnit(b, g, short).Fuel
				from := cpu(b)
				for b.Loop() {
					runUnit(b, g, short)
				}
				b.ReportMetric(float64((cpu(b)-from).Nanoseconds())/float64(b.N), "cpu-ns/unit")
				b.ReportMetric(float64(fuel), "fuel/unit")
				b.ReportMetric(float64(pages), "OSpages/unit")
			})
		}
	}
}

// TestFuelIsAsPublished: the fuel of a unit in docs/sdk.md, and in its
// translation, is what the committed modules use.
func TestFuelIsAsPublished(t *testing.T) {
	binding, _, short := sdkUnits(t, allocator(t), "visits")
	for title, lang := range map[string]string{"C": "c", "C++": "cpp", "Rust": "rust", "Zig": "zig", "TinyGo": "tinygo", "AssemblyScript": "assemblyscript", "Go": "go"} {
		g := start(t, compile(t, read(t, "../examples/languages/visits-"+lang+".wasm"), nil), binding, nil)
		fuel := strconv.FormatInt(runUnit(t, g, short).Fuel, 10)
		for i := len(fuel) - 3; i > 0; i -= 3 {
			fuel = fuel[:i] + "," + fuel[i:]
		}
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(title) + ` \| \d+ \| ` + fuel + ` \|$`)
		for _, page := range []string{"../docs/sdk.md", "../docs/sdk.zh.md"} {
			if !row.Match(read(t, page)) {
				t.Errorf("%s: a unit of visits in %s takes %s fuel", page, title, fuel)
			}
		}
	}
}

// TestConstructorsRunOnce: static objects of C++ are made when the guest
// starts, and not again in any unit.
func TestConstructorsRunOnce(t *testing.T) {
	needTool(t, "clang-19", "")
	needTool(t, "wasm-ld-19", "")
	const source = `#include "glovebox.h"
static volatile int made;
struct object { int at; object() { made = made + 1; at = made; } ~object() { made = 100; } };
static object first, second;
GBX_EXPORT(run) int32_t run(int32_t) {
  static object third;
  gbx_metric(gbx_emit(), 100 * made + 10 * second.at + third.at);
  made = made + 1;
  return 0;
}
`
	dir := t.TempDir()
	src, object, plain := filepath.Join(dir, "object.cpp"), filepath.Join(dir, "object.o"), filepath.Join(dir, "object.wasm")
	if err := os.WriteFile(src, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range [][]string{
		slices.Concat([]string{"clang-19"}, csdk.Flags, csdk.CPPFlags, []string{"-I", "../sdk/c", "-c", "-o", object, src}),
		slices.Concat([]string{"wasm-ld-19"}, csdk.LinkFlags, []string{"-o", plain, object}),
	} {
		if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	wasm, err := SetManifest(read(t, plain), manifestJSON(t, testManifest()))
	if err != nil {
		t.Fatal(err)
	}
	g := start(t, compile(t, wasm, nil), probeBinding(), nil)
	for range 3 {
		if v := metric(t, g, empty()); v != 323 {
			t.Errorf("%v", v)
		}
	}
}
