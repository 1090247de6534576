package modbuild

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sdk"
)

// Project is a new project.
type Project struct {
	Name     string // of the module, and of the folder unless Dir is set
	Language string
	Kind     string // one of Kinds; empty: the first
	Dir      string // must not exist, or be empty; empty: Name
}

// Kinds are the kinds of functions that a project can start with.
func Kinds() []string { return []string{abi.KindMap, abi.KindMapScalar, abi.KindBlocks} }

// called says in a README what a module of a kind sees and leaves, in English
// and Chinese.
var called = map[string][2]string{
	abi.KindMap:       {"it is called for one person at a time, sees that person's rows only, and leaves a few records; Glovebox adds them up and makes the result private", "每次只为一个人调用，只看到这个人的数据行，留下若干条记录；Glovebox 汇总这些记录并对结果做隐私保护"},
	abi.KindMapScalar: {"it is called for one row of one person at a time, sees that row only, and leaves a record or none; Glovebox adds them up and makes the result private", "每次只为一个人的一行调用，只看到这一行，留下一条记录或不留；Glovebox 汇总这些记录并对结果做隐私保护"},
	abi.KindBlocks:    {"it is called for one block of people at a time, sees their rows only, and leaves one record; Glovebox combines those of all blocks into a private result", "每次只为一个分块的人调用，只看到他们的数据行，留下一条记录；Glovebox 把各分块的记录合并为受隐私保护的结果"},
}

// Made is what New wrote.
type Made struct {
	Dir   string   `json:"dir"`
	Files []string `json:"files"` // relative to Dir, sorted
}

var moduleName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`) })

// New writes a project that builds offline: the example that every language
// has, its manifest, a job, a README in English and Chinese, and a copy of the
// SDK. It never writes over a file. It fails with CodeInvalid.
//
// The files are those of sdk/template, then the language's own, which may
// replace them. In each, {{name}} is the module's name, {{main}} the file to
// edit, {{title}}, {{lang}}, {{install}} and {{install_zh}} the language's,
// {{pages}}, {{fuel}} and {{wasi}} what it asks for in a manifest, {{records}}
// the options that name the records of data/, {{called}} and {{called_zh}} what
// a module of its kind sees.
func New(p Project) (*Made, error) {
	l, ok := Named(p.Language)
	if !ok {
		return nil, unknownLanguage(p.Language, Templated())
	}
	if !moduleName().MatchString(p.Name) {
		e := invalid("", "a module's name is lower case letters, digits, - and _, from a letter on, at most 63")
		e.Field = "NAME"
		return nil, e.WithFix("choose another name")
	}
	kind := p.Kind
	if !slices.Contains(Kinds(), kind) {
		kind = abi.KindMap
	}
	source := l.scaffold(kind)
	if source == nil {
		e := invalid("", fmt.Sprintf("there is no scaffold in %s for functions of kind %s", l.Title, kind))
		e.Field = "--lang"
		return nil, e.WithFix("choose one of %s", strings.Join(templated(kind), ", "))
	}
	same := sub(sdk.Template, "template/"+kind)
	records, err := fs.Glob(same, "data/*.yaml")
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the scaffold cannot be read").Because(err)
	}
	options := ""
	for _, r := range records {
		options += " --record " + r
	}
	fill := strings.NewReplacer("{{called}}", called[kind][0], "{{called_zh}}", called[kind][1], "{{records}}", options, "{{name}}", p.Name, "{{main}}", l.Main, "{{title}}", l.Title, "{{lang}}", l.Name, "{{install}}", l.Install.EN, "{{install_zh}}", l.Install.ZH,
		"{{pages}}", strconv.Itoa(l.Pages), "{{fuel}}", strconv.FormatInt(l.Fuel, 10), "{{wasi}}", strconv.FormatBool(l.WASI))
	files := map[string][]byte{}
	for _, from := range []struct {
		files fs.FS
		dir   string
		fill  *strings.Replacer
	}{
		{sub(sdk.Template, "template/all"), "", fill},
		{same, "", fill},
		{l.SDK, l.SDKDir, strings.NewReplacer()},
		{source, "", fill},
	} {
		if err := collect(files, from.files, from.dir, from.fill); err != nil {
			return nil, err
		}
	}
	dir := p.Dir
	if dir == "" {
		dir = p.Name
	}
	return write(dir, files)
}

// collect reads the files of a tree. A name that ends in .tmpl loses it.
func collect(files map[string][]byte, tree fs.FS, dir string, fill *strings.Replacer) error {
	err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(tree, p)
		if err != nil {
			return err
		}
		files[path.Join(dir, strings.TrimSuffix(p, ".tmpl"))] = []byte(fill.Replace(string(b)))
		return nil
	})
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the scaffold cannot be read").Because(err)
	}
	return nil
}

func write(dir string, files map[string][]byte) (*Made, error) {
	if old, err := os.ReadDir(dir); err == nil && len(old) > 0 {
		return nil, invalid(dir, "the folder is there already, with files in it").WithFix("choose another name, or --dir")
	}
	m := &Made{Dir: dir}
	for name := range files {
		m.Files = append(m.Files, name)
	}
	slices.Sort(m.Files)
	for _, name := range m.Files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := writeNew(at, files[name]); err != nil {
			return nil, invalid(at, "the file cannot be written").WithFix("check the folder and its owner").Because(err)
		}
	}
	return m, nil
}

func writeNew(at string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil { //nolint:gosec // a project is shared as its author likes
		return err
	}
	f, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // the same
	if err != nil {
		return err
	}
	if _, err = bytes.NewReader(b).WriteTo(f); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// sub is a folder of a tree that is part of the program.
func sub(tree fs.FS, dir string) fs.FS {
	s, err := fs.Sub(tree, dir)
	if err != nil {
		panic(err) // a name that fs.ValidPath refuses
	}
	return s
}
