package catalog

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// parseAny reads a document of any kind and returns what it says.
func parseAny(k Kind, file string, data []byte) (any, error) {
	switch k {
	case KindDataset:
		return ParseDataset(file, data)
	case KindScenario:
		return ParseScenario(file, data)
	case KindGrant:
		return ParseGrant(file, data)
	}
	return ParseJob(file, data)
}

var fence = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// docExamples returns the examples of a page of docs/formats.
func docExamples(t testing.TB, k Kind) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../docs/formats", string(k)+".md"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range fence.FindAllStringSubmatch(string(b), -1) {
		out = append(out, m[1])
	}
	if len(out) == 0 {
		t.Fatalf("%s.md has no example", k)
	}
	return out
}

func TestExamplesAreAccepted(t *testing.T) {
	for _, k := range Kinds() {
		for i, doc := range docExamples(t, k) {
			if _, err := parseAny(k, "doc", []byte(doc)); err != nil {
				t.Errorf("%s.md, example %d: %v", k, i+1, err)
			}
		}
		var s struct {
			Examples []json.RawMessage `json:"examples"`
		}
		if err := json.Unmarshal(Schema(k), &s); err != nil || len(s.Examples) == 0 {
			t.Fatalf("schema of %s has no examples (%v)", k, err)
		}
		for i, doc := range s.Examples {
			if _, err := parseAny(k, "schema", doc); err != nil {
				t.Errorf("schema of %s, example %d: %v", k, i+1, err)
			}
		}
	}
}

