package policy

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"glovebox.example/glovebox"
)

// What a domain's obligation says in so many words is held to what can be carried
// out before any request is there, and so is where it is asked: a mask is taken at
// the point columns, approvals at release and export. What a rule computes is held
// to the same by the library, when it is computed.

// Kinds of obligations of a domain's rules.
const (
	obligeMask      = "mask"
	obligeApprovals = "approvals"
)

// obligation reads what a rule of the set obligation yields.
func (r *reader) obligation(rule *ast.Rule) {
	if !r.report || !obliges(rule) {
		return
	}
	o, kind := literal(rule.Head.Key)
	if o == nil {
		return
	}
	var needs []string
	switch {
	case o["kind"] == nil:
		r.bad(at(rule.Head.Key.Location, "the obligation lacks a kind").WithFix("it is mask or approvals"))
		return
	case kind == "": // computed
		return
	case kind == obligeMask:
		needs = []string{"dataset", "column", "mask"}
		r.mask(o["mask"])
	case kind == obligeApprovals:
		needs = []string{"roles"}
		r.roles(o["roles"])
	default:
		r.bad(at(o["kind"].Location, "there is no obligation of kind %q", kind).WithFix("it is mask or approvals"))
		return
	}
	for _, n := range needs {
		if o[n] == nil {
			r.bad(at(rule.Head.Key.Location, "the obligation lacks %q", n).WithFix("a mask needs dataset, column and mask; approvals need roles"))
		}
	}
	taken := map[string][]string{obligeMask: texts(glovebox.PointColumns), obligeApprovals: texts(glovebox.PointRelease, glovebox.PointExport)}[kind]
	asked, any := points(rule.Body)
	if !any && !slices.ContainsFunc(asked, func(p string) bool { return slices.Contains(taken, p) }) {
		r.bad(at(rule.Location, "an obligation of kind %s is taken at the points %s alone, and this rule is for others", kind, strings.Join(taken, ", ")).
			WithFix("write one of them, or leave input.point out"))
	}
}

// mask reads the mask of an obligation.
func (r *reader) mask(t *ast.Term) {
	m, kind := literal(t)
	if m == nil {
		return
	}
	kinds := []string{"token", "fpe", "redact", "generalise", "clip", "constant", "suppress"} // none demands nothing
	switch {
	case m["kind"] == nil:
		r.bad(at(t.Location, "the mask lacks a kind").WithFix("it is one of %s", strings.Join(kinds, ", ")))
	case kind != "" && !slices.Contains(kinds, kind):
		r.bad(at(m["kind"].Location, "no obligation can demand the mask %q", kind).WithFix("it is one of %s", strings.Join(kinds, ", ")))
	}
	for name, v := range m {
		if !slices.Contains([]string{"kind", "keep_first", "keep_last", "step", "to", "groups", "other", "form", "check", "low", "high", "value", "hash"}, name) {
			r.bad(at(v.Location, "a mask has no parameter %q", name).WithFix("the parameters are keep_first, keep_last, step, to, groups, other, form, check, low, high, value and hash"))
		}
	}
	if to, written := m["to"]; written {
		if s, is := to.Value.(ast.String); is && !slices.Contains([]string{"year", "quarter", "month"}, string(s)) {
			r.bad(at(to.Location, "a mask cannot generalise to %q", string(s)).WithFix("it is year, quarter or month"))
		}
	}
}

// roles reads the roles of an obligation.
func (r *reader) roles(t *ast.Term) {
	if t == nil {
		return
	}
	var list []*ast.Term
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(func(x *ast.Term) { list = append(list, x) })
	case ast.Set:
		v.Foreach(func(x *ast.Term) { list = append(list, x) })
	default:
		return
	}
	reviewers := texts(glovebox.RoleProvider, glovebox.RoleAuthority, glovebox.RoleOperator, glovebox.RoleAuditor)
	if len(list) == 0 {
		r.bad(at(t.Location, "the obligation names no role").WithFix("they are %s", strings.Join(reviewers, ", ")))
	}
	for _, x := range list {
		if s, is := x.Value.(ast.String); is && !slices.Contains(reviewers, string(s)) {
			r.bad(at(x.Location, "the role %q approves nothing", string(s)).WithFix("they are %s", strings.Join(reviewers, ", ")))
		}
	}
}

