package policy

import (
	"reflect"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// member reads x in list.
func (r *reader) member(x, list *ast.Term) {
	r.meet(x, r.shapeOf(x), list, r.shapeOf(list).element())
}

// compare reads a = b.
func (r *reader) compare(a, b *ast.Term) {
	x, xok := a.Value.(*ast.Array)
	y, yok := b.Value.(*ast.Array)
	if xok && yok && x.Len() == y.Len() {
		for i := range x.Len() {
			r.compare(x.Elem(i), y.Elem(i))
		}
		return
	}
	r.meet(a, r.shapeOf(a), b, r.shapeOf(b))
}

func (r *reader) meet(a *ast.Term, sa shape, b *ast.Term, sb shape) {
	r.relate(a, sb)
	r.relate(b, sa)
	r.check(sa, sb)
	r.check(sb, sa)
	if sa.elem != nil && sb.t != nil || sb.elem != nil && sa.t != nil {
		r.check(sa.element(), sb.element())
		r.check(sb.element(), sa.element())
	}
}

// parts are the functions that look for a piece of a text.
var parts = map[string]func(s, piece string) bool{"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "contains": strings.Contains}

// part reads a call that looks for a piece of a text that can be few things.
func (r *reader) part(op string, in, piece *ast.Term) {
	s := r.shapeOf(in)
	if kind, ok := s.scalar(); !ok || kind != reflect.String || s.values == nil {
		return
	}
	for _, c := range r.shapeOf(piece).consts {
		text, is := c.Value.(ast.String)
		if is && !slices.ContainsFunc(s.values, func(v string) bool { return parts[op](v, string(text)) }) {
			r.bad(at(c.Location, "%s never holds the piece of text that is looked for", s.path).WithFix("it can be %s", strings.Join(s.values, ", ")))
		}
	}
}

// relate notes that the variable that a is, if it is one, can be what s is.
func (r *reader) relate(a *ast.Term, s shape) {
	v, ok := a.Value.(ast.Var)
	if !ok || !s.known() {
		return
	}
	old := r.vars[v]
	if old.t != nil {
		s.consts = nil // they are held to it, they do not widen it
	}
	if n := old.join(s); !reflect.DeepEqual(n, old) {
		r.vars[v], r.changed = n, true
	}
}

// check holds constants to the part of the request that they are compared with.
func (r *reader) check(s, o shape) {
	kind, ok := s.scalar()
	if !ok {
		return
	}
	for _, c := range o.consts {
		if slices.ContainsFunc(s.consts, func(x *ast.Term) bool { return x.Equal(c) }) {
			continue // it can be that too
		}
		switch v := c.Value.(type) {
		case ast.String:
			switch {
			case kind != reflect.String:
				r.bad(at(c.Location, "%s is never a text", s.path).WithFix("compare it with a number or a truth value"))
			case s.values != nil && v != "" && !slices.Contains(s.values, string(v)):
				r.bad(at(c.Location, "%s is never the text it is compared with", s.path).
					WithFix("it can be %s", strings.Join(s.values, ", ")))
			}
		case ast.Number:
			if kind != reflect.Float64 {
				r.bad(at(c.Location, "%s is never a number", s.path).WithFix("compare it with what docs/policy.md says it holds"))
			}
		case ast.Boolean:
			if kind != reflect.Bool {
				r.bad(at(c.Location, "%s is never true or false", s.path).WithFix("compare it with what docs/policy.md says it holds"))
			}
		}
	}
}
