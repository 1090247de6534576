// Package languages tests that the same example in every language is the same
// program: that its committed modules are what its sources give, and that they
// give the same bytes. It promises nothing for other programs.
package languages

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

var update = flag.Bool("update", false, "write the modules and digests.txt")

// compilers built the committed modules. Another version may well choose other
// instructions: what it builds must then do the same, that is all.
var compilers = map[string]string{
	"assemblyscript": "Version 0.28.20",
	"c":              "clang version 19.1.7",
	"cpp":            "clang version 19.1.7",
	"go":             "go version go1.26.8",
	"rust":           "rustc 1.63.0",
	"tinygo":         "tinygo version 0.41.1 linux/amd64 (using go version go1.26.8 and LLVM version 19.1.7)",
	"zig":            "zig 0.17.1",
}

// examples are the projects that modbuild.New makes: the module's name by the
// kind of its functions.
var examples = map[string]string{abi.KindMap: "visits", abi.KindMapScalar: "bands", abi.KindBlocks: "spending"}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestModulesAreTheirSources makes a new project in each language, builds it in
// a new folder, and wants the committed bytes; of another compiler than theirs,
// the same bytes in two folders.
func TestModulesAreTheirSources(t *testing.T) {
	for _, lang := range modbuild.Templated() {
		l, _ := modbuild.Named(lang)
		for kind, name := range examples {
			if kind == abi.KindMapScalar && l.Scalar == nil {
				continue
			}
			t.Run(name+"-"+lang, func(t *testing.T) {
				r := build(t, l, name, kind)
				if _, err := sandbox.Admit(r.Wasm, nil); err != nil {
					t.Fatal(err)
				}
				for _, trace := range []string{"/tmp", os.TempDir(), "glovebox-build", "rustc", "clang version"} {
					if bytes.Contains(r.Wasm, []byte(trace)) {
						t.Errorf("the module holds %q: a path or a tool's name", trace)
					}
				}
				file := name + "-" + lang + ".wasm"
				if !strings.Contains(r.Compiler, compilers[lang]) || compilers[lang] == "" {
					agree(t, kind, r.Wasm, read(t, file))
					if again := build(t, l, name, kind); !bytes.Equal(again.Wasm, r.Wasm) {
						t.Error("a second build gives other bytes")
					}
					t.Skipf("%s is not %q, which built the committed module: it does the same, with other bytes", r.Compiler, compilers[lang])
				}
				if *update {
					if err := os.WriteFile(file, r.Wasm, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if !bytes.Equal(r.Wasm, read(t, file)) {
					t.Errorf("%s is not what its source gives; go test -run Sources -update writes it", file)
				}
			})
		}
	}
}

// build makes a project in a folder of its own, edits it and builds it, or
// skips the test if the compiler is missing.
func build(t *testing.T, l *modbuild.Language, name, kind string, edits ...func(dir string)) *modbuild.Result {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if _, err := modbuild.New(modbuild.Project{Name: name, Language: l.Name, Kind: kind, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		edit(dir)
	}
	r, err := modbuild.Build(context.Background(), modbuild.Source{Path: dir, Language: l.Name})
	if e, ok := errors.AsType[*glovebox.Error](err); ok && e.Fix == l.Install.EN {
		t.Skipf("not built: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Language != l.Name || r.Name != name {
		t.Errorf("built %s in %s", r.Name, r.Language)
	}
	return r
}

// TestEveryLanguageHasItsModules: the committed modules are those of the
// languages, with the digests of digests.txt, and pass admission.
func TestEveryLanguageHasItsModules(t *testing.T) {
	var digests strings.Builder
	files, err := filepath.Glob("*.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b := read(t, f)
		fmt.Fprintf(&digests, "%x  %s\n", sha256.Sum256(b), f)
		if _, err := sandbox.Admit(b, nil); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	for _, lang := range modbuild.Templated() {
		l, _ := modbuild.Named(lang)
		for kind, name := range examples {
			if want := kind != abi.KindMapScalar || l.Scalar != nil; want != slices.Contains(files, name+"-"+lang+".wasm") {
				t.Errorf("%s-%s.wasm: the language makes it %v", name, lang, want)
			}
		}
	}
	if *update {
		if err := os.WriteFile("digests.txt", []byte(digests.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if digests.String() != string(read(t, "digests.txt")) {
		t.Error("digests.txt is not up to date; go test -run Modules -update writes it")
	}
}

// TestLanguagesAgree: in the sandbox, on random people, all modules give the
// same records.
func TestLanguagesAgree(t *testing.T) {
	for kind, name := range examples {
		files, err := filepath.Glob(name + "-*.wasm")
		if err != nil || len(files) == 0 {
			t.Fatalf("%d modules %s: %v", len(files), name, err)
		}
		var wasm [][]byte
		for _, f := range files {
			wasm = append(wasm, read(t, f))
		}
		agree(t, kind, wasm...)
	}
}

// agree runs modules on the same random people.
func agree(t *testing.T, kind string, wasm ...[]byte) {
	t.Helper()
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer a.AssertSize(t, 0)
	inputs, batches, references := tables(a, kind)
	for _, b := range batches {
		defer b.Release()
	}
	for _, b := range references {
		defer b.Release()
	}
	var guests []*sandbox.Guest
	for _, w := range wasm {
		m, err := sandbox.Admit(w, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Compile(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		g, err := p.NewGuest(t.Context(), &sandbox.Binding{Function: m.Manifest().Functions[0].Name, Inputs: inputs, References: references}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		guests = append(guests, g)
	}
	records, failed := 0, 0
	for unit := range people {
		run := func(g *sandbox.Guest, r *sandbox.Result) error { return g.Run(t.Context(), unitOf(batches, unit), r) }
		if kind == abi.KindBlocks {
			run = func(g *sandbox.Guest, r *sandbox.Result) error {
				return g.RunBlock(t.Context(), blockOf(batches, unit), r)
			}
		}
		var first sandbox.Result
		for i, g := range guests {
			var r sandbox.Result
			if err := run(g, &r); err != nil {
				t.Fatal(err)
			}
			r.Records = bytes.Clone(r.Records)
			if i == 0 {
				first = r
				records += r.N
				if r.Outcome != sandbox.OK {
					failed++
				}
				continue
			}
			if r.N != first.N || (r.Outcome == sandbox.OK) != (first.Outcome == sandbox.OK) || !bytes.Equal(r.Records, first.Records) {
				t.Fatalf("unit %d: module %d ends with %v and %d records, %x; the first one with %v, %d, %x", unit, i, r.Outcome, r.N, r.Records, first.Outcome, first.N, first.Records)
			}
		}
	}
	if records < people*9/10 || failed > people/2 {
		t.Fatalf("%d records and %d failures of %d units: the test shows little", records, failed, people)
	}
}

const (
	people = 300
	most   = 12 // rows of one person
)

// unitOf are the rows of a person: rows lie person by person, most of each.
func unitOf(batches []arrow.RecordBatch, unit int) (spans [][]sandbox.Span) {
	for _, b := range batches {
		n := int(b.NumRows()) / people
		spans = append(spans, []sandbox.Span{{Batch: b, From: unit * n, To: unit*n + min(n, 1+unit%most)}})
	}
	return spans
}

// blockOf are the rows of up to 10 persons from one on.
func blockOf(batches []arrow.RecordBatch, unit int) *sandbox.Block {
	b := &sandbox.Block{Rows: make([][]sandbox.Span, len(batches)), Starts: make([][]uint32, len(batches))}
	for i := range batches {
		b.Starts[i] = []uint32{0}
	}
	for u := unit; u < min(people, unit+1+unit%10); u++ {
		for i, spans := range unitOf(batches, u) {
			b.Rows[i] = append(b.Rows[i], spans...)
			b.Starts[i] = append(b.Starts[i], b.Starts[i][len(b.Starts[i])-1]+uint32(spans[0].To-spans[0].From))
		}
	}
	return b
}

func tables(a memory.Allocator, kind string) (inputs []sandbox.InputBinding, batches []arrow.RecordBatch, references map[string]arrow.RecordBatch) {
	r := rand.New(rand.NewPCG(3, 5))
	token := &arrow.FixedSizeBinaryType{ByteWidth: 16}
	add := func(name string, rows int, fill func(b *array.RecordBuilder), fields ...arrow.Field) {
		s := arrow.NewSchema(append([]arrow.Field{{Name: abi.UnitColumn, Type: token}}, fields...), nil)
		b := array.NewRecordBuilder(a, s)
		defer b.Release()
		for range rows {
			b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
			fill(b)
		}
		inputs = append(inputs, sandbox.InputBinding{Name: name, Schema: s, MaxBytes: map[string]int{"ward": 16}})
		batches = append(batches, b.NewRecordBatch())
	}
	if kind == abi.KindMapScalar {
		add("bills", people*most, func(b *array.RecordBuilder) {
			b.Field(1).(*array.Int32Builder).Append(1900 + r.Int32N(120))
			b.Field(2).(*array.Date32Builder).Append(arrow.Date32(r.Int32N(40000) - 10000))
			b.Field(3).(*array.BooleanBuilder).Append(r.IntN(2) == 0)
			b.Field(4).(*array.Int64Builder).Append(r.Int64N(1000))
			b.Field(5).(*array.Float64Builder).Append([]float64{0, r.Float64(), r.Float64() * 100, r.NormFloat64() + 3}[r.IntN(4)])
		}, arrow.Field{Name: "born", Type: arrow.PrimitiveTypes.Int32}, arrow.Field{Name: "day", Type: arrow.FixedWidthTypes.Date32},
			arrow.Field{Name: "member", Type: arrow.FixedWidthTypes.Boolean}, arrow.Field{Name: "points", Type: arrow.PrimitiveTypes.Int64},
			arrow.Field{Name: "cost", Type: arrow.PrimitiveTypes.Float64})
		return inputs, batches, nil
	}
	if kind == abi.KindBlocks {
		add("person", people, func(b *array.RecordBuilder) { b.Field(1).(*array.Int32Builder).Append(1890 + r.Int32N(120)) },
			arrow.Field{Name: "born", Type: arrow.PrimitiveTypes.Int32})
		add("bills", people*most, func(b *array.RecordBuilder) {
			if r.IntN(5) == 0 {
				b.Field(1).AppendNull()
				return
			}
			b.Field(1).(*array.Float64Builder).Append(r.NormFloat64()*40 + 30)
		}, arrow.Field{Name: "cost", Type: arrow.PrimitiveTypes.Float64, Nullable: true})
		return inputs, batches, nil
	}
	wards := []string{"north", "south", "老城", "none", "", "a ward too long"}
	add("person", people, func(b *array.RecordBuilder) { b.Field(1).(*array.Int32Builder).Append(1900 + r.Int32N(120)) },
		arrow.Field{Name: "born", Type: arrow.PrimitiveTypes.Int32})
	add("visits", people*most, func(b *array.RecordBuilder) {
		if n := r.IntN(60); n < 50 {
			b.Field(1).(*array.StringBuilder).Append(wards[n%5])
		} else if n == 50 {
			b.Field(1).(*array.StringBuilder).Append(wards[5])
		} else {
			b.Field(1).AppendNull()
		}
		if r.IntN(4) == 0 {
			b.Field(2).AppendNull()
		} else {
			b.Field(2).(*array.Float64Builder).Append(r.Float64() * 9)
		}
		b.Field(3).(*array.Date32Builder).Append(arrow.Date32(r.Int32N(1000) - 200))
		if r.IntN(4) == 0 {
			b.Field(4).AppendNull()
		} else {
			b.Field(4).(*array.BooleanBuilder).Append(r.IntN(2) == 0)
		}
		b.Field(5).(*array.Int64Builder).Append(r.Int64N(5000) - 100)
		b.Field(6).(*array.FixedSizeBinaryBuilder).Append(bytes.Repeat([]byte{byte(r.IntN(3))}, 16))
	}, arrow.Field{Name: "ward", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "hours", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		arrow.Field{Name: "day", Type: arrow.FixedWidthTypes.Date32}, arrow.Field{Name: "urgent", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		arrow.Field{Name: "fee", Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: "doctor", Type: token})
	rates := array.NewRecordBuilder(a, arrow.NewSchema([]arrow.Field{{Name: "ward", Type: arrow.BinaryTypes.String}, {Name: "rate", Type: arrow.PrimitiveTypes.Int64}}, nil))
	defer rates.Release()
	rates.Field(0).(*array.StringBuilder).AppendValues(wards[:3], nil)
	rates.Field(1).(*array.Int64Builder).AppendValues([]int64{12, 30, 7}, nil)
	return inputs, batches, map[string]arrow.RecordBatch{"rates": rates.NewRecordBatch()}
}
