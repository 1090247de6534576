package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

const docs = "../docs/formats/"

// fence returns the first block of code of that language on a page.
func fence(t *testing.T, page, lang string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "\n```"+lang+"\n")
	code, _, end := strings.Cut(rest, "\n```\n")
	if !ok || !end {
		t.Fatalf("the page has no block of %s", lang)
	}
	return code + "\n"
}

// TestPageExample builds the module of the page on the ABI with the commands
// of the page, and runs it.
func TestPageExample(t *testing.T) {
	needTool(t, "wat2wasm", "")
	page := string(read(t, docs+"guest-abi.md"))
	dir := t.TempDir()
	for name, lang := range map[string]string{"spend.wat": "wat", "spend.json": "json", "build.sh": "sh"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(fence(t, page, lang)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-e", "build.sh")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	schema := arrow.NewSchema([]arrow.Field{tokenField(), {Name: "year", Type: arrow.PrimitiveTypes.Int32},
		{Name: "cost", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
	batch := batchOf(t, allocator(t), schema, 12, func(b *array.RecordBuilder) {
		for i := range 12 {
			b.Field(1).(*array.Int32Builder).Append(int32(1995 + i))
			if i%4 == 3 {
				b.Field(2).AppendNull()
			} else {
				b.Field(2).(*array.Float64Builder).Append(float64(i) / 2)
			}
		}
	})
	wasm := read(t, filepath.Join(dir, "spend.wasm"))
	prog := compile(t, wasm, nil)
	for _, x := range []struct {
		since    any
		from, to int
		want     string
	}{
		{nil, 0, 12, "2000:2.5 2001:3 2003:4 2004:4.5 2005:5 "},
		{1990, 0, 4, "1995:0 1996:0.5 1997:1 "},
		{1990, 4, 7, "1999:2 2000:2.5 2001:3 "}, // no value missing: no bitmap
		{1990, 3, 4, ""},
		{3000, 0, 12, ""},
		{1990, 5, 5, ""},
	} {
		b := &Binding{Inputs: []InputBinding{{Name: "bills", Schema: schema}}}
		if x.since != nil {
			b.Params = map[string]any{"since": x.since}
		}
		g := start(t, prog, b, nil)
		r := runUnit(t, g, [][]Span{{{Batch: batch, From: x.from, To: x.to}}})
		got := ""
		for i := range r.N {
			rec := r.Records[i*g.Records().Size():]
			got += fmt.Sprintf("%d:%v ", g.Records().Key(rec, 0), g.Records().Metric(rec, 0))
		}
		if r.Outcome != OK || got != x.want {
			t.Errorf("since %v, rows %d to %d: %v, %q, want %q", x.since, x.from, x.to, r.Outcome, got, x.want)
		}
	}
	// The page's other way of building it.
	plain := read(t, filepath.Join(dir, "spend.plain.wasm"))
	built, err := SetManifest(plain, read(t, filepath.Join(dir, "spend.json")))
	if err != nil {
		t.Fatal(err)
	}
	if admit(t, built).RewrittenDigest() != admit(t, wasm).RewrittenDigest() {
		t.Error("the two ways of building give different modules")
	}
}

// TestPageScalarExample: the page's function of kind map_scalar is the one that
// the benchmarks run.
func TestPageScalarExample(t *testing.T) {
	page := string(read(t, docs+"guest-abi.md"))
	for lang, file := range map[string]string{"c": "testdata/bands_scalar.c", "jsonc": "testdata/bands_scalar.json"} {
		if fence(t, page, lang) != string(read(t, file)) {
			t.Errorf("the page's block of %s is not %s", lang, file)
		}
	}
}

// TestReasonsAreDocumented: the page lists every code, with the same words.
func TestReasonsAreDocumented(t *testing.T) {
	page := string(read(t, docs+"module-manifest.md"))
	for code, fix := range Reasons() {
		if !strings.Contains(page, fmt.Sprintf("\n| %s | %s |\n", code, fix)) {
			t.Errorf("the page lacks | %s | %s |", code, fix)
		}
	}
	if n := strings.Count(page, "\n| G0"); n != len(Reasons()) {
		t.Errorf("the page has %d codes, there are %d", n, len(Reasons()))
	}
}
