package modbuild

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"glovebox.example/glovebox"
	sdk "glovebox.example/glovebox/sdk/c"
)

// installClang says how to get what both languages need.
func installClang() glovebox.Text {
	return glovebox.Text{EN: "install clang and lld (Debian: apt-get install clang-19 lld-19)", ZH: "请安装 clang 与 lld（Debian：apt-get install clang-19 lld-19）"}
}

// cLanguage compiles freestanding C.
func cLanguage() *Language {
	l := &Language{
		Name: "c", Title: "C", Ext: []string{".c"}, Install: installClang(), Tools: clangTools(),
		SDK: sdk.SDK, Template: sub(sdk.Template, "template"), Scalar: sub(sdk.Template, "scalar"), Blocks: sub(sdk.Template, "blocks"),
		Main: "module.c", Pages: 1, Fuel: 1_000_000,
	}
	l.Build = clang(l)
	return l
}

// cppLanguage compiles freestanding C++, with the same header.
func cppLanguage() *Language {
	l := &Language{
		Name: "cpp", Title: "C++", Ext: []string{".cpp", ".cc"}, Install: installClang(), Tools: clangTools(),
		SDK: sdk.SDK, Template: sub(sdk.Template, "cpp/template"), Scalar: sub(sdk.Template, "cpp/scalar"), Blocks: sub(sdk.Template, "cpp/blocks"),
		Main: "module.cpp", Pages: 1, Fuel: 1_000_000,
	}
	l.Build = clang(l, sdk.CPPFlags...)
	return l
}

// clang compiles one source. The flags are those that the examples' committed
// modules were built with. It links by a command of its own: where binaryen is
// installed, clang would let it change what it links, and clang 19 links
// nothing at all with --no-wasm-opt.
func clang(l *Language, more ...string) func(context.Context, *Task) (string, error) {
	return func(ctx context.Context, t *Task) (string, error) {
		cc, ld := first("clang-19", "clang"), first("wasm-ld-19", "wasm-ld")
		if cc == "" || ld == "" {
			return "", missing(l, t)
		}
		// Used unless the project has one of its own.
		if err := os.WriteFile(filepath.Join(t.Temp, "glovebox.h"), sdk.Header, 0o600); err != nil {
			return "", glovebox.Errorf(glovebox.CodeInternal, "the C header cannot be written").Because(err)
		}
		flags := slices.Concat(sdk.Flags, more)
		if t.Scalar() {
			flags = append(flags, sdk.ScalarFlags...)
		}
		object := filepath.Join(t.Temp, "out.o")
		v, err := run(ctx, t, nil, cc, append(flags, "-I", t.Temp, "-c", "-o", object, t.Source)...)
		if err != nil {
			return v, err
		}
		_, err = output(ctx, t, nil, ld, append(slices.Clone(sdk.LinkFlags), "-o", t.Out, object)...)
		return v, err
	}
}

func clangTools() [][]string { return [][]string{{"clang-19", "clang"}, {"wasm-ld-19", "wasm-ld"}} }
