// Package modbuild turns an author's source into a module: it finds the
// compiler, or says what to install, compiles, and attaches the manifest.
//
// It runs compilers that the author's machine has, on the author's own source,
// on the author's side of the box. It does not judge the result: admission
// does (sandbox.Admit), here as everywhere.
package modbuild

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"glovebox"
	"glovebox/sandbox"
	sdk "glovebox/sdk/c"
)

// Source is what to build.
type Source struct {
	// Path is a .c, .wat, .rs or .wasm file, or a folder with exactly one .c or
	// .wat file, or with a Cargo.toml.
	Path string
	// Manifest is the path of the manifest; empty: NAME.manifest.json beside the
	// source, or manifest.json.
	Manifest string
}

// Result is a built module.
type Result struct {
	Wasm     []byte
	Compiler string // what compiled it, as it names itself
	Name     string // base name for the output file
}

// Build compiles a source and attaches its manifest. It fails with CodeInvalid
// (no source, no manifest, no compiler: with what to install) and CodeModule
// (the compiler's own words).
func Build(ctx context.Context, s Source) (*Result, error) {
	path, err := findSource(s.Path)
	if err != nil {
		return nil, err
	}
	manifest, err := findManifest(s.Manifest, path)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "glovebox-build-")
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no temporary folder").Because(err)
	}
	defer os.RemoveAll(dir)
	r := &Result{Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))}
	out := filepath.Join(dir, "out.wasm")
	switch filepath.Ext(path) {
	case ".c":
		r.Compiler, err = buildC(ctx, path, dir, out)
	case ".wat":
		r.Compiler, err = buildWAT(ctx, path, out)
	case ".rs":
		r.Compiler, err = buildRust(ctx, path, out)
	case ".toml":
		r.Name = filepath.Base(filepath.Dir(path))
		r.Compiler, err = buildCargo(ctx, filepath.Dir(path), dir, out)
	case ".wasm":
		r.Compiler, out = "none: the binary as it is", path
	}
	if err != nil {
		return nil, err
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeModule, "the compiler wrote no module").Because(err)
	}
	if r.Wasm, err = sandbox.SetManifest(wasm, manifest); err != nil {
		return nil, err
	}
	return r, nil
}

func invalid(path, msg string) *glovebox.Error {
	return &glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: msg}
}

func findSource(path string) (string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return "", invalid(path, "no such source").WithFix("name a .c, .wat, .rs or .wasm file, or the folder it is in")
	}
	if !st.IsDir() {
		if !slices.Contains([]string{".c", ".wat", ".rs", ".wasm", ".toml"}, filepath.Ext(path)) {
			return "", invalid(path, "not a source of a module").WithFix("name a .c, .wat, .rs or .wasm file, or a folder")
		}
		return path, nil
	}
	if _, err := os.Stat(filepath.Join(path, "Cargo.toml")); err == nil {
		return filepath.Join(path, "Cargo.toml"), nil
	}
	var found []string
	for _, ext := range []string{"*.c", "*.wat", "*.rs"} {
		m, _ := filepath.Glob(filepath.Join(path, ext)) // the pattern is well formed
		found = append(found, m...)
	}
	if len(found) != 1 {
		return "", invalid(path, "the folder has no source, or several").WithFix("name the file")
	}
	return found[0], nil
}

func findManifest(named, source string) ([]byte, error) {
	base := strings.TrimSuffix(source, filepath.Ext(source))
	places := []string{base + ".manifest.json", filepath.Join(filepath.Dir(source), "manifest.json")}
	if named != "" {
		places = []string{named}
	}
	for _, p := range places {
		b, err := os.ReadFile(p)
		if err == nil {
			return b, nil
		}
		if !os.IsNotExist(err) {
			return nil, invalid(p, "the manifest cannot be read").WithFix("check the path and its owner")
		}
	}
	return nil, invalid(places[0], "no manifest").WithFix("write one (docs/formats/module-manifest.md) or name it with --manifest")
}

