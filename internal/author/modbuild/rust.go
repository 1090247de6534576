package modbuild

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	sdk "glovebox.example/glovebox/sdk/rust"
)

// rustLanguage builds crates with cargo, and single files, which may use the
// crate glovebox, with rustc alone.
func rustLanguage() *Language {
	l := &Language{
		Name: "rust", Title: "Rust", Marks: []string{"Cargo.toml"}, Ext: []string{".rs"},
		Install: glovebox.Text{
			EN: "install Rust with its target " + sdk.Target + " (rustup target add " + sdk.Target + "; Debian: apt-get install rustc cargo libstd-rust-dev-wasm32 lld)",
			ZH: "请安装 Rust 及其目标 " + sdk.Target + "（rustup target add " + sdk.Target + "；Debian：apt-get install rustc cargo libstd-rust-dev-wasm32 lld）"},
		Tools: [][]string{{"rustc"}},
		SDK:   sdk.SDK, SDKDir: "glovebox", Template: sub(sdk.Template, "template"), Scalar: sub(sdk.Template, "scalar"), Blocks: sub(sdk.Template, "blocks"),
		Main: "src/lib.rs", Pages: 2, Fuel: 1_000_000,
	}
	l.Build = func(ctx context.Context, t *Task) (string, error) {
		rustc := rustWithTarget(ctx, t)
		if rustc == "" && len(inPath("rustc")) > 0 {
			return "", invalid(t.Path, "no rustc here has the target "+sdk.Target).WithFix("%s", l.Install.EN)
		}
		if rustc == "" {
			return "", missing(l, t)
		}
		if t.Project {
			cargo := filepath.Join(filepath.Dir(rustc), "cargo")
			if first(cargo) == "" {
				return "", missing(l, t)
			}
			return version(ctx, rustc, "--version"), buildCargo(ctx, t, rustc, cargo)
		}
		return version(ctx, rustc, "--version"), buildRust(ctx, t, rustc)
	}
	return l
}

// rustEnv keeps rustup from fetching what a project names in
// rust-toolchain.toml.
var rustEnv = []string{"RUSTUP_AUTO_INSTALL=0"}

// rustWithTarget is the first rustc in PATH that has WebAssembly's standard
// library, in the source's folder, where rustup may be told which one to take:
// a machine may have one from rustup and one from its distribution.
func rustWithTarget(ctx context.Context, t *Task) string {
	for _, rustc := range inPath("rustc") {
		dir, err := output(ctx, t, rustEnv, rustc, "--print", "target-libdir", "--target", sdk.Target)
		if err != nil {
			continue
		}
		if found, err := filepath.Glob(filepath.Join(dir, "libcore-*.rlib")); err == nil && len(found) > 0 {
			return rustc
		}
	}
	return ""
}

// remap keeps folders out of the module.
func remap(dirs ...string) (flags []string) {
	for _, d := range dirs {
		flags = append(flags, "--remap-path-prefix="+d+"=.")
	}
	return flags
}

func buildCargo(ctx context.Context, t *Task, rustc, cargo string) error {
	flags := slices.Concat(sdk.Flags, remap(t.Dir(), t.Temp))
	env := append(slices.Clone(rustEnv), "RUSTC="+rustc, "CARGO_NET_OFFLINE=true", "CARGO_INCREMENTAL=0", "CARGO_PROFILE_RELEASE_LTO=true",
		"CARGO_TARGET_DIR="+t.Temp, "CARGO_ENCODED_RUSTFLAGS="+strings.Join(flags, "\x1f"), "RUSTC_WRAPPER=")
	args := []string{"build", "--quiet", "--release", "--offline", "--target", sdk.Target, "--manifest-path", t.Source}
	if _, err := os.Stat(filepath.Join(t.Dir(), "Cargo.lock")); err == nil {
		args = append(args, "--locked")
	}
	if _, err := output(ctx, t, env, cargo, args...); err != nil {
		return err
	}
	var found []string
	err := filepath.WalkDir(filepath.Join(t.Temp, sdk.Target, "release"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "deps" {
			return filepath.SkipDir
		}
		if err == nil && filepath.Ext(p) == ".wasm" {
			found = append(found, p)
		}
		return err
	})
	if err != nil || len(found) != 1 {
		return invalid(t.Path, "the crate makes no module, or several").WithFix(`set crate-type = ["cdylib"] in one crate`)
	}
	return os.Rename(found[0], t.Out)
}

// buildRust compiles one file, and before it the crate glovebox.
func buildRust(ctx context.Context, t *Task, rustc string) error {
	crate := filepath.Join(t.Temp, "glovebox")
	if err := os.CopyFS(crate, sdk.SDK); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the Rust SDK cannot be written").Because(err)
	}
	lib := filepath.Join(t.Temp, "libglovebox.rlib")
	flags := slices.Concat(sdk.Flags, remap(t.Dir(), t.Temp), []string{"--edition=2021", "--target", sdk.Target})
	if _, err := output(ctx, t, rustEnv, rustc, append(slices.Clone(flags), "--crate-type=rlib", "--crate-name=glovebox", "-o", lib,
		filepath.Join(crate, "src", "lib.rs"))...); err != nil {
		return err
	}
	_, err := output(ctx, t, rustEnv, rustc, append(slices.Clone(flags), "-C", "lto", "--crate-type=cdylib", "--extern", "glovebox="+lib, "-o", t.Out, t.Source)...)
	return err
}
