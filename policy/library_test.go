package policy

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"glovebox.example/glovebox"
)

func libraryModules(t *testing.T) []*ast.Module {
	t.Helper()
	sources, err := librarySources()
	if err != nil {
		t.Fatal(err)
	}
	modules, err := parseLibrary(sources)
	if err != nil {
		t.Fatal(err)
	}
	return modules
}

// ruleTexts returns the texts of every group, read off the Rego source.
func ruleTexts(t *testing.T, m *ast.Module) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	for _, r := range m.Rules {
		if r.Head.Name != "texts" {
			continue
		}
		v, err := ast.JSON(r.Head.Value.Value)
		if err != nil {
			t.Fatal(err)
		}
		for id, x := range v.(map[string]any) {
			out[id] = map[string]string{}
			for k, s := range x.(map[string]any) {
				out[id][k] = s.(string)
			}
		}
	}
	return out
}

// faults returns the ids that the deny rules of a module yield, with the names
// of the args that each gives.
func faults(m *ast.Module) map[string][]string {
	out := map[string][]string{}
	ast.WalkTerms(m, func(x *ast.Term) bool {
		call, ok := x.Value.(ast.Call)
		if !ok || call[0].String() != "lib.fault" {
			return false
		}
		id := string(call[1].Value.(ast.String))
		for _, arg := range call[3:] {
			ast.WalkTerms(arg, func(y *ast.Term) bool {
				if o, ok := y.Value.(ast.Object); ok {
					for _, k := range o.Keys() {
						out[id] = append(out[id], string(k.Value.(ast.String)))
					}
				}
				// amounts of the budget rules come from one function
				if c, ok := y.Value.(ast.Call); ok && c[0].String() == "amounts" {
					out[id] = append(out[id], "cost", "cost_delta", "left", "left_delta")
				}
				return false
			})
		}
		if _, ok := out[id]; !ok {
			out[id] = nil
		}
		return false
	})
	return out
}

// groupOf returns the name of a rule group, "" for other modules.
func groupOf(m *ast.Module) string {
	path := m.Package.Path.String()
	name, ok := strings.CutPrefix(path, "data.glovebox.rules.")
	if !ok {
		return ""
	}
	return name
}

// groupsByPoint reads the table of decide.rego.
func groupsByPoint(t *testing.T) map[string][]string {
	t.Helper()
	options := []func(*rego.Rego){rego.Query("data.glovebox.groups")}
	for _, m := range libraryModules(t) {
		options = append(options, rego.ParsedModule(m))
	}
	rs, err := rego.New(options...).Eval(context.Background())
	if err != nil || len(rs) != 1 {
		t.Fatalf("groups: %v %v", rs, err)
	}
	out := map[string][]string{}
	for point, gs := range rs[0].Expressions[0].Value.(map[string]any) {
		for _, g := range gs.([]any) {
			out[point] = append(out[point], g.(string))
		}
	}
	return out
}

// TestRulesHaveTexts holds every deny rule to a text in both languages, a
// requirement, and exactly the placeholders that it fills.
func TestRulesHaveTexts(t *testing.T) {
	placeholder := regexp.MustCompile(`\{([a-z_]+)\}`)
	han := regexp.MustCompile(`\p{Han}`)
	req := regexp.MustCompile(`^R(0[1-9]|1\d|2[0-5])$`)
	total := 0
	for _, m := range libraryModules(t) {
		group := groupOf(m)
		if group == "" {
			continue
		}
		texts, ids := ruleTexts(t, m), faults(m)
		if a, b := slices.Sorted(maps.Keys(texts)), slices.Sorted(maps.Keys(ids)); !slices.Equal(a, b) {
			t.Errorf("%s: texts for %v, rules for %v", group, a, b)
		}
		for id, x := range texts {
			total++
			if !req.MatchString(x["req"]) {
				t.Errorf("%s: requirement %q", id, x["req"])
			}
			if len(x["en"]) < 30 || han.MatchString(x["en"]) || !han.MatchString(x["zh"]) {
				t.Errorf("%s: texts %q, %q", id, x["en"], x["zh"])
			}
			want := slices.Compact(slices.Sorted(slices.Values(ids[id])))
			for _, lang := range []string{"en", "zh"} {
				var got []string
				for _, p := range placeholder.FindAllStringSubmatch(x[lang], -1) {
					got = append(got, p[1])
				}
				slices.Sort(got)
				got = slices.Compact(got)
				for _, p := range got {
					if !slices.Contains(want, p) {
						t.Errorf("%s (%s): nothing fills {%s}", id, lang, p)
					}
				}
			}
		}
	}
	if total < 50 {
		t.Errorf("found %d rules only", total)
	}
}

