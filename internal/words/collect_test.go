package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// texts are what the project's errors can say, in English: each format, with
// %s where a part is not known before the program runs, and where it stands.
type texts map[string]place

// place is where a text stands, and whether it may also be a name.
type place struct {
	at   string
	name bool
}

// collect follows strings through the sources of each package, without types:
// from the places where an error takes its message or its fix, back through
// variables, fields, results and parameters of functions to constants. What it
// cannot follow stands as %s.
func collect(t *testing.T, root string) texts {
	t.Helper()
	byDir := map[string][]*ast.File{}
	set := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == "testdata" || name == "proof" || name == "build" || name == "examples" || name == "bench" || name == "gen" || strings.HasPrefix(name, ".") && len(name) > 2):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "plant_"):
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err == nil {
			byDir[filepath.Dir(path)] = append(byDir[filepath.Dir(path)], f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := texts{}
	for _, dir := range slices.Sorted(func(yield func(string) bool) {
		for d := range byDir {
			if !yield(d) {
				return
			}
		}
	}) {
		c := &collector{dir: strings.TrimPrefix(dir, root+"/"), set: set, files: byDir[dir], out: out, funcs: map[string][]*ast.FuncDecl{}, globals: map[string][]ast.Expr{}, fields: map[string][]ast.Expr{}, sinks: map[sink]bool{}, within: map[string]bool{}}
		c.run()
	}
	return out
}

// sink is a parameter whose text ends up in an error.
type sink struct {
	fn    string
	param int
}

type collector struct {
	dir     string
	set     *token.FileSet
	files   []*ast.File
	out     texts
	funcs   map[string][]*ast.FuncDecl
	globals map[string][]ast.Expr
	fields  map[string][]ast.Expr
	sinks   map[sink]bool
	grew    bool
	deep    int
	flat    bool            // of a part of a text: what is put together is no phrase
	within  map[string]bool // what is being resolved: a variable that grows in a loop
}

// fixed are the sinks that every package shares.
var fixed = map[string][]int{"Errorf": {1}, "Invalid": {1}, "WithFix": {0}, "Add": {1, 2}, "AddKey": {1, 2}}

// findings are the packages whose checks say what is wrong with a log or a bundle,
// and the calls that say it: their reports are printed as errors are.
var findings = map[string]map[string]int{
	"audit/verify":    {"add": 1, "bad": 1, "New": 0, "Errorf": 0},
	"audit/canonical": {"New": 0, "Errorf": 0},
	"exporter/bundle": {"fail": 1, "New": 0, "Errorf": 0},
}

// finding takes what a call in such a package says.
func (c *collector) finding(n *ast.CallExpr, name, on string, fn *ast.FuncDecl) {
	i, says := findings[c.dir][name]
	if !says || name == "New" && on != "errors" || name == "Errorf" && on != "fmt" {
		return
	}
	c.take(n, i, fn)
}

func (c *collector) run() {
	for _, f := range c.files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				c.funcs[n.Name.Name] = append(c.funcs[n.Name.Name], n)
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) {
						c.globals[name.Name] = append(c.globals[name.Name], n.Values[i])
					}
				}
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok {
					c.fields[k.Name] = append(c.fields[k.Name], n.Value)
				}
			case *ast.AssignStmt:
				for i, l := range n.Lhs {
					if s, ok := l.(*ast.SelectorExpr); ok && i < len(n.Rhs) {
						c.fields[s.Sel.Name] = append(c.fields[s.Sel.Name], n.Rhs[i])
					}
				}
			}
			return true
		})
	}
	for c.grew = true; c.grew; {
		c.grew = false
		for _, f := range c.files {
			for _, d := range f.Decls {
				fn, _ := d.(*ast.FuncDecl)
				ast.Inspect(d, func(n ast.Node) bool { c.look(n, fn); return true })
			}
		}
	}
}

