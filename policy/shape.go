package policy

import (
	"reflect"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// shape is what is known of a term before any request is there: which part of a
// request it is, or which constants it can be. The zero shape is of anything.
type shape struct {
	t      reflect.Type // of a part of the request; nil: not known to be one
	path   string       // that part, as messages show it
	values []string     // a text of the request, or one of a list: all that it can be; nil: any text
	consts []*ast.Term  // the constants it can be
	elem   *shape       // of what a collection that the policy makes holds
	keys   *shape       // of the keys of an object that the policy makes
}

func (s shape) known() bool { return s.t != nil || s.consts != nil || s.elem != nil }

// join is the shape of what can be either.
func (s shape) join(o shape) shape {
	if s.t == nil {
		s.t, s.path, s.values = o.t, o.path, o.values
	}
	for _, c := range o.consts {
		if !slices.ContainsFunc(s.consts, func(x *ast.Term) bool { return x == c }) && len(s.consts) < 256 {
			s.consts = append(s.consts[:len(s.consts):len(s.consts)], c)
		}
	}
	if s.elem == nil {
		s.elem, s.keys = o.elem, o.keys
	}
	return s
}

// element is the shape of what a collection holds.
func (s shape) element() shape {
	if s.elem != nil {
		return *s.elem
	}
	if t := pointed(s.t); t != nil && (t.Kind() == reflect.Map || t.Kind() == reflect.Slice) {
		e := shape{t: t.Elem(), path: s.path + "[]", values: s.values}
		if v, ok := valuesOfType[e.t]; ok {
			e.values = v
		}
		return e
	}
	return shape{}
}

// member is the shape of a field of a part of the request; ok is false if there
// is no such field.
func (s shape) member(name string) (shape, bool) {
	t := pointed(s.t)
	if t == nil || t.Kind() != reflect.Struct {
		return shape{}, t == nil
	}
	f, ok := field(t, name)
	if !ok {
		return shape{path: s.path + "." + name}, false
	}
	owner := t
	if len(f.Index) > 1 { // of an embedded struct
		owner = t.FieldByIndex(f.Index[:len(f.Index)-1]).Type
	}
	values, ok := valuesOfField[owner][name]
	if !ok {
		values = valuesOfType[f.Type]
	}
	return shape{t: f.Type, path: s.path + "." + name, values: values}, true
}

// scalar says whether the shape is one text, number or truth value of the
// request, and of which kind.
func (s shape) scalar() (reflect.Kind, bool) {
	t := pointed(s.t)
	if t == nil {
		return 0, false
	}
	switch k := t.Kind(); k {
	case reflect.String, reflect.Bool:
		return k, true
	case reflect.Int, reflect.Int64, reflect.Float64:
		return reflect.Float64, true
	}
	return 0, false
}

func pointed(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
