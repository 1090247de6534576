package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
)

// contract is docs/cli-json.md: what each command prints, and the shapes.
type contract struct {
	commands map[string]string
	shapes   map[string][]field
	seen     map[string]bool // "shape.field"
}

type field struct {
	name, typ string
	optional  bool
}

func readContract(t *testing.T) *contract {
	t.Helper()
	b, err := os.ReadFile("../../docs/cli-json.md")
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{map[string]string{}, map[string][]field{}, map[string]bool{}}
	shape, inCommands := "", false
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "### "):
			shape, inCommands = line[4:], false
			if _, twice := c.shapes[shape]; twice {
				t.Errorf("shape %s is described twice", shape)
			}
			c.shapes[shape] = nil
		case strings.HasPrefix(line, "## "):
			shape, inCommands = "", line == "## Commands"
		case inCommands && commandRow.MatchString(line):
			m := commandRow.FindStringSubmatch(line)
			c.commands[m[1]] = m[2]
		case shape != "" && fieldRow.MatchString(line):
			m := fieldRow.FindStringSubmatch(line)
			typ, optional := strings.CutSuffix(strings.TrimSpace(m[2]), ", optional")
			c.shapes[shape] = append(c.shapes[shape], field{m[1], typ, optional})
		case shape != "" && strings.HasPrefix(line, "| `"):
			t.Errorf("shape %s: a row that cannot be read: %s", shape, line)
		}
	}
	return c
}

// check says what is wrong with a value of a documented type.
func (c *contract) check(at string, v any, typ string) (wrong []string) {
	bad := func() []string { return []string{fmt.Sprintf("%s is not %s", at, typ)} }
	if rest, ok := strings.CutPrefix(typ, "list of "); ok {
		list, ok := v.([]any)
		if !ok {
			return bad()
		}
		for i, x := range list {
			wrong = append(wrong, c.check(fmt.Sprintf("%s[%d]", at, i), x, rest)...)
		}
		return wrong
	}
	if rest, ok := strings.CutPrefix(typ, "map of "); ok {
		m, ok := v.(map[string]any)
		if !ok {
			return bad()
		}
		for k, x := range m {
			wrong = append(wrong, c.check(at+"."+k, x, rest)...)
		}
		return wrong
	}
	if rest, ok := strings.CutSuffix(typ, " or null"); ok {
		if v == nil {
			return nil
		}
		typ = rest
	}
	ok := false
	switch typ {
	case "text":
		_, ok = v.(string)
	case "true or false":
		_, ok = v.(bool)
	case "number":
		_, ok = v.(json.Number)
	case "integer":
		var n json.Number
		if n, ok = v.(json.Number); ok {
			ok = !strings.ContainsAny(n.String(), ".eE")
		}
	case "any":
		ok = v != nil
	default:
		return c.shape(at, v, strings.Trim(typ, "`"))
	}
	if !ok {
		return bad()
	}
	return nil
}

func (c *contract) shape(at string, v any, name string) (wrong []string) {
	fields, known := c.shapes[name]
	if !known {
		return []string{fmt.Sprintf("%s: the document has no shape %q", at, name)}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is not a %s", at, name)}
	}
	left := maps.Clone(m)
	for _, f := range fields {
		x, there := m[f.name]
		delete(left, f.name)
		if !there {
			if !f.optional {
				wrong = append(wrong, fmt.Sprintf("%s lacks %s.%s", at, name, f.name))
			}
			continue
		}
		c.seen[name+"."+f.name] = true
		wrong = append(wrong, c.check(at+"."+f.name, x, f.typ)...)
	}
	for k := range left {
		wrong = append(wrong, fmt.Sprintf("%s.%s is not documented in %s", at, k, name))
	}
	return wrong
}

// document decodes exactly one JSON document.
func document(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("more than one document")
	}
	return v, nil
}

// TestContractSeesDifferences: the check behind TestJSONIsAsDocumented can fail.
func TestContractSeesDifferences(t *testing.T) {
	c := readContract(t)
	for doc, want := range map[string]string{
		`{"admitted":true,"digest":"d"}`:           "",
		`{"admitted":true}`:                        "x lacks admission.digest",
		`{"admitted":true,"digest":"d","extra":1}`: "x.extra is not documented in admission",
		`{"admitted":1,"digest":"d"}`:              "x.admitted is not true or false",
		`{"admitted":true,"digest":null}`:          "x.digest is not text",
		`null`:                                     "x is not a admission",
	} {
		v, err := document([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.check("x", v, "`admission`"), "; "); got != want {
			t.Errorf("%s: %q, want %q", doc, got, want)
		}
	}
	if wrong := c.check("x", nil, "list of `user`"); len(wrong) != 1 {
		t.Errorf("null passes for a list: %v", wrong)
	}
	if _, err := document([]byte("{} {}")); err == nil {
		t.Error("two documents pass for one")
	}
}
