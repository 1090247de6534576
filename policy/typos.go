package policy

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"glovebox.example/glovebox"
)

// A name or a constant that is misspelt makes a rule silent, and a silent deny
// rule lets everything through. So a domain's compiled policy is read before it
// is used: every rule must be one that is asked, every field one that a request
// has, and every constant one that the field it is compared with can hold.
//
// Shapes follow assignments, loops, helper rules and the arguments of functions.
// What a call computes is of no known shape, so a typo behind lower(...) or
// concat(...) is not found.

// typos returns the first fault of the domain's modules in c, nil for none.
func typos(c *ast.Compiler, own []*ast.Module) error {
	r := newReader(c)
	rules := r.rulesOf(own)
	if err := unasked(c, rules); err != nil {
		return err
	}
	if r.read(rules); r.err != nil {
		return r.err
	}
	return nil
}

// unasked refuses rules that no decision looks at.
func unasked(c *ast.Compiler, rules []*ast.Rule) error {
	asked := map[*ast.Rule]bool{}
	var follow func(r *ast.Rule)
	follow = func(r *ast.Rule) {
		if asked[r] {
			return
		}
		asked[r] = true
		for d := range c.Graph.Dependencies(r) {
			if d, ok := d.(*ast.Rule); ok {
				follow(d)
			}
		}
	}
	for _, r := range rules {
		if r.Module.Package.Path.Equal(domainPackage()) && isAsked(r) {
			follow(r)
		}
	}
	elses := map[*ast.Rule]bool{} // an else goes with its rule
	for _, r := range rules {
		if r.Else != nil {
			elses[r.Else] = true
		}
	}
	for _, r := range rules {
		if !asked[r] && !elses[r] {
			return at(r.Location, "rule %s is never asked", r.Head.Ref().String()).
				WithFix("the rules of package glovebox.domain are deny and obligation; remove what neither of them uses")
		}
	}
	return nil
}

func isAsked(r *ast.Rule) bool {
	name := r.Head.Ref()[0].String()
	return name == "deny" || name == "obligation"
}

// reader goes through rules with what it knows of their terms. The compiler has
// made the names of variables unique.
type reader struct {
	c       *ast.Compiler
	vars    map[ast.Var]shape
	rules   map[string]shape // by full name
	args    map[string]int   // how many a function takes
	mixed   map[string]bool  // arguments that are different things at different calls
	last    bool             // the pass that finds arguments of no known shape
	changed bool
	report  bool
	err     *glovebox.Error
}

func newReader(c *ast.Compiler) *reader {
	return &reader{c: c, vars: map[ast.Var]shape{}, rules: map[string]shape{}, args: map[string]int{}, mixed: map[string]bool{}}
}

// rulesOf lists the compiled rules of modules, in the order of their places.
func (r *reader) rulesOf(modules []*ast.Module) []*ast.Rule {
	var rules []*ast.Rule
	for _, m := range modules {
		if m := r.c.Modules[m.Package.Location.File]; m != nil {
			ast.WalkRules(m, func(rule *ast.Rule) bool {
				rules = append(rules, rule)
				return false
			})
		}
	}
	slices.SortFunc(rules, func(a, b *ast.Rule) int {
		return firstOf(strings.Compare(a.Location.File, b.Location.File), a.Location.Row-b.Location.Row, a.Location.Col-b.Location.Col)
	})
	return rules
}

// read learns the shapes of all rules, then reports. It learns twice: the first
// time tells which arguments of functions are alike at all calls.
func (r *reader) read(rules []*ast.Rule) {
	for _, rule := range rules {
		r.declare(rule)
	}
	pass := func() {
		r.changed = false
		for _, rule := range rules {
			r.rule(rule)
		}
	}
	settle := func() {
		clear(r.vars)
		clear(r.rules)
		r.changed = true
		for i := 0; r.changed && i < 8; i++ { // each pass follows one more step of a chain of helpers
			pass()
		}
	}
	settle()
	r.last = true
	pass()
	r.last = false
	settle()
	r.report = true
	pass()
}

func at(loc *ast.Location, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	if loc != nil {
		e.File, e.Line, e.Col = loc.File, loc.Row, loc.Col
	}
	return e
}