// obliges says whether a rule adds to the domain's set obligation.
func obliges(rule *ast.Rule) bool {
	return rule.Module != nil && rule.Module.Package.Path.Equal(domainPackage()) && rule.Head.Ref()[0].String() == "obligation" && rule.Head.Key != nil
}

// literal is an object as it is written out, and its kind where that is a text; nil
// where something else stands there.
func literal(t *ast.Term) (fields map[string]*ast.Term, kind string) {
	if t == nil {
		return nil, ""
	}
	o, ok := t.Value.(ast.Object)
	if !ok {
		return nil, ""
	}
	fields = map[string]*ast.Term{}
	o.Foreach(func(k, v *ast.Term) {
		if name, is := k.Value.(ast.String); is {
			fields[string(name)] = v
		}
	})
	if k := fields["kind"]; k != nil {
		s, _ := k.Value.(ast.String)
		kind = string(s)
	}
	return fields, kind
}

// points are those that a body asks for by comparing input.point with texts; any is
// true where it does not. What stands in a helper is not followed.
func points(body ast.Body) (asked []string, any bool) {
	any = true
	point := ast.MustParseRef("input.point")
	named := map[string]bool{} // variables that stand for it
	isPoint := func(t *ast.Term) bool { return t.Value.Compare(point) == 0 || named[t.Value.String()] }
	for _, e := range body {
		t, is := e.Terms.([]*ast.Term)
		if !is || e.Negated || len(t) != 3 {
			continue
		}
		op := t[0].Value.String()
		same := op == "eq" || op == "equal" || op == "assign"
		var list []string
		switch {
		case same && isPoint(t[1]):
			list = writtenTexts(t[2])
		case same && isPoint(t[2]):
			if v, is := t[1].Value.(ast.Var); is {
				named[v.String()] = true
			}
			list = writtenTexts(t[1])
		case op == "internal.member_2" && isPoint(t[1]):
			list = writtenTexts(t[2])
		}
		switch {
		case list == nil:
		case any:
			asked, any = list, false
		default: // it is all of them at once
			asked = slices.DeleteFunc(asked, func(p string) bool { return !slices.Contains(list, p) })
		}
	}
	return asked, any
}

// writtenTexts are the texts that a term is, or that a list or set of it holds; nil
// where any of them is not written out.
func writtenTexts(t *ast.Term) (out []string) {
	all := true
	add := func(x *ast.Term) {
		s, is := x.Value.(ast.String)
		out, all = append(out, string(s)), all && is
	}
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(add)
	case ast.Set:
		v.Foreach(add)
	default:
		add(t)
	}
	if !all {
		return nil
	}
	return out
}

// demand is a rule of the domain's set obligation, as far as it is written out.
type demand struct {
	place           string // FILE:LINE:COLUMN
	dataset, column *string
	written         bool // all of it
}

// demandsOf are those of a domain's modules, as they are parsed.
func demandsOf(own []*ast.Module) (out []demand) {
	for _, m := range own {
		for _, rule := range m.Rules {
			if !obliges(rule) {
				continue
			}
			d := demand{place: position(rule.Location), written: rule.Head.Key.IsGround()}
			if o, _ := literal(rule.Head.Key); o != nil {
				text := func(name string) *string {
					if t := o[name]; t != nil {
						if s, is := t.Value.(ast.String); is {
							return (*string)(&s)
						}
					}
					return nil
				}
				d.dataset, d.column = text("dataset"), text("column")
			}
			out = append(out, d)
		}
	}
	return out
}

// maxPlaces bounds the places that one reason names.
const maxPlaces = 4

// Demanding names the places of the domain's rules that can have demanded a mask
// for a column, as FILE:LINE:COLUMN, the first few of them.
func (e *Engine) Demanding(dataset, column string) string {
	return e.places(func(d *demand) bool {
		return (d.dataset == nil || *d.dataset == dataset) && (d.column == nil || *d.column == column)
	})
}

// places lists the rules of the domain's set obligation that are meant; all, if
// none is.
func (e *Engine) places(meant func(*demand) bool) string {
	var all, out []string
	for i := range e.demands {
		all = append(all, e.demands[i].place)
		if meant(&e.demands[i]) {
			out = append(out, e.demands[i].place)
		}
	}
	if len(out) == 0 {
		out = all
	}
	if len(out) > maxPlaces {
		out = append(out[:maxPlaces], "...")
	}
	return strings.Join(out, ", ")
}
