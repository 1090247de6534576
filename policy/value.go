package policy

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

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
		t := v.Type()
		fields := make([][2]*ast.Term, 0, v.NumField())
		for i := range v.NumField() {
			if t.Field(i).Anonymous {
				valueOf(v.Field(i)).(ast.Object).Foreach(func(k, x *ast.Term) {
					fields = append(fields, [2]*ast.Term{k, x})
				})
				continue
			}
			name, option, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			f := v.Field(i)
			if (option == "omitempty" && empty(f)) || (option == "omitzero" && f.IsZero()) {
				continue
			}
			fields = append(fields, [2]*ast.Term{ast.InternedTerm(name), ast.NewTerm(valueOf(f))})
		}
		return ast.NewObject(fields...)
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
