package record

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

const testSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "urn:glovebox:test",
  "type": "object", "additionalProperties": false, "required": ["code", "unit"],
  "properties": {
    "code": {"$ref": "#/$defs/code"},
    "rows": {"type": "integer", "minimum": 1, "maximum": 100},
    "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    "when": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "x-form": "a date, YYYY-MM-DD"},
    "update": {"enum": ["day", "week", "month"]},
    "flag": {"type": "boolean"},
    "unit": {"type": "object", "additionalProperties": false, "properties": {"column": {"type": "string", "minLength": 1}}},
    "columns": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"$ref": "#/$defs/code"}},
    "needs": {"type": "object", "patternProperties": {"^[a-z][a-z0-9_-]{0,62}$": {"type": "array"}}, "additionalProperties": false, "x-names": {"$ref": "#/$defs/code"}},
    "any": {},
    "bound": {"type": ["number", "string"]},
    "state": {"not": {}, "x-form": "leave it out: the domain sets it"}
  },
  "$defs": {"code": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$", "x-form": "a code of lower-case letters"}}
}`

type testDoc struct {
	Code    string           `json:"code"`
	Rows    int              `json:"rows"`
	Share   float64          `json:"share"`
	When    string           `json:"when"`
	Update  string           `json:"update"`
	Flag    bool             `json:"flag"`
	Unit    map[string]any   `json:"unit"`
	Columns []string         `json:"columns"`
	Needs   map[string][]any `json:"needs"`
	Any     any              `json:"any"`
	Bound   glovebox.Bound   `json:"bound"`
	State   string           `json:"state"`
}

func schema(t testing.TB) *Schema {
	t.Helper()
	s, err := CompileSchema([]byte(testSchema))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lines prints an error one problem a line.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func TestDecodeKeepsWhatTheAuthorMeant(t *testing.T) {
	for name, doc := range map[string]string{
		"yaml": "code: no\nrows: 7\nwhen: 2026-01-02\nunit: {column: on}\nany: [yes, 007, 0x1F, 1_000, 12:30, 2026-01-02T00:00:00Z, .5, +1, -2., 1E+2, .nan, ~, true, 12345678901234567890]\nbound: 1.50\n",
		"json": `{"code": "no", "rows": 7, "when": "2026-01-02", "unit": {"column": "on"}, "any": ["yes", "007", "0x1F", "1_000", "12:30", "2026-01-02T00:00:00Z", 0.5, 1, -2, 1e+2, ".nan", null, true, 12345678901234567890], "bound": 1.50}`,
	} {
		var got testDoc
		if err := decode("x", []byte(doc), schema(t), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Code != "no" || got.Rows != 7 || got.When != "2026-01-02" || got.Unit["column"] != "on" || got.Bound != "1.50" {
			t.Errorf("%s: got %+v", name, got)
		}
		want := "[yes 007 0x1F 1_000 12:30 2026-01-02T00:00:00Z 0.5 1 -2 1e+2 .nan <nil> true 12345678901234567890]"
		if s := fmt.Sprint(got.Any); s != want {
			t.Errorf("%s: any is %s, want %s", name, s, want)
		}
	}
}

func TestDecodeReportsEveryProblemWithItsPlace(t *testing.T) {
	const doc = `code: Secret-Value
rows: 0
share: 2
when: 20260102
update: wek
flag: "yes"
unit:
  colum: secret
columns: [a, a, B, a]
needs:
  Bad Name: []
