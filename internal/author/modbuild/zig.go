package modbuild

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"glovebox.example/glovebox"
	sdk "glovebox.example/glovebox/sdk/zig"
)

// zigLanguage compiles one root file and what it imports, which may be the
// module glovebox: the project's copy, or else the one in this program. A
// build.zig marks a project, but is not run: its steps may fetch and do
// anything, and building the builder takes a minute.
func zigLanguage() *Language {
	l := &Language{
		Name: "zig", Title: "Zig", Marks: []string{"main.zig", "build.zig"}, Ext: []string{".zig"},
		Install: glovebox.Text{EN: "install Zig 0.14 or newer (as the program zig, or pip install ziglang)", ZH: "请安装 Zig 0.14 或更高版本（程序名 zig，或 pip install ziglang）"}, Tools: [][]string{{"zig"}},
		SDK: sdk.SDK, SDKDir: "glovebox", Template: sub(sdk.Template, "template"), Scalar: sub(sdk.Template, "scalar"), Blocks: sub(sdk.Template, "blocks"),
		Main: "main.zig", Pages: 2, Fuel: 1_000_000,
	}
	l.Build = func(ctx context.Context, t *Task) (string, error) {
		// Not in the project's folder, where python would import from it.
		elsewhere := &Task{Path: t.Path, Source: t.Out}
		zig, label := zigCommand(ctx, elsewhere)
		if zig == nil {
			return "", missing(l, t)
		}
		root, err := zigRoot(t)
		if err != nil {
			return "", err
		}
		lib := filepath.Join(t.Dir(), "glovebox", "glovebox.zig")
		if _, err := os.Stat(lib); err != nil {
			lib = filepath.Join(t.Temp, "glovebox.zig")
			b, err := sdk.SDK.ReadFile("glovebox.zig")
			if err == nil {
				err = os.WriteFile(lib, b, 0o600)
			}
			if err != nil {
				return "", glovebox.Errorf(glovebox.CodeInternal, "the Zig SDK cannot be written").Because(err)
			}
		}
		cache := filepath.Join(t.Temp, "cache")
		env := []string{"ZIG_GLOBAL_CACHE_DIR=" + cache, "ZIG_LOCAL_CACHE_DIR=" + cache}
		args := slices.Concat(zig[1:], []string{"build-exe"}, sdk.Flags,
			[]string{"-femit-bin=" + t.Out, "--dep", "glovebox", "-Mroot=" + root, "-Mglovebox=" + lib})
		_, err = output(ctx, elsewhere, env, zig[0], args...)
		return label, err
	}
	return l
}

// zigCommand is how Zig is called here, and its version: the program, or
// PyPI's package.
func zigCommand(ctx context.Context, t *Task) (command []string, label string) {
	for _, c := range [][]string{{"zig"}, {"python3", "-m", "ziglang"}, {"python", "-m", "ziglang"}} {
		if first(c[0]) == "" {
			continue
		}
		if v, err := output(ctx, t, nil, c[0], append(slices.Clone(c[1:]), "version")...); err == nil {
			return c, "zig " + v
		}
	}
	return nil, ""
}

// zigRoot is the file to compile.
func zigRoot(t *Task) (string, error) {
	if filepath.Base(t.Source) != "build.zig" {
		return t.Source, nil
	}
	for _, name := range []string{"src/main.zig", "src/root.zig"} {
		p := filepath.Join(t.Dir(), filepath.FromSlash(name))
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", invalid(t.Path, "build.zig is not run, and there is no src/main.zig or src/root.zig").WithFix("name the root source file")
}
