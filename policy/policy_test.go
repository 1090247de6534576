package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"glovebox.example/glovebox"
)

var update = flag.Bool("update", false, "rewrite testdata/optional.txt")

func TestReasonsAreSortedAndStable(t *testing.T) {
	base, e := loadBase(t), newEngine(t, nil)
	in := base.input(t, "admit", false, sixFaults())
	first, err := e.Decide(context.Background(), in)
	if err != nil || first.Allow || len(first.Reasons) < 6 {
		t.Fatalf("%v %+v", err, first)
	}
	if !slices.IsSortedFunc(first.Reasons, func(a, b glovebox.Reason) int {
		return strings.Compare(a.Rule+"\x00"+a.At, b.Rule+"\x00"+b.At)
	}) {
		t.Errorf("not sorted: %+v", first.Reasons)
	}
	// Concurrent askers and other engines get the very same answer.
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			other, err := New(context.Background(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			for range 5 {
				for _, e := range []*Engine{e, other} {
					d, err := e.Decide(context.Background(), in)
					if err != nil || asJSON(t, d) != asJSON(t, first) {
						t.Errorf("another decision: %v %+v", err, d)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestDecisionNamesItsGrounds(t *testing.T) {
	base, e := loadBase(t), newEngine(t, nil)
	in := base.input(t, "columns", false, nil)
	d, err := e.Decide(context.Background(), in)
	if err != nil || !d.Allow {
		t.Fatalf("%v %+v", err, d)
	}
	data, digest, err := in.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if d.Point != "columns" || d.Revision != e.Revision() || d.InputDigest != digest || glovebox.Digest(data) != digest {
		t.Errorf("%+v", d)
	}
	if !strings.HasPrefix(e.Revision(), "sha256:") || len(e.Revision()) != 71 {
		t.Errorf("revision %q", e.Revision())
	}
	other := newEngine(t, map[string]string{"a.rego": "package glovebox.domain\n"})
	renamed := newEngine(t, map[string]string{"b.rego": "package glovebox.domain\n"})
	if other.Revision() == e.Revision() || other.Revision() == renamed.Revision() {
		t.Error("a domain's modules do not change the revision")
	}
	in.Walls = []string{"jail"}
	if d2, _ := e.Decide(context.Background(), in); d2.InputDigest == d.InputDigest {
		t.Error("another request has the same digest")
	}
	if raw := asJSON(t, d); !strings.Contains(raw, `"reasons":[]`) {
		t.Errorf("an allowed decision has no empty list of reasons: %s", raw)
	}
}

// TestValueIsTheJSON compares what rules see with the bytes that were digested.
func TestValueIsTheJSON(t *testing.T) {
	base := loadBase(t)
	inputs := []Input{{}}
	for _, c := range loadCases(t) {
		for _, p := range c.Points {
			inputs = append(inputs, base.input(t, p, c.Empty, c.Patch))
		}
	}
	inputs = append(inputs, Input{
		Grant: &glovebox.Grant{Datasets: map[string]glovebox.GrantDataset{"d": {Epsilon: 1e-7, Rho: 1e21, Delta: 0.1}}},
		Job:   Job{Release: Method{Epsilon: math.MaxFloat64, Rho: math.SmallestNonzeroFloat64}, Output: Output{MaxKeysPerUnit: -1}},
		Datasets: map[string]Dataset{"<&>\u2028": {
			Cost: glovebox.Amount{Loss: math.MaxInt64, Delta: math.MinInt64}, ScenarioCap: &glovebox.Amount{},
			Columns: map[string]Column{"列": {Grade: 4, Keep: true}},
		}},
	})
	for _, in := range inputs {
		r := in.join()
		data, _, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		want, err := ast.ValueFromReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if got := valueOf(reflect.ValueOf(r)); got.Compare(want) != 0 {
			t.Errorf("rules see %s\nof      %s", got, want)
		}
	}
}

// TestInputKinds keeps the fields of a request to kinds that valueOf knows.
func TestInputKinds(t *testing.T) {
	var walk func(t reflect.Type, path string)
	walk = func(ty reflect.Type, path string) {
		switch ty.Kind() {
		case reflect.Pointer, reflect.Slice:
			walk(ty.Elem(), path)
		case reflect.Map:
			if ty.Key().Kind() != reflect.String {
				t.Errorf("%s has keys of kind %s", path, ty.Key().Kind())
			}
			walk(ty.Elem(), path+"[]")
		case reflect.Struct:
			for f := range ty.Fields() {
				tag := f.Tag.Get("json")
				if tag == "" && !f.Anonymous || strings.Contains(tag, ",string") {
					t.Errorf("%s.%s has tag %q", path, f.Name, tag)
				}
				walk(f.Type, path+"."+f.Name)
			}
		case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64:
		default:
			t.Errorf("%s is of kind %s", path, ty.Kind())
		}
	}
	walk(reflect.TypeFor[request](), "input")
}

// TestWhatMayBeMissing takes every part out of a request that is allowed, one at
// a time: a rule that goes silent when its field is missing would let the request
// through. What a request may lack and still be allowed is listed in
// testdata/optional.txt, one path a line (a path stands for all below it).
// Whoever adds a line must say why that is safe.
func TestWhatMayBeMissing(t *testing.T) {
	base, e := loadBase(t), newEngine(t, nil)
	var optional []string
	for _, point := range []string{"admit", "columns", "release", "export"} {
		var doc map[string]any
		raw, err := json.Marshal(base.input(t, point, false, nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		removals(doc, "", func(path string) {
			b, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			var in Input
			if err := json.Unmarshal(b, &in); err != nil {
				t.Fatal(err)
			}
			d, err := e.Decide(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range d.Reasons {
				if r.Rule == "policy.error" {
					t.Errorf("%s without %s: %+v", point, path, r)
				}
			}
			if d.Allow {
				optional = append(optional, point+" "+path)
			}
		})
	}
	all := slices.Clone(optional)
	optional = slices.DeleteFunc(optional, func(p string) bool {
		return slices.ContainsFunc(all, func(q string) bool {
			return strings.HasPrefix(p, q+".") || strings.HasPrefix(p, q+"[")
		})
	})
	got := strings.Join(optional, "\n") + "\n"
	const file = "testdata/optional.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		for _, l := range optional {
			if !strings.Contains(string(want), l+"\n") {
				t.Errorf("allowed without %s", l)
			}
		}
		for l := range strings.Lines(string(want)) {
			if !strings.Contains(got, l) {
				t.Errorf("no longer allowed without %s", strings.TrimSpace(l))
			}
		}
	}
}

// removals takes out every key and element of doc in turn, calls f, and puts it
// back.
func removals(doc map[string]any, prefix string, f func(path string)) {
	for _, k := range slices.Sorted(mapsKeys(doc)) {
		old := doc[k]
		path := strings.TrimPrefix(prefix+"."+k, ".")
		delete(doc, k)
		f(path)
		doc[k] = old
		switch v := old.(type) {
		case map[string]any:
			removals(v, path, f)
		case []any:
			for i := range v {
				doc[k] = slices.Delete(slices.Clone(v), i, i+1)
				f(path + "[" + string(rune('0'+i)) + "]")
				doc[k] = old
				if m, ok := v[i].(map[string]any); ok {
					removals(m, path+"["+string(rune('0'+i))+"]", f)
				}
			}
		}
	}
}

func mapsKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestFailingRulesRefuse(t *testing.T) {
	base := loadBase(t)
	for name, text := range map[string]string{
		"conflict": "package glovebox.domain\n\nx := 1 if input.point == \"admit\"\nx := 2 if input.product != \"\"\ndeny contains 1 if x == 3\n",
		"builtin":  "package glovebox.domain\n\ndeny contains 1 if {\n\tto_number(input.product) == 1\n}\n",
		"object":   "package glovebox.domain\n\nx[k] := v if some [k, v] in [[\"a\", 1], [\"a\", 2]]\nobligation contains x\n",
	} {
		e := newEngine(t, map[string]string{name + ".rego": text})
		d, err := e.Decide(context.Background(), base.input(t, "admit", false, nil))
		if err != nil || d.Allow || len(d.Reasons) != 1 || d.Reasons[0].Rule != "policy.error" || d.Obligations != nil {
			t.Fatalf("%s: %v %+v", name, err, d)
		}
		if r := d.Reasons[0]; !strings.HasPrefix(r.At, name+".rego:") || strings.Contains(asJSON(t, r.Text), "care-hotspots") {
			t.Errorf("%s: %+v", name, r)
		}
		if d.InputDigest == "" || d.Revision != e.Revision() {
			t.Errorf("%s: the refusal does not name its grounds: %+v", name, d)
		}
	}
}

func TestNoDecisionIsARefusal(t *testing.T) {
	base, e := loadBase(t), newEngine(t, nil)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	d, err := e.Decide(ended, base.input(t, "admit", false, nil))
	if !errors.Is(err, context.Canceled) || d.Allow || len(d.Reasons) != 1 {
		t.Errorf("ended context: %v %+v", err, d)
	}
	in := base.input(t, "admit", false, nil)
	in.Job.Release.Epsilon = math.NaN()
	d, err = e.Decide(context.Background(), in)
	if glovebox.CodeOf(err) != glovebox.CodeInvalid || d.Allow || len(d.Reasons) != 1 {
		t.Errorf("not a number: %v %+v", err, d)
	}
	in = base.input(t, "admit", false, nil)
	in.Walls = []string{strings.Repeat("x", MaxInput)}
	d, err = e.Decide(context.Background(), in)
	if glovebox.CodeOf(err) != glovebox.CodeInvalid || d.Allow || len(d.Reasons) != 1 {
		t.Errorf("large input: %v %+v", err, len(d.Reasons))
	}
}

// TestReadIsStrict feeds answers that are not of a decision's shape.
func TestReadIsStrict(t *testing.T) {
	reason := func(m map[string]any) []any {
		r := map[string]any{"rule": "x", "at": "", "req": "", "text": map[string]any{"en": "e", "zh": "z"}}
		for k, v := range m {
			r[k] = v
		}
		return []any{r}
	}
	answer := func(reasons, obligations any) map[string]any {
		return map[string]any{"allow": true, "reasons": reasons, "obligations": obligations}
	}
	for name, v := range map[string]any{
		"text":         "yes",
		"true":         true,
		"null":         nil,
		"no reasons":   map[string]any{"allow": true},
		"extra":        map[string]any{"allow": true, "reasons": []any{}, "obligations": []any{}, "more": 1},
		"empty rule":   answer(reason(map[string]any{"rule": ""}), []any{}),
		"no chinese":   answer(reason(map[string]any{"text": map[string]any{"en": "e"}}), []any{}),
		"rule number":  answer(reason(map[string]any{"rule": 1}), []any{}),
		"step as text": answer([]any{}, []any{map[string]any{"kind": "mask", "mask": map[string]any{"step": "1"}}}),
	} {
		var d glovebox.Decision
		if _, ok := read(&d, v); ok {
			t.Errorf("%s is taken as an answer: %+v", name, d)
		}
	}
	var d glovebox.Decision
	if allow, ok := read(&d, answer([]any{}, []any{})); !ok || !allow {
		t.Error("a plain answer is not taken")
	}
}

func TestOverBudget(t *testing.T) {
	base, e := loadBase(t), newEngine(t, nil)
	ask := func(patch map[string]any) glovebox.Decision {
		d, err := e.Decide(context.Background(), base.input(t, "admit", false, patch))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	dear := map[string]any{"datasets": map[string]any{"disability": map[string]any{"cost": map[string]any{"loss": 9000000000}}}}
	if d := ask(dear); d.Allow || !overBudget(d) || len(d.Reasons) != 2 {
		t.Errorf("dear: %+v", d)
	}
	if d := ask(merge(dear, map[string]any{"product": "care-atlas"})); d.Allow || overBudget(d) {
		t.Errorf("dear and unlisted: %+v", d)
	}
	if d := ask(map[string]any{"datasets": map[string]any{"disability": map[string]any{"cost": map[string]any{"loss": 0}}}}); d.Allow || overBudget(d) {
		t.Errorf("free: %+v", d)
	}
	if overBudget(ask(nil)) || overBudget(glovebox.Decision{}) {
		t.Error("what is allowed, or says nothing, is not over budget")
	}
}

// overBudget says whether the error of a refusal is one of the budget alone.
func overBudget(d glovebox.Decision) bool { return glovebox.CodeOf(d.Denied()) == glovebox.CodeBudget }
