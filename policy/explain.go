package policy

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"glovebox.example/glovebox"
)

// Explanation says how a decision came about.
type Explanation struct {
	Decision glovebox.Decision `json:"decision"`
	// Grounds are the rules that allow the request, with the conditions that held.
	// A request is allowed if there is one and no rule refuses.
	Grounds []Ground `json:"grounds"`
	Rules   []Rule   `json:"rules"` // every rule of the policy that can refuse
}

// Ground is one rule that allows.
type Ground struct {
	Name  string   `json:"name"`  // granted, made, approved
	Place string   `json:"place"` // FILE:LINE:COLUMN of the policy
	Held  []string `json:"held"`  // its conditions, as they stand in the policy
}

// Rule is one rule that can refuse, and what became of it.
type Rule struct {
	ID    string        `json:"id"`             // without the point: grant.expired, domain.ID
	Req   string        `json:"req,omitempty"`  // requirement
	Text  glovebox.Text `json:"text,omitzero"`  // with {names}, where the policy has it as a constant
	Place string        `json:"place"`          // of the first of its bodies
	Asked bool          `json:"asked"`          // it belongs to this decision point
	Fired bool          `json:"fired"`          // it refused
	Until string        `json:"until,omitzero"` // where its last body ended that did not refuse: place and condition
}

