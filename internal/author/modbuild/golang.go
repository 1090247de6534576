package modbuild

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	sdk "glovebox.example/glovebox/sdk/go"
)

// goLanguage compiles plain Go: the standard library, goroutines, a collector,
// and WASI for them.
func goLanguage() *Language {
	l := &Language{
		Name: "go", Title: "Go", Marks: []string{"go.mod"},
		Install: glovebox.Text{EN: "install Go 1.24 or later", ZH: "请安装 Go 1.24 或更高版本"}, Tools: [][]string{{"go"}},
		SDK: sdk.SDK, Template: sub(sdk.Template, "template"), Blocks: sub(sdk.Template, "blocks"),
		Main: "main.go", Pages: 128, Fuel: 10_000_000, WASI: true,
	}
	l.Build = func(ctx context.Context, t *Task) (string, error) {
		if first("go") == "" {
			return "", missing(l, t)
		}
		args := append([]string{"build", "-o", t.Out}, sdk.Flags...)
		_, err := output(ctx, t, sdk.Env, "go", append(args, ".")...)
		return version(ctx, "go", "version"), err
	}
	return l
}

// tinygoLanguage compiles Go with TinyGo: small modules that need no WASI.
func tinygoLanguage() *Language {
	l := &Language{
		Name: "tinygo", Title: "TinyGo", Marks: []string{"tinygo.json"},
		Install: glovebox.Text{EN: "install TinyGo 0.41 or later, with Go", ZH: "请安装 TinyGo 0.41 或更高版本，以及 Go"}, Tools: [][]string{{"tinygo"}, {"go"}},
		SDK: sdk.TinySDK, Template: sub(sdk.Template, "template"), Scalar: sub(sdk.Template, "scalar"), Blocks: sub(sdk.Template, "blocks"),
		Main: "main.go", Pages: 2, Fuel: 1_000_000,
	}
	l.Build = func(ctx context.Context, t *Task) (string, error) {
		if first("tinygo") == "" || first("go") == "" {
			return "", missing(l, t)
		}
		args := append(slices.Concat([]string{"build", "-o", t.Out}, sdk.TinyFlags), ".")
		_, err := output(ctx, t, sdk.TinyEnv, "tinygo", args...)
		return version(ctx, "tinygo", "version"), err
	}
	return l
}