// TestEveryRuleHasACase holds every rule to a refusal in testdata/cases, at every
// point that asks it.
func TestEveryRuleHasACase(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range loadCases(t) {
		for _, p := range c.Points {
			for _, r := range c.Want.Reasons {
				seen[fullID(p, r.Rule)] = true
			}
		}
	}
	ids := map[string][]string{} // by group
	for _, m := range libraryModules(t) {
		if g := groupOf(m); g != "" {
			ids[g] = slices.Sorted(maps.Keys(faults(m)))
		}
	}
	asked := map[string]bool{}
	for point, groups := range groupsByPoint(t) {
		for _, g := range groups {
			asked[g] = true
			if ids[g] == nil {
				t.Errorf("%s asks group %s, which has no rules", point, g)
			}
			for _, id := range ids[g] {
				full := point + "." + id
				if !seen[full] && !onlyAt[full] {
					t.Errorf("no case refuses with %s", full)
				}
			}
		}
	}
	for g := range ids {
		if !asked[g] {
			t.Errorf("no point asks group %s", g)
		}
	}
	for _, id := range []string{"policy.point", "policy.obligation"} {
		if !seen[id] {
			t.Errorf("no case refuses with %s", id)
		}
	}
}

// onlyAt lists what a group's rules cannot say at one of its points: approvals
// are given at release, and missed at export only.
var onlyAt = map[string]bool{
	"release.approval.missing":          true,
	"release.approval.provider_missing": true,
}

// TestNegationsAreSafe keeps a trap of Rego out of the library: in `not f(x.y)`
// the field is looked up outside the negation, so a field that is missing makes
// the rule silent and not true. What is negated is therefore a name, or a call
// on names, constants and the policy's own tables.
func TestNegationsAreSafe(t *testing.T) {
	for _, m := range libraryModules(t) {
		ast.WalkExprs(m, func(e *ast.Expr) bool {
			terms, ok := e.Terms.([]*ast.Term)
			if !e.Negated || !ok {
				return false
			}
			for _, arg := range terms[1:] {
				ast.WalkTerms(arg, func(x *ast.Term) bool {
					switch v := x.Value.(type) {
					case ast.Ref:
						if v[0].String() != "tables" {
							t.Errorf("%s: %s looks up %s", e.Location, e, v)
						}
						return true
					case ast.Call:
						t.Errorf("%s: %s calls %s", e.Location, e, v)
						return true
					}
					return false
				})
			}
			return false
		})
	}
}

// TestLibraryFields holds the library's own paths to the fields of a request.
func TestLibraryFields(t *testing.T) {
	for _, m := range libraryModules(t) {
		for _, f := range unknownFields(m) {
			t.Errorf("%s: a request has no field %s", f.loc, f.path)
		}
	}
}

// TestCapabilities keeps what is not deterministic out of the list of functions,
// also under a later OPA, and the list free of names that OPA does not know.
func TestCapabilities(t *testing.T) {
	known := map[string]*ast.Builtin{}
	for _, b := range ast.CapabilitiesForThisVersion().Builtins {
		known[b.Name] = b
	}
	for _, name := range builtins {
		b := known[name]
		if b == nil {
			t.Errorf("OPA has no function %s", name)
			continue
		}
		if b.IsNondeterministic() {
			t.Errorf("%s is not deterministic", name)
		}
		for _, prefix := range []string{"http.", "net.", "opa.", "rand.", "uuid.", "crypto.", "io.", "providers.", "time.now", "time.clock", "time.date", "trace", "print"} {
			if strings.HasPrefix(name, prefix) {
				t.Errorf("%s reaches outside", name)
			}
		}
	}
	for _, call := range []string{
		`http.send({"method": "GET", "url": "http://localhost"})`, `net.lookup_ip_addr("localhost")`, `opa.runtime()`,
		`time.now_ns()`, `rand.intn("x", 2)`, `uuid.rfc4122("x")`, `time.weekday([0, "Asia/Shanghai"])`,
		`net.cidr_contains("10.0.0.0/8", "10.0.0.1")`, `json.match_schema({}, {})`,
	} {
		_, err := New(context.Background(), &Options{Modules: map[string]string{
			"x.rego": "package glovebox.domain\n\ndeny contains 1 if " + call + " == 1\n",
		}})
		if glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", call, err)
		}
	}
}