func (c *collector) look(n ast.Node, fn *ast.FuncDecl) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name, on := callee(n)
		c.finding(n, name, on, fn)
		for _, i := range fixed[name] {
			if (name == "Errorf" && on != "glovebox" && on != "") || (strings.HasPrefix(name, "Add") && len(n.Args) < 3) {
				continue
			}
			c.take(n, i, fn)
		}
		for s := range c.sinks {
			if s.fn == name && fixed[name] == nil {
				c.take(n, s.param, fn)
			}
		}
	case *ast.CompositeLit:
		name := ""
		switch t := n.Type.(type) {
		case *ast.Ident:
			name = t.Name
		case *ast.SelectorExpr:
			name = t.Sel.Name
		}
		if name == "malformed" { // what readers of a module panic with
			for _, e := range n.Elts {
				c.keep(e, fn)
			}
		}
		if name != "Error" && name != "Refusal" && name != "Refused" {
			return
		}
		for _, e := range n.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if k, _ := kv.Key.(*ast.Ident); ok && k != nil && (k.Name == "Msg" || k.Name == "Fix") {
				c.keep(kv.Value, fn)
			}
		}
	}
}

func (c *collector) take(n *ast.CallExpr, i int, fn *ast.FuncDecl) {
	if i >= len(n.Args) || n.Ellipsis.IsValid() && i == len(n.Args)-1 {
		return
	}
	c.keep(n.Args[i], fn)
	for _, part := range n.Args[i+1:] {
		c.phrases(part, fn)
	}
}

// phrases keeps what a part of a text can be, if that is a text itself: a
// single word is a name or a term of the formats, which stays as it is.
func (c *collector) phrases(e ast.Expr, fn *ast.FuncDecl) {
	c.flat = true
	defer func() { c.flat = false }()
	for _, s := range c.resolve(e, fn) {
		if letter(rune((s + "?")[0])) && strings.Contains(strings.TrimSpace(strings.ReplaceAll(s, "%s", "")), " ") {
			c.store(s, e)
		}
	}
}

func (c *collector) keep(e ast.Expr, fn *ast.FuncDecl) {
	for _, s := range c.resolve(e, fn) {
		if plain := strings.NewReplacer("%s", "", "%d", "", "%v", "", "%q", "").Replace(s); strings.ContainsFunc(plain, letter) {
			c.store(s, e)
		}
	}
}

// store notes a text. A single word may be a name, which stays as it is; what
// is written for DuckDB is read by nobody.
func (c *collector) store(s string, e ast.Expr) {
	if _, ok := c.out[s]; !ok && !sql.MatchString(s) {
		c.out[s] = place{c.set.Position(e.Pos()).String(), !strings.Contains(strings.TrimSpace(verb().ReplaceAllString(s, "")), " ")}
	}
}

var sql = regexp.MustCompile(`\b(SELECT|FROM [(%]|T?R?Y?_?CAST|BETWEEN|ELSE|NOT|DATE|WHEN)(\b| )`)

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

func callee(n *ast.CallExpr) (name, on string) {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name, ""
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return f.Sel.Name, x.Name
		}
		return f.Sel.Name, "?"
	}
	return "", ""
}

// resolve lists the texts that e can be.
func (c *collector) resolve(e ast.Expr, fn *ast.FuncDecl) []string {
	if c.deep > 12 {
		return []string{"%s"}
	}
	c.deep++
	defer func() { c.deep-- }()
	switch e := e.(type) {
	case *ast.ParenExpr:
		return c.resolve(e.X, fn)
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{s}
		}
	case *ast.BinaryExpr:
		if c.flat {
			break
		}
		var out []string
		for _, a := range c.resolve(e.X, fn) {
			for _, b := range c.resolve(e.Y, fn) {
				out = append(out, a+b)
			}
		}
		return out
	case *ast.CallExpr:
		name, on := callee(e)
		if on == "fmt" && name == "Sprintf" {
			return c.resolve(e.Args[0], fn)
		}
		if on == "fmt" || on == "strings" || on == "strconv" {
			break
		}
		var out []string
		for _, d := range c.funcs[name] {
			out = append(out, c.results(d, 0)...)
		}
		return orUnknown(out)
	case *ast.Ident:
		return c.ident(e.Name, fn)
	case *ast.SelectorExpr:
		if !c.enter("." + e.Sel.Name) {
			break
		}
		defer c.leave("." + e.Sel.Name)
		var out []string
		for _, v := range c.fields[e.Sel.Name] {
			if _, again := v.(*ast.SelectorExpr); !again {
				out = append(out, c.resolve(v, nil)...)
			}
		}
		return orUnknown(out)
	case *ast.IndexExpr:
		switch x := e.X.(type) {
		case *ast.CallExpr:
			return orUnknown(c.elements(x, fn))
		case *ast.SelectorExpr:
			if x.Sel.Name == "fixes" {
				return orUnknown(c.elements(x, fn))
			}
		}
	}
	return []string{"%s"}
}