// schemaFields walks a schema and the Go type of its document together and
// fails where they differ. It returns the paths as the docs write them.
func schemaFields(t *testing.T, root, sub map[string]any, typ reflect.Type, path string) []string {
	t.Helper()
	for {
		ref, ok := sub["$ref"].(string)
		if !ok {
			break
		}
		sub = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	if typ == reflect.TypeFor[glovebox.Text]() {
		return nil
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return schemaFields(t, root, sub, typ.Elem(), path)
	case reflect.Slice:
		if patterns, ok := sub["patternProperties"].(map[string]any); ok { // named[T]
			def, _ := typ.Elem().FieldByName("Def")
			for _, v := range patterns {
				return schemaFields(t, root, v.(map[string]any), def.Type, path+".*")
			}
		}
		if items, ok := sub["items"].(map[string]any); ok {
			return schemaFields(t, root, items, typ.Elem(), path+"[]")
		}
	case reflect.Map:
		for _, v := range sub["patternProperties"].(map[string]any) {
			return schemaFields(t, root, v.(map[string]any), typ.Elem(), path+".*")
		}
	case reflect.Struct:
		props := sub["properties"].(map[string]any)
		if sub["additionalProperties"] != false {
			t.Errorf("%s takes unknown fields", path)
		}
		var out []string
		seen := map[string]bool{}
		for _, f := range reflect.VisibleFields(typ) {
			if f.Anonymous {
				continue
			}
			name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
			seen[name] = true
			p, ok := props[name].(map[string]any)
			if !ok {
				t.Errorf("%s has no field %s, the Go type has", path, name)
				continue
			}
			if _, byDomain := p["not"]; byDomain {
				continue
			}
			full := strings.TrimPrefix(path+"."+name, ".")
			if p["description"] == nil {
				t.Errorf("%s has no description", full)
			}
			required := slices.Contains(anyTexts(sub["required"]), name)
			// An operator is filled in by the domain.
			filled := path == "" && name == "operator"
			if optional := strings.Contains(rest, "omit"); required == optional && !filled {
				t.Errorf("%s: required is %v, the Go type says otherwise", full, required)
			}
			out = append(out, full)
			out = append(out, schemaFields(t, root, p, f.Type, full)...)
		}
		for name := range props {
			if !seen[name] {
				t.Errorf("%s has a field %s that the Go type lacks", path, name)
			}
		}
		return out
	}
	return nil
}

func anyTexts(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// TestSchemaTypeAndDocsAgree holds the three descriptions of a document
// together: schema, Go type, page.
func TestSchemaTypeAndDocsAgree(t *testing.T) {
	star := regexp.MustCompile(`\.(CODE|COLUMN|NAME)\b`)
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| [^|]+ \\| [^|]+ \\|$")
	for k, typ := range map[Kind]reflect.Type{
		KindDataset: reflect.TypeFor[glovebox.Dataset](), KindScenario: reflect.TypeFor[glovebox.Scenario](),
		KindGrant: reflect.TypeFor[glovebox.Grant](), KindJob: reflect.TypeFor[jobDoc](),
	} {
		var root map[string]any
		if err := json.Unmarshal(Schema(k), &root); err != nil {
			t.Fatal(err)
		}
		want := schemaFields(t, root, root, typ, "")
		b, err := os.ReadFile(filepath.Join("../../../docs/formats", string(k)+".md"))
		if err != nil {
			t.Fatal(err)
		}
		_, section, _ := strings.Cut(string(b), "## Fields")
		section, _, _ = strings.Cut(section, "\n## ")
		var got []string
		for _, m := range row.FindAllStringSubmatch(section, -1) {
			got = append(got, star.ReplaceAllString(m[1], ".*"))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s.md lists the fields\n%v\nthe schema has\n%v", k, got, want)
		}
	}
}

func TestSchemaOfUnknownKind(t *testing.T) {
	if Schema("nothing") != nil || Schema("../doc") != nil {
		t.Error("a schema for an unknown kind")
	}
}

// problems checks that an error has exactly the wanted lines.
func problems(t *testing.T, name string, err error, want ...string) {
	t.Helper()
	var got []string
	if err != nil {
		got = strings.Split(err.Error(), "\n")
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n  %s\nwant\n  %s", name, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	if err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("%s: code %q", name, glovebox.CodeOf(err))
	}
}

// edit replaces each old text of a document by its new one; every old text
// must be there.
func edit(t *testing.T, doc string, pairs ...string) []byte {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(doc, pairs[i]) {
			t.Fatalf("the example has no %q", pairs[i])
		}
		doc = strings.Replace(doc, pairs[i], pairs[i+1], 1)
	}
	return []byte(doc)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (l named[T]) MarshalJSON() ([]byte, error) {
	b := []byte("{")
	for i, e := range l {
		if i > 0 {
			b = append(b, ',')
		}
		def, err := json.Marshal(e.Def)
		if err != nil {
			return nil, err
		}
		b = append(append(b, strconv.Quote(e.Name)+":"...), def...)
	}
	return append(b, '}'), nil
}

// written is a document as JSON in the form in which people write it: a job
// with maps, a text without the language that it lacks, a scenario without the
// operator that the domain fills in.
func written(v any) ([]byte, error) {
	j, ok := v.(*glovebox.Job)
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		return noEmpty.ReplaceAll(b, nil), nil
	}
	d := jobDoc{Job: *j, Output: outputDoc{MaxKeysPerUnit: j.Output.MaxKeysPerUnit, MaxPerKey: j.Output.MaxRecordsPerKey, MaxPerUnit: j.Output.MaxRecordsPerUnit, Default: j.Output.Default}}
	for _, k := range j.Output.Key {
		def := keyDef{Type: k.Type, Public: k.Public, Private: k.Private}
		if k.Width > 0 {
			def.Width = json.Number(strconv.Itoa(k.Width))
		}
		d.Output.Key = append(d.Output.Key, entry[keyDef]{k.Name, def})
	}
	if t := j.Output.Top; t != nil {
		d.Output.Top = &topDef{json.Number(strconv.Itoa(t.K)), t.By}
	}
	for _, m := range j.Output.Metrics {
		def := metricDef{Kind: m.Kind, Clip: m.Clip, Edges: m.Edges, At: m.At, MaxTotal: m.MaxTotal}
		if needs, _ := m.Kind.Fields(m.Edges != nil); slices.Contains(needs, "min") {
			def.Min, def.Max = &m.Min, &m.Max
		}
		if m.Weight > 0 {
			def.Weight = json.Number(strconv.Itoa(m.Weight))
		}
		if m.Bins > 0 {
			def.Bins = json.Number(strconv.Itoa(m.Bins))
		}
		if m.Size > 0 {
			def.Size = json.Number(strconv.Itoa(m.Size))
		}
		d.Output.Metrics = append(d.Output.Metrics, entry[metricDef]{m.Name, def})
	}
	d.Blocks, d.Train = writtenBlocks(j.Blocks), writtenTrain(j.Train)
	return json.Marshal(d)
}

// noEmpty finds the empty fields: every field of these names is followed or
// preceded by another one. A quote inside a value is escaped, so it finds no
// values.
var noEmpty = regexp.MustCompile(`"(?:en|operator)":"",|,"zh":""`)

func FuzzParse(f *testing.F) {
	for i, k := range Kinds() {
		for _, doc := range docExamples(f, k) {
			f.Add(byte(i), []byte(doc))
		}
	}
	f.Fuzz(func(t *testing.T, i byte, data []byte) {
		k := Kinds()[int(i)%len(Kinds())]
		v, err := parseAny(k, "f", data)
		if err != nil {
			if e, ok := errors.AsType[*glovebox.Error](err); !ok || e.Code != glovebox.CodeInvalid {
				t.Fatalf("bad error %v", err)
			}
			return
		}
		// What is accepted is accepted again as it is kept, and unchanged.
		b, err := written(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseAny(k, "f", b)
		if err != nil {
			if _, tooLarge := record.Parse("f", b); tooLarge != nil {
				return // escapes and defaults made it longer than a document may be
			}
			t.Fatalf("%s\n%v", b, err)
		}
		b2, err := written(again)
		if err != nil || string(b2) != string(b) {
			t.Fatalf("%s became %s (%v)", b, b2, err)
		}
	})
}

// TestMistakenKind: a document of another kind is told as that, in one error;
// the fields that tell are needed by their kind and unknown to all others.
func TestMistakenKind(t *testing.T) {
	for _, k := range Kinds() {
		var s struct {
			Required   []string
			Properties map[string]any
		}
		if err := json.Unmarshal(Schema(k), &s); err != nil {
			t.Fatal(err)
		}
		for _, other := range Kinds() {
			for _, f := range marks(other) {
				if _, known := s.Properties[f]; known != (k == other) || slices.Contains(s.Required, f) != (k == other) {
					t.Errorf("%s tells a %s, but not from a %s", f, other, k)
				}
			}
			if k == other {
				continue
			}
			_, err := parseAny(k, "doc", []byte(docExamples(t, other)[0]))
			want := "doc: this is a " + string(other) + ", not a " + string(k) + " (name a file with a " + string(k) + ": docs/formats/" + string(k) + ".md)"
			if err == nil || err.Error() != want {
				t.Errorf("a %s as a %s: %v", other, k, err)
			}
		}
	}
}
