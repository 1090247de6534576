package policy

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// valueOf turns an input into the value that rules see, which is that of its
// JSON (a test compares them). Going by way of the text costs a third of a
// decision.
func valueOf(v reflect.Value) ast.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ast.NullValue
		}
		return valueOf(v.Elem())
	case reflect.Struct:
		return ast.NewObject(fieldsOf(make([][2]*ast.Term, 0, v.NumField()+8), v)...)
	case reflect.Map:
		if v.IsNil() {
			return ast.NullValue
		}
		entries := make([][2]*ast.Term, 0, v.Len())
		for it := v.MapRange(); it.Next(); {
			entries = append(entries, [2]*ast.Term{ast.StringTerm(it.Key().String()), ast.NewTerm(valueOf(it.Value()))})
		}
		return ast.NewObject(entries...)
	case reflect.Slice:
		if v.IsNil() {
			return ast.NullValue
		}
		terms := make([]*ast.Term, v.Len())
		for i := range terms {
			terms[i] = ast.NewTerm(valueOf(v.Index(i)))
		}
		return ast.NewArray(terms...)
	case reflect.String:
		return ast.String(v.String())
	case reflect.Bool:
		return ast.Boolean(v.Bool())
	case reflect.Int, reflect.Int64:
		return ast.Number(strconv.FormatInt(v.Int(), 10))
	case reflect.Float64:
		b, err := json.Marshal(v.Float())
		if err != nil {
			return ast.NullValue // not finite; Encode has refused it
		}
		return ast.Number(b)
	}
	return ast.NullValue // no field of Input is of another kind; a test walks them
}

// fieldsOf appends the fields of a struct, those of an embedded one among them.
func fieldsOf(list [][2]*ast.Term, v reflect.Value) [][2]*ast.Term {
	for _, m := range layouts()[v.Type()] {
		f := v.Field(m.index)
		switch {
		case m.embedded:
			list = fieldsOf(list, f)
		case m.omitEmpty && empty(f), m.omitZero && f.IsZero():
		case f.Kind() == reflect.Bool:
			list = append(list, [2]*ast.Term{m.key, ast.InternedTerm(f.Bool())})
		default:
			list = append(list, [2]*ast.Term{m.key, ast.NewTerm(valueOf(f))})
		}
	}
	return list
}

// member is a field of a struct as JSON has it.
type member struct {
	index                         int
	key                           *ast.Term
	embedded, omitEmpty, omitZero bool
}

// layouts holds the members of every struct in an input. Reading tags and
// making the same keys anew would cost a tenth of a decision.
var layouts = sync.OnceValue(func() map[reflect.Type][]member {
	all := map[reflect.Type][]member{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Map, reflect.Slice:
			walk(t.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if _, done := all[t]; done {
			return
		}
		all[t] = nil
		var list []member
		for i := range t.NumField() {
			f := t.Field(i)
			name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			list = append(list, member{i, ast.StringTerm(name), f.Anonymous, option == "omitempty", option == "omitzero"})
			walk(f.Type)
		}
		all[t] = list
	}
	walk(reflect.TypeFor[request]())
	return all
})

// empty is what encoding/json calls empty.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
