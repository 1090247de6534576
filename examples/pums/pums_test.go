package pums

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

var update = flag.Bool("update", false, "write the modules")

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestModuleIsItsSource builds the modules and wants the committed bytes.
func TestModuleIsItsSource(t *testing.T) {
	// Another version of the compiler may well choose other instructions.
	if out, err := exec.Command("clang-19", "--version").Output(); err != nil || !strings.Contains(string(out), "19.1.7") {
		t.Skip("needs clang-19, version 19.1.7, which built the committed module")
	}
	if _, err := exec.LookPath("wasm-ld-19"); err != nil {
		t.Skip("needs wasm-ld-19, which linked the committed module")
	}
	for _, name := range []string{"income", "spread"} {
		r, err := modbuild.Build(context.Background(), modbuild.Source{Path: name + ".c"})
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(name+".wasm", r.Wasm, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(r.Wasm, read(t, name+".wasm")) {
			t.Errorf("%s.wasm is not what its source and its manifest give; go test -run Source -update writes it", name)
		}
	}
}

func module(t *testing.T) *sandbox.Module {
	t.Helper()
	m, err := sandbox.Admit(read(t, "income.wasm"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestModuleIsSmallAndHasItsManifest(t *testing.T) {
	wasm := read(t, "income.wasm")
	if again, err := sandbox.SetManifest(wasm, read(t, "income.manifest.json")); err != nil || !bytes.Equal(again, wasm) {
		t.Errorf("income.manifest.json is not the module's manifest (%v)", err)
	}
	if n := module(t).Report().Bytes; n > 2048 {
		t.Errorf("the module has %d bytes", n)
	}
}

func TestModuleEmits(t *testing.T) {
	ctx := context.Background()
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer a.AssertSize(t, 0)
	schema := arrow.NewSchema([]arrow.Field{
		{Name: abi.UnitColumn, Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}},
		{Name: "educ", Type: arrow.PrimitiveTypes.Int32}, {Name: "income", Type: arrow.PrimitiveTypes.Float64},
	}, nil)
	b := array.NewRecordBuilder(a, schema)
	defer b.Release()
	for educ := range int32(16) {
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		b.Field(1).(*array.Int32Builder).Append(educ + 1)
		b.Field(2).(*array.Float64Builder).Append(float64(educ) * 1000.5)
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	p, err := module(t).Compile(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	g, err := p.NewGuest(ctx, &sandbox.Binding{Inputs: []sandbox.InputBinding{{Name: "pums", Schema: schema, MaxRows: 1}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	want := append(slices.Repeat([]string{"no diploma"}, 8), "high school", "some college", "some college", "some college", "degree", "degree", "degree", "degree")
	for i, schooling := range want {
		var r sandbox.Result
		err := g.Run(ctx, [][]sandbox.Span{{{Batch: batch, From: i, To: i + 1}}}, &r)
		if err != nil || r.Outcome != sandbox.OK || r.N != 1 {
			t.Fatalf("educ %d: %v, %d records (%v)", i+1, r.Outcome, r.N, err)
		}
		key := g.Records().Key(r.Records, 0)
		if income := g.Records().Metric(r.Records, 0); key != schooling || income != float64(i)*1000.5 {
			t.Errorf("educ %d: %v, %v", i+1, key, income)
		}
	}
	var r sandbox.Result
	if err := g.Run(ctx, [][]sandbox.Span{nil}, &r); err != nil || r.Outcome != sandbox.OK || r.N != 0 {
		t.Errorf("a person without rows: %v, %d records (%v)", r.Outcome, r.N, err)
	}
}

func TestDocuments(t *testing.T) {
	d, err := catalog.ParseDataset("dataset.yaml", read(t, "dataset.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := catalog.ParseScenario("scenario.yaml", read(t, "scenario.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := catalog.ParseGrant("grant.yaml", read(t, "grant.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := catalog.CheckGrant(g, s, map[string]*glovebox.Dataset{d.Code: d}); err != nil {
		t.Error(err)
	}
	j, err := catalog.ParseJob("job.yaml", read(t, "job.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if j.Module != "income.wasm" || j.Scenario != s.Code || j.Product != s.Products[0].Code {
		t.Errorf("the job names module %s, scenario %s, product %s", j.Module, j.Scenario, j.Product)
	}
	if err := module(t).CheckOutput("", &j.Output); err != nil {
		t.Errorf("the job's output is not the module's: %v", err)
	}
}
