package languages

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// logged is how a project of a language gets a log: what is put before the
// first line of totals, and other edits, old and new by turns.
var logged = map[string]struct {
	file, first string // the function's first line
	code        string
	env         string // KEY=value
	edits       map[string][]string
}{
	"c": {file: "module.c", first: "(void)rows;\n  const int32_t *year",
		code:  "gbx_log_text(\"rows \"); gbx_log_int64(gbx_rows(BILLS)); gbx_log_text(\", min \"); gbx_log_int64(INT64_MIN); gbx_log_text(\", first \"); gbx_log_float64(gbx_float64s(BILLS, COST)[0]); gbx_log_text(\"\\n\");\n",
		edits: map[string][]string{"module.c": {`#include "glovebox.h"`, "#define GBX_LOG_BYTES 4000\n#include \"glovebox.h\""}}},
	"rust": {file: "src/lib.rs", first: "let bills = unit.table(0);\n",
		code:  "glovebox::log!(\"rows {}, min {}, first {:.6}\", unit.table(0).rows(), i64::MIN, unit.table(0).float64s(1)[0]);\n",
		edits: map[string][]string{"src/lib.rs": {"#![no_std]\n", "#![no_std]\nglovebox::log_bytes!(4000);\n"}}},
	"zig": {file: "main.zig", first: "const bills = unit.table(0);\n",
		code:  "gbx.log(\"rows {d}, min {d}, first {d:.6}\", .{ unit.table(0).rows(), @as(i64, std.math.minInt(i64)), unit.table(0).float64s(1).all[0] });\n",
		edits: map[string][]string{"main.zig": {"comptime {\n", "pub const gbx_log_bytes = 4000;\n\ncomptime {\n"}}},
	"go": {file: "main.go", first: "t := gbx.Tab(bills)\n",
		code: "gbx.Log(\"rows \"); gbx.LogInt(int64(gbx.Tab(bills).Rows())); gbx.Log(\", min \"); gbx.LogInt(-1<<63); gbx.Log(\", first \"); gbx.LogFloat(gbx.Tab(bills).Float64s(cost)[0]); gbx.Log(\"\\n\")\n",
		env:  "GOFLAGS=-tags=gbx_log"},
	// TinyGo has no C library: what Go's own packages need of one, gbx brings.
	"tinygo": {file: "main.go", first: "t := gbx.Tab(bills)\n",
		code: "gbx.Log(fmt.Sprintf(\"rows %.0f, min \", math.Exp(math.Log(float64(gbx.Tab(bills).Rows()))))); gbx.LogInt(-1<<63); gbx.Log(\", first \"); gbx.LogFloat(gbx.Tab(bills).Float64s(cost)[0]); gbx.Log(\"\\n\")\n",
		edits: map[string][]string{"tinygo.json": {`"wasm_unknown"]`, `"wasm_unknown", "gbx_log"]`},
			"main.go": {`import "visits/gbx"`, "import (\n\t\"fmt\"\n\t\"math\"\n\n\t\"visits/gbx\"\n)"}}},
	"assemblyscript": {file: "main.ts", first: "const bills = new Table(BILLS);\n",
		code: "log(\"rows \" + (new Table(BILLS)).rows.toString() + \", min \" + i64.MIN_VALUE.toString() + \", first \" + (new Table(BILLS)).float64s(COST)[0].toString() + \"00000\\n\");\n",
		edits: map[string][]string{"gbx/log.ts": {"BYTES: u32 = 0;", "BYTES: u32 = 4088;"},
			"main.ts": {"export { gbx_abi_1", "import { log } from \"./gbx/log\";\nexport { gbx_log } from \"./gbx/log\";\nexport { gbx_abi_1"}}},
}

// TestLogsOfEveryLanguage: what a project prints as its SDK's page says
// arrives on sample data, and the records are the same as without.
func TestLogsOfEveryLanguage(t *testing.T) {
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { a.AssertSize(t, 0) })
	schema := arrow.NewSchema([]arrow.Field{{Name: abi.UnitColumn, Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}},
		{Name: "year", Type: arrow.PrimitiveTypes.Int32}, {Name: "cost", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
	b := array.NewRecordBuilder(a, schema)
	for i := range 3 {
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		b.Field(1).(*array.Int32Builder).Append(int32(2020 + i))
		b.Field(2).(*array.Float64Builder).Append(-12.5)
	}
	batch := b.NewRecordBatch()
	b.Release()
	t.Cleanup(batch.Release)
	unit := [][]sandbox.Span{{{Batch: batch, To: 3}}}
	binding := &sandbox.Binding{Function: "totals", Inputs: []sandbox.InputBinding{{Name: "bills", Schema: schema}}}

	for lang, x := range logged {
		t.Run(lang, func(t *testing.T) {
			l, ok := modbuild.Named(lang)
			if !ok {
				t.Fatal("no such language")
			}
			if key, value, ok := strings.Cut(x.env, "="); ok {
				t.Setenv(key, value)
			}
			wasm := build(t, l, "visits", abi.KindMap, func(dir string) {
				edit(t, filepath.Join(dir, x.file), x.first, x.code+x.first)
				for file, e := range x.edits {
					edit(t, filepath.Join(dir, file), e[0], e[1])
				}
			}).Wasm
			var text bytes.Buffer
			logs, err := sandbox.NewSampleLogs(&text, 0)
			if err != nil {
				t.Fatal(err)
			}
			var records [][]byte
			for _, o := range []*sandbox.GuestOptions{nil, {Logs: logs}} {
				m, err := sandbox.Admit(wasm, nil)
				if err != nil {
					t.Fatal(err)
				}
				p, err := m.Compile(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				g, err := p.NewGuest(t.Context(), binding, o)
				if err != nil {
					t.Fatal(err)
				}
				defer g.Close()
				var r sandbox.Result
				err = g.Run(t.Context(), unit, &r)
				if err != nil || r.Outcome != sandbox.OK || r.N != 1 {
					t.Fatalf("%v, %d records, %v", r.Outcome, r.N, err)
				}
				records = append(records, bytes.Clone(r.Records))
			}
			const want = "rows 3, min -9223372036854775808, first -12.500000\n"
			if text.String() != want || !bytes.Equal(records[0], records[1]) {
				t.Errorf("printed %q, want %q", text.String(), want)
			}
		})
	}
}

// edit replaces the one place of old in a file.
func edit(t *testing.T, file, old, with string) {
	t.Helper()
	s := string(read(t, file))
	if strings.Count(s, old) != 1 {
		t.Fatalf("%s holds %q %d times", file, old, strings.Count(s, old))
	}
	if err := os.WriteFile(file, []byte(strings.Replace(s, old, with, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}