// elements lists the texts in the map or list e.
func (c *collector) elements(e ast.Expr, fn *ast.FuncDecl) (out []string) {
	if c.deep > 12 {
		return nil
	}
	c.deep++
	defer func() { c.deep-- }()
	switch e := e.(type) {
	case *ast.CompositeLit:
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				x = kv.Value
			}
			out = append(out, c.resolve(x, fn)...)
		}
	case *ast.CallExpr:
		name, _ := callee(e)
		for _, d := range c.funcs[name] {
			ast.Inspect(d, func(n ast.Node) bool {
				if l, ok := n.(*ast.CompositeLit); ok {
					if _, ok := l.Type.(*ast.MapType); ok {
						out = append(out, c.elements(l, d)...)
					}
				}
				return true
			})
		}
	case *ast.SelectorExpr:
		for _, v := range c.fields[e.Sel.Name] {
			if _, again := v.(*ast.SelectorExpr); !again {
				out = append(out, c.elements(v, nil)...)
			}
		}
	case *ast.Ident:
		for _, v := range c.globals[e.Name] {
			out = append(out, c.elements(v, nil)...)
		}
	}
	return out
}

func orUnknown(out []string) []string {
	if len(out) == 0 {
		return []string{"%s"}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// results lists what function d can return as its i-th result.
func (c *collector) results(d *ast.FuncDecl, i int) []string {
	var out []string
	if d.Body == nil {
		return nil
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner {
			return false
		}
		if r, ok := n.(*ast.ReturnStmt); ok && i < len(r.Results) {
			out = append(out, c.resolve(r.Results[i], d)...)
		}
		return true
	})
	return out
}

// enter says whether what is not being resolved already.
func (c *collector) enter(what string) bool {
	if c.within[what] {
		return false
	}
	c.within[what] = true
	return true
}

func (c *collector) leave(what string) { delete(c.within, what) }

func (c *collector) ident(name string, fn *ast.FuncDecl) []string {
	key := name
	if fn != nil {
		key = fn.Name.Name + "." + name
	}
	if !c.enter(key) {
		return []string{"%s"}
	}
	defer c.leave(key)
	if fn != nil {
		i := 0
		for _, f := range fn.Type.Params.List {
			for _, p := range f.Names {
				if p.Name == name {
					if s := (sink{fn.Name.Name, i}); !c.sinks[s] {
						c.sinks[s], c.grew = true, true
					}
					return nil
				}
				i++
			}
		}
		if out := c.locals(name, fn); len(out) > 0 {
			return out
		}
	}
	var out []string
	for _, v := range c.globals[name] {
		out = append(out, c.resolve(v, nil)...)
	}
	return orUnknown(out)
}

// locals lists what is assigned to the variable name in fn.
func (c *collector) locals(name string, fn *ast.FuncDecl) []string {
	var out []string
	ast.Inspect(fn, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, l := range a.Lhs {
			id, ok := l.(*ast.Ident)
			if !ok || id.Name != name {
				continue
			}
			switch call, multi := a.Rhs[0].(*ast.CallExpr); {
			case len(a.Lhs) == len(a.Rhs):
				out = append(out, c.resolve(a.Rhs[i], fn)...)
			case multi:
				f, _ := callee(call)
				for _, d := range c.funcs[f] {
					out = append(out, c.results(d, i)...)
				}
			}
		}
		return true
	})
	slices.Sort(out)
	return slices.Compact(out)
}