func (r *reader) bad(err *glovebox.Error) {
	if r.report && (r.err == nil || strings.Compare(place(err), place(r.err)) < 0) {
		r.err = err
	}
}

func place(e *glovebox.Error) string {
	return position(&ast.Location{File: e.File, Row: e.Line, Col: e.Col})
}

// declare notes the arguments of a function: one name for each place and body.
func (r *reader) declare(rule *ast.Rule) {
	name := rule.Path().String() //nolint:staticcheck // Ref leaves out the package
	r.args[name] = max(r.args[name], len(rule.Head.Args))
}

// rule reads one rule: its body, then what it yields.
func (r *reader) rule(rule *ast.Rule) {
	name := rule.Path().String() //nolint:staticcheck // Ref leaves out the package
	for i, a := range rule.Head.Args {
		r.meet(a, r.shapeOf(a), a, r.rules[argument(name, i)])
	}
	r.body(rule.Body)
	r.obligation(rule)
	var out shape
	switch {
	case rule.Head.Key != nil && rule.Head.Value == nil: // a set
		e := r.shapeOf(rule.Head.Key)
		out = shape{elem: &e}
	case rule.Head.Key != nil:
		e, k := r.shapeOf(rule.Head.Value), r.shapeOf(rule.Head.Key)
		out = shape{elem: &e, keys: &k}
	case rule.Head.Value != nil:
		out = r.shapeOf(rule.Head.Value)
	}
	r.learn(name, out)
}

// argument is the name of a function's argument among the rules.
func argument(function string, i int) string { return function + "#" + strconv.Itoa(i) }

// give notes what one call gives to an argument.
func (r *reader) give(name string, s shape) {
	if old := r.rules[name]; r.last && !s.known() || old.known() && s.known() && old.path != s.path {
		r.mixed[name] = true
	}
	if !r.mixed[name] {
		r.learn(name, s)
	}
}

func (r *reader) learn(name string, s shape) {
	old := r.rules[name]
	if n := old.join(s); s.known() && !reflect.DeepEqual(n, old) {
		r.rules[name], r.changed = n, true
	}
}

func (r *reader) body(b ast.Body) {
	for _, e := range b {
		r.expr(e)
	}
}

func (r *reader) expr(e *ast.Expr) {
	for _, w := range e.With {
		r.compare(w.Target, w.Value)
	}
	switch t := e.Terms.(type) {
	case *ast.Term:
		r.shapeOf(t)
	case []*ast.Term:
		r.call(t)
	case *ast.Every:
		d := r.shapeOf(t.Domain)
		r.relate(t.Value, d.element())
		if t.Key != nil && d.keys != nil {
			r.relate(t.Key, *d.keys)
		}
		r.body(t.Body)
	}
}

// call reads a call: operator and arguments. What it yields, if it is known, is
// returned.
func (r *reader) call(t []*ast.Term) shape {
	for _, a := range t[1:] {
		r.shapeOf(a)
	}
	op, args := t[0].Value.String(), t[1:]
	switch {
	case (op == "eq" || op == "equal" || op == "assign" || op == "neq") && len(args) >= 2:
		r.compare(args[0], args[1])
	case op == "internal.member_2" && len(args) >= 2:
		r.member(args[0], args[1])
	case op == "internal.member_3" && len(args) >= 3:
		r.member(args[1], args[2])
	case parts[op] != nil && len(args) >= 2:
		r.part(op, args[0], args[1])
	case op == "object.get" && len(args) >= 3:
		s := r.shapeOf(args[0])
		if path, ok := args[1].Value.(*ast.Array); ok {
			path.Foreach(func(step *ast.Term) { s = r.step(s, step) })
		} else {
			s = r.step(s, args[1])
		}
		s = s.join(r.shapeOf(args[2]))
		if len(args) > 3 { // its result is the last argument
			r.relate(args[3], s)
		}
		return s
	default:
		params := r.args[op]
		for i, a := range args {
			if i < params {
				r.give(argument(op, i), r.shapeOf(a))
			}
		}
		if params > 0 {
			out := r.rules[op]
			if len(args) > params { // its result is the last argument
				r.relate(args[params], out)
			}
			return out
		}
	}
	return shape{}
}