statee: x
state: granted
bound: [secret]
`
	want := []string{
		"x.yaml:1:7: code: does not have the expected form (write a code of lower-case letters)",
		"x.yaml:2:7: rows: is too small (write a whole number, at least 1 and at most 100)",
		"x.yaml:3:8: share: is too large (write a number, above 0 and at most 1)",
		"x.yaml:4:7: when: is a number, not a text (put it in quotes: a text is wanted)",
		"x.yaml:5:9: update: is none of the values allowed (write one of `day`, `week`, `month`; did you mean `week`?)",
		"x.yaml:6:7: flag: is a text, not true or false (write true or false)",
		"x.yaml:8:3: unit.colum: unknown field `colum` (did you mean `column`?)",
		"x.yaml:9:14: columns[1]: is the same as entry 1 of the list (keep one of the two)",
		"x.yaml:9:17: columns[2]: does not have the expected form (write a code of lower-case letters)",
		"x.yaml:9:20: columns[3]: is the same as entry 1 of the list (keep one of the two)",
		"x.yaml:11:3: needs[\"Bad Name\"]: name does not have the expected form (write a code of lower-case letters)",
		"x.yaml:12:1: statee: unknown field `statee` (fields here: `any`, `bound`, `code`, `columns`, `flag`, `needs`, `rows`, `share`, `unit`, `update`, `when`)",
		"x.yaml:13:1: state: cannot be given here (leave it out: the domain sets it)",
		"x.yaml:14:8: bound: is a list, not a number or a text (write a number or a text)",
	}
	err := decode("x.yaml", []byte(doc), schema(t), &testDoc{})
	got := lines(err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("code is %q", glovebox.CodeOf(err))
	}
}

func TestDecodeRefusals(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1)
	for name, c := range map[string]struct{ doc, want string }{
		"missing":        {"{}", "x:1:1: field `code` is missing (add it: a code of lower-case letters)\nx:1:1: field `unit` is missing (add it: a set of fields)"},
		"empty":          {"", "x: document is empty"},
		"comment only":   {"# nothing\n", "x: document is empty"},
		"null":           {"~", "x:1:1: is no value, not a set of fields (write a set of fields)"},
		"syntax":         {"a: b\nc: [d\n", "x:2: not a YAML document: did not find expected ',' or ']' (check indentation, quotes and brackets around this line)"},
		"nul":            {"a: b\nc: \x00", "x:2: document holds a NUL byte (save it as UTF-8 text)"},
		"latin-1":        {"a:\nb: \xe9\n", "x:2: document is not UTF-8 (save it as UTF-8 text)"},
		"utf-16":         {"\xff\xfea\x00", "x:1: document holds a NUL byte (save it as UTF-8 text)"},
		"control":        {"a: \x07\n", "x:1: the document holds a control character (write visible characters, words of one script, and ordinary single spaces)"},
		"two documents":  {"code: a\nunit: {}\n---\ncode: b\n", "x:3:1: a second document follows (keep one document in a file)"},
		"alias":          {"code: &x a\nunit: *x\n", "x:1:7: code: anchors are not taken (remove the anchor)\nx:2:7: unit: aliases are not taken (write the value out)"},
		"unknown alias":  {"code: *secret\n", "x: aliases are not taken (write the value out)"},
		"tag":            {"code: !!str 5\n", "x:1:7: code: tags are not taken (remove the tag; put a text in quotes)"},
		"merge":          {"<<: {code: a}\n", "x:1:1: merge keys are not taken (write the fields out)"},
		"map as key":     {"? {a: b}\n: c\n", "x:1:3: a field name is not a text (write a plain name before the colon)"},
		"yaml duplicate": {"code: a\ncode: b\n", "x:2:1: code: field `code` is given twice (keep one of the two)"},
		"json duplicate": {"{\"code\": \"a\",\n \"code\": \"b\"}", "x:2:2: code: field `code` is given twice (keep one of the two)"},
		"yaml depth":     {"any:\n  " + deep, "x:2:66: any" + strings.Repeat("[0]", MaxDepth-1) + ": nested too deeply (nest at most 64 levels)"},
		"json depth":     {`{"any": ` + deep + "}", "x:1:72: any" + strings.Repeat("[0]", MaxDepth-1) + ": nested too deeply (nest at most 64 levels)"},
		"huge exponent":  {"any: 1e999", "x:1:6: any: number is out of range (write a number that fits a 64-bit float, in at most 64 characters)"},
		"tiny exponent":  {`{"any": 1e-99999999}`, "x:1:9: any: number is out of range (write a number that fits a 64-bit float, in at most 64 characters)"},
		"zero bomb":      {`{"any": 0e-99999999}`, "x:1:9: any: number is out of range (write a number that fits a 64-bit float, in at most 64 characters)"},
		"long number":    {"any: " + strings.Repeat("1", 65), "x:1:6: any: number is out of range (write a number that fits a 64-bit float, in at most 64 characters)"},
		"whole, written as a fraction": {"code: a\nunit: {}\nrows:\n  2.0\n",
			"x:4:3: rows: does not fit its field (write a whole number without a decimal point or exponent)"},
		"case": {"Code: a\nunit: {}\n", "x:1:1: field `code` is missing (add it: a code of lower-case letters)\nx:1:1: Code: unknown field `Code` (did you mean `code`?)"},
		"long name": {"unit: {}\ncode: a\n" + strings.Repeat("界", 40) + ": 1\n",
			"x:3:1: [\"" + strings.Repeat("界", 21) + "…\"]: unknown field \"" + strings.Repeat("界", 21) + "…\" (fields here: `any`, `bound`, `code`, `columns`, `flag`, `needs`, `rows`, `share`, `unit`, `update`, `when`)"},
		"terminal escape in a name": {"unit: {}\ncode: a\n\"\\e[31m\": 1\n",
			`x:3:1: ["\x1b[31m"]: the field name holds a control character (write visible characters, words of one script, and ordinary single spaces)`},
		"a text written with an escape":  {"code: a\nunit: {}\nany: [\"a\\u202Eb\"]\n", "x:3:7: any[0]: the text holds a character that does not show, or turns the direction of others (write visible characters, words of one script, and ordinary single spaces)"},
		"a comment that hides something": {"code: a\n# a\u202eb\nunit: {}\n", "x:2: the document holds a character that does not show, or turns the direction of others (write visible characters, words of one script, and ordinary single spaces)"},
		"carriage returns alone":         {"code: a\runit: {}\r", "x:1: a line ends in a carriage return alone (end lines with a line feed (LF or CR LF): save the document again in an editor of today)"},
		"one of them":                    {"code: a\r\n# b\runit: {}\n", "x:2: a line ends in a carriage return alone (end lines with a line feed (LF or CR LF): save the document again in an editor of today)"},
		"a line end of YAML 1.1 alone":   {"# a\u2028code: a\nunit: {}\n", "x:1: the document holds a character that does not show, or turns the direction of others (write visible characters, words of one script, and ordinary single spaces)"},
	} {
		err := decode("x", []byte(c.doc), schema(t), &testDoc{})
		if got := strings.Join(lines(err), "\n"); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
		if glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: code is %q", name, glovebox.CodeOf(err))
		}
	}
}

func TestParseRefusesLargeDocuments(t *testing.T) {
	_, err := Parse("x", []byte(strings.Repeat("#", MaxSize+1)))
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Fatal(err)
	}
}

// TestProblemsRepeatNoValue breaks each scalar of a document in turn with a
// marker and searches the error for it.
func TestProblemsRepeatNoValue(t *testing.T) {
	const marker = "Zq4Marker9"
	const doc = "code: %s\nrows: %s\nshare: %s\nwhen: %s\nupdate: %s\nflag: %s\nunit: %s\ncolumns: [%s, a, a]\nneeds: {a: %s}\nbound: [%s]\nstate: %s\n"
	n := strings.Count(doc, "%s")
	for _, value := range []string{marker, `"` + marker + `"`, "[" + marker + "]", "{k: " + marker + "}", "*" + marker, "&" + marker + " 1", "!" + marker + " 1", "'" + marker, "\"\\q" + marker + `"`} {
		for i := range n {
			args := make([]any, n)
			for j := range args {
				args[j] = "1"
			}
			args[i] = value
			err := decode("x", fmt.Appendf(nil, doc, args...), schema(t), &testDoc{})
			if err == nil {
				t.Fatalf("%q in place %d is accepted", value, i)
			}
			if strings.Contains(err.Error(), marker) {
				t.Errorf("%q in place %d is repeated: %v", value, i, err)
			}
		}
	}
}

