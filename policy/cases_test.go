package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"glovebox.example/glovebox"
)

// policyCase is one entry of testdata/cases/*.yaml. The input of a case is the
// base request of testdata/base.yaml, patched with what differs at the point,
// then with the case's own patch (RFC 7386: null removes).
type policyCase struct {
	Note   string            `yaml:"note"`
	Points []string          `yaml:"points"`
	Empty  bool              `yaml:"empty"`  // start from the zero Input instead of the base
	Domain map[string]string `yaml:"domain"` // the domain's modules
	Patch  map[string]any    `yaml:"patch"`
	Want   struct {
		Allow bool `yaml:"allow"`
		// Rules are written without the point that they start with.
		Reasons     []wantReason `yaml:"reasons"`
		Obligations []any        `yaml:"obligations"`
	} `yaml:"want"`

	file string
}

type wantReason struct {
	Rule string   `yaml:"rule"`
	At   string   `yaml:"at"`
	Text []string `yaml:"text"` // both languages must contain each of these
}

func loadYAML(t testing.TB, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func loadCases(t testing.TB) []policyCase {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []policyCase
	for _, f := range files {
		var cs []policyCase
		loadYAML(t, f, &cs)
		for _, c := range cs {
			c.file = filepath.Base(f)
			all = append(all, c)
		}
	}
	return all
}

type baseFile struct {
	Base map[string]any            `yaml:"base"`
	Acts map[string]map[string]any `yaml:"acts"`
}

func loadBase(t testing.TB) baseFile {
	t.Helper()
	var b baseFile
	loadYAML(t, "testdata/base.yaml", &b)
	return b
}

// input builds the request of a case at one point.
func (b baseFile) input(t testing.TB, point string, empty bool, patch map[string]any) Input {
	t.Helper()
	doc := map[string]any{}
	if !empty {
		doc = merge(merge(doc, b.Base), b.Acts[point])
	}
	doc = merge(doc, patch)
	doc["point"] = point
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var in Input
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		t.Fatalf("the case's input does not fit Input: %v", err)
	}
	return in
}

// merge is RFC 7386 without changing its arguments.
func merge(doc, patch map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range doc {
		out[k] = v
	}
	for k, v := range patch {
		switch p := v.(type) {
		case nil:
			delete(out, k)
		case map[string]any:
			old, _ := out[k].(map[string]any)
			out[k] = merge(old, p)
		default:
			out[k] = v
		}
	}
	return out
}

func newEngine(t testing.TB, domain map[string]string) *Engine {
	t.Helper()
	e, err := New(context.Background(), &Options{Modules: domain})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestCases(t *testing.T) {
	base, shipped := loadBase(t), newEngine(t, nil)
	for i, c := range loadCases(t) {
		e := shipped
		if len(c.Domain) > 0 {
			e = newEngine(t, c.Domain)
		}
		for _, point := range c.Points {
			t.Run(fmt.Sprintf("%s/%d/%s", strings.TrimSuffix(c.file, ".yaml"), i, point), func(t *testing.T) {
				d, err := e.Decide(context.Background(), base.input(t, point, c.Empty, c.Patch))
				if err != nil {
					t.Fatal(err)
				}
				checkCase(t, c, point, d)
				if t.Failed() {
					t.Logf("note: %s", c.Note)
				}
			})
		}
	}
}

func checkCase(t *testing.T, c policyCase, point string, d glovebox.Decision) {
	t.Helper()
	if d.Allow != c.Want.Allow {
		t.Errorf("allow = %v, want %v", d.Allow, c.Want.Allow)
	}
	var got, want []string
	for _, r := range d.Reasons {
		got = append(got, r.Rule+" @ "+r.At)
	}
	for _, r := range c.Want.Reasons {
		id := fullID(point, r.Rule)
		want = append(want, id+" @ "+r.At)
		if !slices.ContainsFunc(d.Reasons, func(g glovebox.Reason) bool {
			return g.Rule == id && g.At == r.At && mentions(g.Text, r.Text)
		}) {
			t.Errorf("no reason %s @ %s mentions %q in both languages", id, r.At, r.Text)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("reasons:\n  got  %s\n  want %s", strings.Join(got, "\n       "), strings.Join(want, "\n       "))
	}
	var obligations []any
	raw, err := json.Marshal(d.Obligations)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &obligations); err != nil {
		t.Fatal(err)
	}
	if a, b := asJSON(t, obligations), asJSON(t, c.Want.Obligations); a != b {
		t.Errorf("obligations:\n  got  %s\n  want %s", a, b)
	}
}

func mentions(x glovebox.Text, words []string) bool {
	return !slices.ContainsFunc(words, func(s string) bool {
		return !strings.Contains(x.EN, s) || !strings.Contains(x.ZH, s)
	})
}

// fullID is the id under which a case's rule shows at a point.
func fullID(point, rule string) string {
	if strings.HasPrefix(rule, "policy.") || strings.HasPrefix(rule, "domain.") {
		return rule
	}
	return point + "." + rule
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