// buildC compiles freestanding C. The flags are those that the examples'
// committed modules were built with. It links by a command of its own: where
// binaryen is installed, clang would let it change what it links, and
// clang 19 links nothing at all with --no-wasm-opt.
func buildC(ctx context.Context, path, dir, out string) (string, error) {
	cc, ld := first("clang-19", "clang"), first("wasm-ld-19", "wasm-ld")
	if cc == "" || ld == "" {
		return "", invalid(path, "no clang that makes WebAssembly").WithFix("install it (Debian: apt-get install clang-19 lld-19)")
	}
	if err := os.WriteFile(filepath.Join(dir, "glovebox.h"), sdk.Header, 0o600); err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "the C header cannot be written").Because(err)
	}
	object := filepath.Join(dir, "out.o")
	v, err := run(ctx, path, cc, append(slices.Clone(sdk.Flags), "-I", dir, "-c", "-o", object, path)...)
	if err != nil {
		return v, err
	}
	_, err = run(ctx, path, ld, append(slices.Clone(sdk.LinkFlags), "-o", out, object)...)
	return v, err
}

func buildWAT(ctx context.Context, path, out string) (string, error) {
	if first("wat2wasm") == "" {
		return "", invalid(path, "no wat2wasm").WithFix("install it (Debian: apt-get install wabt)")
	}
	return run(ctx, path, "wat2wasm", "-o", out, path)
}

func buildRust(ctx context.Context, path, out string) (string, error) {
	if first("rustc") == "" {
		return "", noRust(path)
	}
	v, err := run(ctx, path, "rustc", "--target", "wasm32-unknown-unknown", "--crate-type", "cdylib", "-C", "opt-level=3", "-C", "panic=abort",
		"-C", "link-arg=-zstack-size=16384", "-C", "strip=symbols", "-o", out, path)
	return v, rustTarget(path, err)
}

func buildCargo(ctx context.Context, src, dir, out string) (string, error) {
	if first("cargo") == "" {
		return "", noRust(src)
	}
	v, err := run(ctx, src, "cargo", "build", "--release", "--target", "wasm32-unknown-unknown", "--manifest-path", filepath.Join(src, "Cargo.toml"), "--target-dir", dir)
	if err != nil {
		return v, rustTarget(src, err)
	}
	var found []string
	err = filepath.WalkDir(filepath.Join(dir, "wasm32-unknown-unknown", "release"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "deps" {
			return filepath.SkipDir
		}
		if err == nil && filepath.Ext(p) == ".wasm" {
			found = append(found, p)
		}
		return err
	})
	if err != nil || len(found) != 1 {
		return v, invalid(src, "the crate makes no module, or several").WithFix(`set crate-type = ["cdylib"] in one crate`)
	}
	return v, os.Rename(found[0], out)
}

func noRust(path string) error {
	return invalid(path, "no Rust compiler").WithFix("install Rust with its target wasm32-unknown-unknown")
}

// rustTarget explains the one failure that every newcomer meets.
func rustTarget(path string, err error) error {
	if err != nil && (strings.Contains(err.Error(), "can't find crate for `core`") || strings.Contains(err.Error(), "can't find crate for `std`")) {
		return invalid(path, "this Rust has no target wasm32-unknown-unknown").WithFix("install it (rustup target add wasm32-unknown-unknown)")
	}
	return err
}

func first(names ...string) string {
	for _, n := range names {
		if _, err := exec.LookPath(n); err == nil {
			return n
		}
	}
	return ""
}

// maxWords bounds what is repeated of a compiler's output.
const maxWords = 8 << 10

// run runs a compiler and returns how it names itself.
func run(ctx context.Context, path, name string, args ...string) (string, error) {
	version, _ := exec.CommandContext(ctx, name, "--version").Output() // only a label
	label := name + " " + strings.TrimSpace(strings.SplitN(string(version), "\n", 2)[0])
	cmd := exec.CommandContext(ctx, name, args...)
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &words, &words
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(words.String())
		if len(text) > maxWords {
			text = text[:maxWords] + " ..."
		}
		return label, (&glovebox.Error{Code: glovebox.CodeModule, File: path, Msg: "the compiler refuses the source:\n" + text})
	}
	return label, nil
}