func TestProblemsAreCapped(t *testing.T) {
	doc := "code: a\nunit: {}\ncolumns: [" + strings.Repeat("B,", 300) + "]\n"
	// 300 bad forms and 299 repetitions
	got := lines(decode("x", []byte(doc), schema(t), &testDoc{}))
	if len(got) != MaxProblems+1 || got[MaxProblems] != "x: 499 more problems" {
		t.Fatalf("%d lines, last %q", len(got), got[len(got)-1])
	}
}

func TestDocPositions(t *testing.T) {
	for name, doc := range map[string]string{
		"yaml": "\ufeffunit:\n  界: [a,\n      b]\n",
		"json": "{\"unit\":\n {\"界\": [\"a\",\n      \"b\"]}}",
	} {
		d, err := Parse("x", []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if l, c := d.Pos(Path{"unit", "界", 1}); l != 3 || c != 7 {
			t.Errorf("%s: entry at %d:%d", name, l, c)
		}
		if l, c := d.KeyPos(Path{"unit", "界"}); l != 2 || c > 3 {
			t.Errorf("%s: name at %d:%d", name, l, c)
		}
		l, c := d.Pos(Path{"unit", "界"})
		if l2, c2 := d.Pos(Path{"unit", "界", 9, "x"}); l2 != l || c2 != c {
			t.Errorf("%s: a missing part is at %d:%d, not at what holds it", name, l2, c2)
		}
		if !d.Has(Path{"unit", "界", 0}) || d.Has(Path{"unit", "a"}) || d.Has(Path{"unit", "界", 2}) {
			t.Errorf("%s: Has is wrong", name)
		}
	}
}

func TestNearest(t *testing.T) {
	list := []string{"columns", "code", "unit", "quality", "to"}
	for word, want := range map[string]string{
		"colums": "columns", "clomuns": "columns", "Columns": "columns", "cdoe": "code", "unt": "unit",
		"quantities": "", "x": "", "": "", "ot": "to", "zz": "", strings.Repeat("code", 20): "",
	} {
		if got := Nearest(word, list); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

// TestCompileSchemaRefusesWhatItDoesNotCheck: a keyword that is passed over
// would let documents through that the published schema refuses.
func TestCompileSchemaRefusesWhatItDoesNotCheck(t *testing.T) {
	for _, s := range []string{
		`{"$id": "urn:a", "oneOf": [{"type": "string"}]}`,
		`{"$id": "urn:a", "properties": {"a": {"format": "date"}}}`,
		`{"$id": "urn:a", "not": {"type": "string"}}`,
		`{"$id": "urn:a", "additionalProperties": {"type": "string"}}`,
		`{"$id": "urn:a", "type": "array", "uniqueItems": true}`,
		`{"$id": "urn:a", "type": "array", "uniqueItems": true, "items": {"type": ["string", "number"]}}`,
		`{"$id": "urn:a", "enum": ["a", 1]}`,
		`{"$id": "urn:a", "pattern": "("}`,
		`{"$id": "urn:a", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}`,
		`{"$id": "urn:a", "properties": {"a": {"$ref": "#/$defs/b"}}}`,
	} {
		if _, err := CompileSchema([]byte(s)); err == nil || glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestCompileSchemaLoadsNothing(t *testing.T) {
	for _, s := range []string{
		`{"$id": "urn:a", "$ref": "https://example.org/x.json"}`,
		`{"$id": "urn:a", "$ref": "file:///etc/hostname"}`,
		`{"$id": "urn:a", "type": "strin"}`, `{"type": "string"}`, `{`,
	} {
		if _, err := CompileSchema([]byte(s)); err == nil || glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// decode parses a document and decodes it.
func decode(file string, data []byte, s *Schema, out any) error {
	d, err := Parse(file, data)
	if err != nil {
		return err
	}
	return d.Decode(s, out)
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"code: a\nunit: {column: b}\n", `{"code": "a", "unit": {}, "any": [1, 2.5, "\ud83d\ude00", null, true]}`,
		"a: &x [1]\nb: *x\n", "- - - - a\n", "? a\n: b\n", "%YAML 1.1\n---\na: 1\n...\n", "any: |\n  text\n \tx\n", "<<: 1", "{a: 1e400, b: 0x1}",
		"any: .e1", "\ufeff{}", "'", "a: 'b", "[[[[", "a: 1\n# c\n\n# d\n- e",
	} {
		f.Add([]byte(s))
	}
	s := schema(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var out testDoc
		err := decode("f", data, s, &out)
		if err == nil {
			// What is accepted is accepted again in the other syntax, and says the same.
			d, err := Parse("f", data)
			if err != nil {
				t.Fatal(err)
			}
			var marks []mark
			var again testDoc
			if err := decode("f", d.root.appendJSON(nil, &marks), s, &again); err != nil {
				t.Fatalf("as JSON: %v", err)
			}
			if !reflect.DeepEqual(out, again) {
				t.Fatalf("as JSON: %+v, not %+v", again, out)
			}
			return
		}
		parts := []error{err}
		if j, ok := err.(interface{ Unwrap() []error }); ok {
			parts = j.Unwrap()
		}
		for _, p := range parts {
			e, ok := errors.AsType[*glovebox.Error](p)
			if !ok || e.Code != glovebox.CodeInvalid || e.File != "f" || e.Msg == "" {
				t.Fatalf("bad error %#v", p)
			}
		}
	})
}
