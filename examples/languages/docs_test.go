package languages

import (
	"path/filepath"
	"strings"
	"testing"

	"glovebox/internal/modbuild"
	"glovebox/sandbox/abi"
)

// TestPageCompiles: the code on docs/sdk.md is what the compilers take, in a
// new project.
func TestPageCompiles(t *testing.T) {
	page := string(read(t, "../../docs/sdk.md"))
	for _, x := range []struct{ lang, fence, file, before, after string }{
		{"go", "go", "main.go", "package main\n\nimport \"visits/gbx\"\n\n", "\n//go:wasmexport totals\nfunc totals(_ int32) int32 { return 1 }\n\nfunc main() {}\n"},
		{"assemblyscript", "ts", "main.ts", "import { Table, emit, paramString } from \"./gbx/gbx\";\n", "\nexport function totals(_rows: i32): i32 {\n  return 1;\n}\n"},
	} {
		t.Run(x.lang, func(t *testing.T) {
			_, rest, ok := strings.Cut(page, "\n```"+x.fence+"\n")
			code, _, end := strings.Cut(rest, "\n```\n")
			if !ok || !end {
				t.Fatalf("the page has no block of %s", x.fence)
			}
			l, _ := modbuild.Named(x.lang)
			build(t, l, "visits", abi.KindMap, func(dir string) {
				file := filepath.Join(dir, x.file)
				edit(t, file, string(read(t, file)), x.before+code+"\n"+x.after)
			})
		})
	}
}
