package modbuild

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Language is one way of writing modules. To add one:
//
//   - sdk/NAME/: the SDK's source, embedded by a Go package of some lines as in
//     sdk/c/sdk.go. sdk/NAME/template/: the example that every language has,
//     functions visits and totals; sdk/NAME/scalar/: its function bands of kind
//     map_scalar, if the language can make it pure. sdk/c has them to copy the
//     meaning from. Files have their final names there, but for those that the
//     go command would not embed: a name that ends in .tmpl loses it, so go.mod
//     is go.mod.tmpl. New fills in {{name}} and so on, in every file of it.
//   - a file here with a function that returns the Language, and a line in
//     Languages.
//   - a line in compilers of examples/languages/languages_test.go. Then
//     "go test ./examples/languages -update" writes the modules and
//     digests.txt there, and from then on builds them again wherever the
//     compiler is. "go test ./sandbox -run Vectors" runs the shared vectors of
//     sdk/vectors on all modules there: the same bytes from each.
//   - a chapter in docs/sdk.md and its translation; lines in
//     scripts/toolchains, if the compiler comes from a package registry.
//
// A language without functions of several results exports a function of kind
// map_scalar in parts, which Build joins: sandbox.JoinScalar says how they are
// named. Helpers over whole columns add in the order that docs/sdk.md gives, so
// that all languages give the same bits.
type Language struct {
	// Name is what --lang takes: lower case, one word.
	Name string
	// Title is the language's name for people.
	Title string
	// Marks are project files: a folder with one of them is a project of this
	// language. Of languages with a mark in the same folder, the one that is
	// first in Languages has it.
	Marks []string
	// Ext are the extensions of sources that are a module on their own, with
	// the dot.
	Ext []string
	// Install says in one line how to get the compiler: its English is the fix
	// of the error when it is missing. Zero: there is nothing to compile.
	Install glovebox.Text
	// Tools are the programs that a build needs, each with what may stand in
	// for it. A build may find them elsewhere than in PATH, too.
	Tools [][]string
	// Build compiles t.Source to t.Out and returns how the compiler names
	// itself. It needs no network, and writes in t.Temp only. It fails with
	// missing(l, t) if a tool is not there. run runs tools.
	Build func(ctx context.Context, t *Task) (compiler string, err error)

	// SDK are the files that a new project gets a copy of, under SDKDir. nil:
	// no projects can be made.
	SDK    fs.FS
	SDKDir string
	// Template are the sources of a new project: see New.
	Template fs.FS
	// Scalar are the sources of a new project with a function of kind
	// map_scalar. nil: the language cannot make pure functions.
	Scalar fs.FS
	// Blocks are the sources of a new project with a function of kind blocks.
	Blocks fs.FS
	// Main is the file of Template that people edit.
	Main string
	// Pages, Fuel and WASI go into a new project's manifest.
	Pages int
	Fuel  int64
	WASI  bool
}

// Languages are all languages, in the order in which they are looked for: one
// whose project files are also another's comes before it.
func Languages() []*Language {
	return []*Language{
		rustLanguage(), zigLanguage(), tinygoLanguage(), goLanguage(), assemblyscriptLanguage(),
		cLanguage(), cppLanguage(), watLanguage(), binaryLanguage(),
	}
}

// Named returns the language of that name.
func Named(name string) (*Language, bool) {
	for _, l := range Languages() {
		if l.Name == name {
			return l, true
		}
	}
	return nil, false
}

// names are those of all languages.
func names() (list []string) {
	for _, l := range Languages() {
		list = append(list, l.Name)
	}
	slices.Sort(list)
	return list
}

// scaffold are the sources of a new project with functions of that kind; nil:
// there are none.
func (l *Language) scaffold(kind string) fs.FS {
	switch kind {
	case abi.KindMapScalar:
		return l.Scalar
	case abi.KindBlocks:
		return l.Blocks
	}
	return l.Template
}

// Found returns the first of the language's tools as it is in PATH, and
// whether all of them are there.
func (l *Language) Found() (tool string, all bool) {
	all = len(l.Tools) > 0
	for _, names := range l.Tools {
		name := first(names...)
		if tool == "" {
			tool = name
		}
		all = all && name != ""
	}
	return tool, all
}

// Templated are the names of the languages that New makes projects of.
func Templated() []string { return templated(abi.KindMap) }

func templated(kind string) []string {
	var names []string
	for _, l := range Languages() {
		if l.scaffold(kind) != nil {
			names = append(names, l.Name)
		}
	}
	slices.Sort(names)
	return names
}

func unknownLanguage(name string, names []string) error {
	e := invalid("", "no language is named "+name).WithFix("choose one of %s", strings.Join(names, ", "))
	e.Field = "--lang"
	return e
}

// missing is the error of a build without its compiler.
func missing(l *Language, t *Task) error {
	return invalid(t.Path, "no compiler for "+l.Title).WithFix("%s", l.Install.EN)
}

// binaryLanguage takes modules that something else compiled.
func binaryLanguage() *Language {
	l := &Language{Name: "wasm", Title: "WebAssembly (binary)", Ext: []string{".wasm"}}
	l.Build = func(_ context.Context, t *Task) (string, error) {
		t.Out = t.Source
		return "none: the binary as it is", nil
	}
	return l
}

// watLanguage is the text format.
func watLanguage() *Language {
	l := &Language{Name: "wat", Title: "WebAssembly (text)", Ext: []string{".wat"}, Tools: [][]string{{"wat2wasm"}},
		Install: glovebox.Text{EN: "install wat2wasm (Debian: apt-get install wabt)", ZH: "请安装 wat2wasm（Debian：apt-get install wabt）"}}
	l.Build = func(ctx context.Context, t *Task) (string, error) {
		if first("wat2wasm") == "" {
			return "", missing(l, t)
		}
		return run(ctx, t, nil, "wat2wasm", "-o", t.Out, t.Source)
	}
	return l
}
