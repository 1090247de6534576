package policy

import (
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"
)

// shapeOf says what is known of a term, and reads what it is made of.
func (r *reader) shapeOf(t *ast.Term) shape {
	switch v := t.Value.(type) {
	case ast.Var:
		return r.variable(v)
	case ast.Ref:
		return r.ref(v)
	case ast.Call:
		return r.call(v)
	case ast.String, ast.Number, ast.Boolean, ast.Null:
		return shape{consts: []*ast.Term{t}}
	case *ast.Array:
		var e shape
		v.Foreach(func(x *ast.Term) { e = e.join(r.shapeOf(x)) })
		return shape{elem: &e}
	case ast.Set:
		var e shape
		v.Foreach(func(x *ast.Term) { e = e.join(r.shapeOf(x)) })
		return shape{elem: &e}
	case ast.Object:
		var e, k shape
		v.Foreach(func(key, x *ast.Term) { k, e = k.join(r.shapeOf(key)), e.join(r.shapeOf(x)) })
		return shape{elem: &e, keys: &k}
	case *ast.ArrayComprehension:
		r.body(v.Body)
		e := r.shapeOf(v.Term)
		return shape{elem: &e}
	case *ast.SetComprehension:
		r.body(v.Body)
		e := r.shapeOf(v.Term)
		return shape{elem: &e}
	case *ast.ObjectComprehension:
		r.body(v.Body)
		e, k := r.shapeOf(v.Value), r.shapeOf(v.Key)
		return shape{elem: &e, keys: &k}
	}
	return shape{}
}

func (r *reader) variable(v ast.Var) shape {
	if v == ast.InputRootDocument.Value.(ast.Var) {
		return shape{t: reflect.TypeFor[request](), path: "input"}
	}
	return r.vars[v]
}

// ref follows a reference.
func (r *reader) ref(ref ast.Ref) shape {
	var s shape
	rest := ref[1:]
	if ref[0].Value.Compare(ast.DefaultRootDocument.Value) == 0 {
		r.there(ref)
		// The longest name of a rule that the reference begins with.
		for n := len(ref); n > 1; n-- {
			prefix := ref[:n]
			if !prefix.IsGround() {
				continue
			}
			if out, ok := r.rules[prefix.String()]; ok {
				s, rest = out, ref[n:]
				break
			}
			if n == 2 {
				rest = nil
			}
		}
	} else {
		s = r.shapeOf(ref[0])
	}
	for _, step := range rest {
		s = r.step(s, step)
	}
	return s
}

// there refuses a reference to data that nobody makes: beside the rules there is
// none, and what does not exist makes a rule silent.
func (r *reader) there(ref ast.Ref) {
	ground := ref.GroundPrefix()
	if len(ground) < 2 || len(r.c.GetRulesForVirtualDocument(ground)) > 0 || len(r.c.GetRulesWithPrefix(ground)) > 0 {
		return
	}
	r.bad(at(ref[0].Location, "no rule makes %s, and there is no other data", ground.String()).WithFix("read what input holds, or a rule of this policy"))
}

// step goes one step further along a reference.
func (r *reader) step(s shape, step *ast.Term) shape {
	in := r.shapeOf(step)
	name, text := step.Value.(ast.String)
	if s.elem != nil {
		if s.keys != nil {
			r.meet(step, in, step, *s.keys)
		} else if !text && s.t == nil {
			r.check(in, *s.elem) // an element of a set; an index meets no text
			r.check(*s.elem, in)
		}
		return *s.elem
	}
	switch t := pointed(s.t); {
	case t == nil:
		return shape{}
	case t.Kind() == reflect.Struct && text:
		out, ok := s.member(string(name))
		if !ok {
			r.bad(at(step.Location, "a request has no field %s", out.path).WithFix("the fields are listed in docs/policy.md"))
		}
		return out
	case t.Kind() == reflect.Slice && text:
		r.bad(at(step.Location, "%s is a list, which has no element by name", s.path).WithFix("write `... in %s`", s.path))
		return shape{}
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
		return s.element()
	case t.Kind() != reflect.Struct && text:
		r.bad(at(step.Location, "%s has no fields", s.path).WithFix("the fields are listed in docs/policy.md"))
	}
	return shape{}
}