// Explain decides again on the kept bytes of a request and says which rules were
// asked, which of them refused, where the others ended, and what allowed it.
func (e *Engine) Explain(ctx context.Context, asked []byte) (*Explanation, error) {
	t := &tracer{rules: map[uint64]*ast.Rule{}, held: map[string][]string{}, until: map[string]*ast.Expr{}, fired: map[string]bool{}}
	d, err := e.again(ctx, asked, rego.EvalQueryTracer(t))
	if err != nil {
		return nil, err
	}
	x := &Explanation{Decision: d, Grounds: t.grounds(string(d.Point)), Rules: []Rule{}}
	groups, err := e.groups(ctx)
	if err != nil {
		return nil, err
	}
	modules, err := e.modules()
	if err != nil {
		return nil, err
	}
	byID := map[string]*Rule{}
	for _, m := range modules {
		texts := textsOf(m)
		for _, r := range m.Rules {
			id, group := idOf(m, r, texts)
			if id == "" {
				continue
			}
			at := position(r.Location)
			one := byID[id]
			if one == nil {
				one = &Rule{ID: id, Req: texts[id].req, Text: texts[id].text, Place: at, Asked: group == "" || slices.Contains(groups[string(d.Point)], group)}
				byID[id] = one
			}
			if expr := t.until[at]; expr != nil {
				one.Until = position(expr.Location) + " " + oneLine(string(expr.Location.Text))
			}
			one.Fired = one.Fired || t.fired[at] || slices.ContainsFunc(d.Reasons, func(r glovebox.Reason) bool {
				return r.Rule == string(d.Point)+"."+id || r.Rule == id
			})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if byID[id].Fired || !byID[id].Asked {
			byID[id].Until = ""
		}
		x.Rules = append(x.Rules, *byID[id])
	}
	return x, nil
}

// modules parses the policy again: the compiler has changed those that it got.
func (e *Engine) modules() ([]*ast.Module, error) {
	library, own := map[string]string{}, map[string]string{}
	for name, text := range e.sources {
		if mine, ok := strings.CutPrefix(name, "domain/"); ok {
			own[mine] = text
		} else {
			library[name] = text
		}
	}
	shipped, err := parseLibrary(library)
	if err != nil {
		return nil, err
	}
	mine, err := parseDomain(own)
	return append(shipped, mine...), err
}

// groups are the groups of rules that each point asks.
func (e *Engine) groups(ctx context.Context) (map[string][]string, error) {
	modules, err := e.modules()
	if err != nil {
		return nil, err
	}
	options := []func(*rego.Rego){rego.Query("data.glovebox.groups")}
	for _, m := range modules {
		options = append(options, rego.ParsedModule(m))
	}
	rs, err := rego.New(options...).Eval(ctx)
	out := map[string][]string{}
	if err != nil || len(rs) != 1 {
		return out, glovebox.Errorf(glovebox.CodeInternal, "the policy library is broken").Because(err)
	}
	points, _ := rs[0].Expressions[0].Value.(map[string]any)
	for point, list := range points {
		names, _ := list.([]any)
		for _, n := range names {
			if name, ok := n.(string); ok {
				out[point] = append(out[point], name)
			}
		}
	}
	return out, nil
}

// said is what a rule's reason says.
type said struct {
	req  string
	text glovebox.Text
}

// textsOf reads the texts of a group of the library by rule.
func textsOf(m *ast.Module) map[string]said {
	out := map[string]said{}
	for _, r := range m.Rules {
		if r.Head.Name != "texts" || r.Head.Value == nil {
			continue
		}
		v, err := ast.JSON(r.Head.Value.Value)
		if err != nil {
			continue
		}
		all, _ := v.(map[string]any)
		for id, x := range all {
			fields, _ := x.(map[string]any)
			str := func(k string) string { s, _ := fields[k].(string); return s }
			out[id] = said{str("req"), glovebox.Text{EN: str("en"), ZH: str("zh")}}
		}
	}
	return out
}

// idOf is the id of a rule that refuses, and the group that has to be asked for
// it; "": it is asked at every point. The id of any other rule is empty.
func idOf(m *ast.Module, r *ast.Rule, texts map[string]said) (id, group string) {
	if r.Head.Key == nil || r.Head.Ref()[0].String() != "deny" {
		return "", ""
	}
	if group, ok := strings.CutPrefix(m.Package.Path.String(), "data.glovebox.rules."); ok {
		ast.WalkTerms(r, func(t *ast.Term) bool {
			if s, ok := t.Value.(ast.String); ok && id == "" {
				if _, ok := texts[string(s)]; ok {
					id = string(s)
				}
			}
			return false
		})
		return id, group
	}
	if !m.Package.Path.Equal(domainPackage()) || strings.HasPrefix(m.Package.Location.File, "library/") {
		return "", ""
	}
	id = "at " + position(r.Location)
	ast.WalkTerms(r, func(t *ast.Term) bool {
		if o, ok := t.Value.(ast.Object); ok {
			if v := o.Get(ast.StringTerm("rule")); v != nil {
				if s, ok := v.Value.(ast.String); ok {
					id = strings.TrimPrefix(string(s), "domain.")
				}
			}
		}
		return false
	})
	return "domain." + id, ""
}

// tracer follows one evaluation: which rule a query belongs to, and where it
// ended.
type tracer struct {
	rules map[uint64]*ast.Rule
	held  map[string][]string // conditions of rules that were met, by place
	until map[string]*ast.Expr
	fired map[string]bool
	met   []*ast.Rule
}

// Enabled implements topdown.QueryTracer.
func (t *tracer) Enabled() bool { return true }

// Config implements topdown.QueryTracer.
func (t *tracer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent implements topdown.QueryTracer.
func (t *tracer) TraceEvent(e topdown.Event) {
	switch n := e.Node.(type) {
	case *ast.Rule:
		switch e.Op {
		case topdown.EnterOp:
			t.rules[e.QueryID] = n
		case topdown.ExitOp:
			at := position(n.Location)
			if !t.fired[at] {
				t.fired[at] = true
				t.met = append(t.met, n)
			}
		}
	case *ast.Expr:
		r := t.rules[e.QueryID]
		if e.Op != topdown.FailOp || r == nil || n.Location == nil {
			return
		}
		at := position(r.Location)
		if old := t.until[at]; old == nil || cmp.Or(cmp.Compare(old.Location.Row, n.Location.Row), cmp.Compare(old.Location.Col, n.Location.Col)) < 0 {
			t.until[at] = n
		}
	}
}

// grounds are the rules of package allow that were met at a point, each with the
// conditions of the rules that it stands on.
func (t *tracer) grounds(point string) []Ground {
	out := []Ground{}
	for _, r := range t.met {
		if r.Module == nil || r.Module.Package.Path.String() != "data.glovebox.allow" || r.Head.Ref()[0].String() != point {
			continue
		}
		g := Ground{Place: position(r.Location), Held: []string{}}
		if s, ok := r.Head.Key.Value.(ast.String); ok {
			g.Name = string(s)
		}
		for _, below := range t.met {
			if below.Module != r.Module || below != r && below.Head.Key != nil {
				continue // another point's
			}
			for _, c := range below.Body {
				if c.Location != nil && len(c.Location.Text) > 0 {
					g.Held = append(g.Held, oneLine(string(c.Location.Text)))
				}
			}
		}
		slices.Sort(g.Held)
		g.Held = slices.Compact(g.Held)
		out = append(out, g)
	}
	return out
}
