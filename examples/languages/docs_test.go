package languages

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// TestPageCompiles: the code on docs/sdk.md is what the compilers take, in a
// new project.
func TestPageCompiles(t *testing.T) {
	page := string(read(t, "../../docs/sdk.md"))
	for _, x := range []struct{ lang, kind, fence, file, before, after string }{
		{"c", abi.KindMap, "c", "module.c", "#include \"glovebox.h\"\n", "\nGBX_EXPORT(totals) int32_t totals(int32_t rows) { return rows; }\n"},
		{"rust", abi.KindMap, "rust", "src/lib.rs", "#![no_std]\nuse glovebox::{Fail, Unit};\n", "\nglovebox::map! {\n    fn totals(unit: &mut Unit) -> Result<(), Fail> {\n        unit.emit();\n        Err(Fail)\n    }\n}\n"},
		{"zig", abi.KindMap, "zig", "main.zig", "const std = @import(\"std\");\nconst gbx = @import(\"glovebox\");\ncomptime {\n    gbx.map(\"visits\", visits);\n    gbx.map(\"totals\", visits);\n}\n", ""},
		{"rust", abi.KindMapScalar, "rust", "src/lib.rs", "#![no_std]\nuse glovebox::Row;\n", ""},
		{"zig", abi.KindMapScalar, "zig", "main.zig", "const gbx = @import(\"glovebox\");\ncomptime {\n    gbx.mapScalar(\"bands\", bands);\n}\n", ""},
		{"go", abi.KindMap, "go", "main.go", "package main\n\nimport \"visits/gbx\"\n\n", "\n//go:wasmexport totals\nfunc totals(_ int32) int32 { return 1 }\n\nfunc main() {}\n"},
		{"assemblyscript", abi.KindMap, "ts", "main.ts", "import { Table, emit, paramString } from \"./gbx/gbx\";\n", "\nexport function totals(_rows: i32): i32 {\n  return 1;\n}\n"},
	} {
		name := examples[x.kind]
		t.Run(name+"-"+x.lang, func(t *testing.T) {
			rest, code := page, ""
			for !strings.Contains(code, " "+name+"(") {
				var ok, end bool
				_, rest, ok = strings.Cut(rest, "\n```"+x.fence+"\n")
				code, rest, end = strings.Cut(rest, "\n```\n")
				if !ok || !end {
					t.Fatalf("the page has no block of %s with %s", x.fence, name)
				}
			}
			l, _ := modbuild.Named(x.lang)
			r := build(t, l, name, x.kind, func(dir string) {
				file := filepath.Join(dir, x.file)
				edit(t, file, string(read(t, file)), x.before+code+"\n"+x.after)
			})
			if _, err := sandbox.Admit(r.Wasm, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPagesAgree: both languages of the page have the same chapters and code.
func TestPagesAgree(t *testing.T) {
	var shape [2][]string
	for i, name := range []string{"sdk.md", "sdk.zh.md"} {
		code := false
		for line := range strings.Lines(string(read(t, "../../docs/"+name))) {
			fence := strings.HasPrefix(line, "```")
			switch {
			case code || fence:
				shape[i] = append(shape[i], line)
			case strings.HasPrefix(line, "#"):
				shape[i] = append(shape[i], "#")
			case strings.HasPrefix(line, "|"):
				shape[i] = append(shape[i], strings.Repeat("|", strings.Count(line, "|")))
			}
			code = code != fence
		}
	}
	if !slices.Equal(shape[0], shape[1]) || len(shape[0]) < 100 {
		for i := range min(len(shape[0]), len(shape[1])) {
			if shape[0][i] != shape[1][i] {
				t.Fatalf("the pages differ: %q and %q", shape[0][i], shape[1][i])
			}
		}
		t.Fatalf("one page has %d lines of code, titles and tables, the other %d", len(shape[0]), len(shape[1]))
	}
}
