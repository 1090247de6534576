package policy

import (
	"reflect"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A field that no request has makes a rule silent, and a silent deny rule lets
// everything through. So every path below `input` in a domain's policy is
// checked against the Go type before it is compiled.

type unknownField struct {
	path string
	loc  *ast.Location
}

// unknownFields lists the paths of m below input that Input does not have.
func unknownFields(m *ast.Module) []unknownField {
	var out []unknownField
	ast.WalkRefs(m, func(r ast.Ref) bool {
		if len(r) > 0 && r[0].Value.Compare(ast.InputRootDocument.Value) == 0 {
			if path, ok := walk(reflect.TypeFor[request](), "input", r[1:]); !ok {
				out = append(out, unknownField{path, r[0].Location})
			}
		}
		return false
	})
	return out
}

// walk follows a path through t. It stops at what is not written out: past a
// variable it can only know that a map or a list stands there.
func walk(t reflect.Type, path string, rest []*ast.Term) (string, bool) {
	for _, term := range rest {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		name, written := term.Value.(ast.String)
		switch t.Kind() {
		case reflect.Map, reflect.Slice:
			path += "[" + term.String() + "]"
			t = t.Elem()
		case reflect.Struct:
			if !written {
				return path, true
			}
			path += "." + string(name)
			f, ok := field(t, string(name))
			if !ok {
				return path, false
			}
			t = f.Type
		default:
			return path + "." + term.String(), false
		}
	}
	return path, true
}

// field finds a field of a struct by its JSON name.
func field(t reflect.Type, name string) (reflect.StructField, bool) {
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}
