// Package modbuild turns an author's source into a module: it finds the
// language and the compiler, or says what to install, compiles, and attaches
// the manifest. It also makes new projects (New).
//
// It promises that a build needs no network, and that the same compiler makes
// the same bytes of the same source in every folder. It runs compilers that
// the author's machine has, on the author's own source, on the author's side
// of the box, with the author's rights: a project's build scripts can do what
// the author can. It does not judge the result: admission does
// (sandbox.Admit), here as everywhere.
//
// A language is one file here, one folder under sdk/ and one line in
// Languages; Language says what each of them holds.
package modbuild

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Source is what to build.
type Source struct {
	// Path is a source file, a project file such as Cargo.toml, or the folder
	// of one of them.
	Path string
	// Manifest is the path of the manifest; empty: NAME.manifest.json beside the
	// source, or manifest.json.
	Manifest string
	// Language is the name of a language; empty: found from the files.
	Language string
}

// Result is a built module.
type Result struct {
	Wasm     []byte
	Language string // its name in Languages
	Compiler string // what compiled it, as it names itself
	Name     string // base name for the output file
}

// Build compiles a source and attaches its manifest. It fails with CodeInvalid
// (no source, no manifest, no compiler: with what to install) and CodeModule
// (the compiler's own words).
func Build(ctx context.Context, s Source) (*Result, error) {
	t, lang, err := find(s)
	if err != nil {
		return nil, err
	}
	manifest, err := findManifest(s.Manifest, t)
	if err != nil {
		return nil, err
	}
	// A manifest with mistakes is refused with the finished module, so that
	// the compiler's words come first.
	if m, err := abi.DecodeManifest(manifest); err == nil {
		t.Manifest = m
	}
	if t.Temp, err = os.MkdirTemp("", "glovebox-build-"); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no temporary folder").Because(err)
	}
	defer os.RemoveAll(t.Temp)
	t.Out = filepath.Join(t.Temp, "out.wasm")
	r := &Result{Language: lang.Name, Name: t.name()}
	if r.Compiler, err = lang.Build(ctx, t); err != nil {
		return nil, err
	}
	wasm, err := os.ReadFile(t.Out)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeModule, "the compiler wrote no module").Because(err)
	}
	if t.Scalar() {
		if wasm, err = sandbox.JoinScalar(wasm, t.Manifest); err != nil {
			return nil, err
		}
	}
	if r.Wasm, err = sandbox.SetManifest(wasm, manifest); err != nil {
		return nil, err
	}
	return r, nil
}

// Task is one build, as a language gets it. All paths are absolute.
type Task struct {
	Path     string // as the author named it, for messages
	Source   string // the source or project file
	Folder   bool   // the author named the folder of Source
	Project  bool   // Source is a project file: one of the language's Marks
	Temp     string // an empty folder, removed afterwards
	Out      string // where the module goes; in Temp
	Manifest *abi.Manifest
}

// Dir is the folder of the source.
func (t *Task) Dir() string { return filepath.Dir(t.Source) }

// Scalar says whether the module has functions of kind map_scalar.
func (t *Task) Scalar() bool {
	if t.Manifest != nil {
		for i := range t.Manifest.Functions {
			if t.Manifest.Functions[i].Scalar() {
				return true
			}
		}
	}
	return false
}

// name is the base name of what is built: of a folder or project, the
// module's name; of a single file, the file's.
func (t *Task) name() string {
	switch {
	case !t.Folder && !t.Project:
		base := filepath.Base(t.Source)
		return strings.TrimSuffix(base, filepath.Ext(base))
	case t.Manifest != nil:
		return t.Manifest.Name
	}
	return filepath.Base(t.Dir())
}

func invalid(path, msg string) *glovebox.Error {
	return &glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: msg}
}
