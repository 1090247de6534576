package record

import (
	"strings"
	"testing"
)

// TestYAMLIsStrict holds the reader to YAML 1.2 where its parser is of 1.1 or
// forgiving. Each text is one kind of fault of the public YAML test suite, or
// its right neighbour.
func TestYAMLIsStrict(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		// tags
		{"a: ! b\n", "x:1:4: a: tags are not taken"},
		{"a: ! 3\n", "x:1:4: a: tags are not taken"},
		{"a: !\n", "x:1:4: a: tags are not taken"},
		{"a: ! [1]\n", "x:1:4: a: tags are not taken"},
		{"a: !\n  b: 1\n", "x:1:4: a: tags are not taken"},
		{"a: {b: ! c}\n", "x:1:8: a.b: tags are not taken"},
		{"a:\n  - !local b\n", "x:2:5: a[0]: tags are not taken"},
		{"! a: b\n", "x:1:1: tags and anchors are not taken"},
		{"a: {! b: c}\n", "x:1:5: a: tags and anchors are not taken"},
		{"--- ! a\n", "x:1:5: tags are not taken"},
		{"界: ! b\n", "x:1:4: 界: tags are not taken"},
		{"a: b ! c\n", ""},
		{"a: \"! c\"\n", ""},
		// directives
		{"%YAML 1.2\n---\na: 1\n", ""},
		{"%YAML 1.1 # as old parsers write\n---\na: 1\n", ""},
		{"# first\n\n%YAML \t1.2\t\r\n--- # here\r\na: 1\r\n", ""},
		{"%YAML 1.2\n--- a\n", ""},
		{"%YAML 1.2#\n---\na: 1\n", "x:1: a directive is not taken"},
		{"%YAML 1.3\n---\na: 1\n", "x:1: a directive is not taken"},
		{"%YAML 1.2 1.2\n---\na: 1\n", "x:1: a directive is not taken"},
		{"%yaml 1.2\n---\na: 1\n", "x:1: a directive is not taken"},
		{"%TAG ! tag:a,2020:\n---\na: 1\n", "x:1: a directive is not taken"},
		{"# x\n%OTHER\n---\na: 1\n", "x:2: a directive is not taken"},
		{"%YAML 1.2\n%YAML 1.2\n---\na: 1\n", "x:2: the directive %YAML is given twice"},
		{"%YAML 1.2\na: 1\n", "x:2: no document follows the directive %YAML"},
		{"%YAML 1.2\n---a: 1\n", "x:2: no document follows the directive %YAML"},
		{"%YAML 1.2\n", "x:1: no document follows the directive %YAML"},
		{"%YAML 1.2\n---\na: {b: [}\n", "x:3: not a YAML document"},
		// lines in brackets
		{"a: [b,\n c,\n d]\n", ""},
		{"a: [b,\nc]\n", "x:1:4: a value goes on in lines with too little indent"},
		{"a: [\n  b\n]\n", "x:1:4: a value goes on in lines with too little indent"},
		{"a: {b: 1,\n# words\n\n\t\n  c: 2}\n", ""},
		{"a: {b: 1,\nc: 2}\n", "x:1:4: a value goes on in lines with too little indent"},
		{"- [\n\tb,\n c]\n", "x:1:3: a value goes on in lines with too little indent"},
		{"a:\n  b: [c,\n  d]\n", "x:2:6: a value goes on in lines with too little indent"},
		{"a:\n- [b,\n  c]\n", ""},
		{"[\na,\nb\n]\n", ""},
		// quoted texts of several lines
		{"a: \"b\n  c\"\n", ""},
		{"a: \"b\nc\"\n", "x:1:4: a value goes on in lines with too little indent"},
		{"a: 'b\n\n\tc'\n", "x:1:4: a value goes on in lines with too little indent"},
		{"a: [\"b\n c\", 'd\ne']\n", "x:2:6: a value goes on in lines with too little indent"},
		{"a: \"b\\\n  c\"\n", ""},
		{"\"b\nc\"\n", ""},
		// comments
		{"a: \"b\" # c\n", ""},
		{"a: \"b\"# c\n", "x:1:4: a comment follows a value without a space"},
		{"a: 'it''s'# c\n", "x:1:4: a comment follows a value without a space"},
		{"a: [b]# c\n", "x:1:4: a comment follows a value without a space"},
		{"a: {}# c\n", "x:1:4: a comment follows a value without a space"},
		{"a: [b, # c\n  d]\n", ""},
		{"a: [b,# c\n  d]\n", "x:1:4: a comment follows a value without a space"},
		{"a: [# c\n  d]\n", "x:1:4: a comment follows a value without a space"},
		{"a: [\"b\"# c\n  , d]\n", "x:1:4: a comment follows a value without a space"},
		{"a: [b#c, 'd # e', \"f ]# g\"]\n", ""},
		{"a: b#c\n", ""},
		{"a: |# c\n  d\n", "x:1:4: a comment follows a value without a space"},
		{"a: >-2# c\n   d\n", "x:1:4: a comment follows a value without a space"},
		{"a: |- # c\n  d\n", ""},
		// escapes
		{"a: \"it\\'s\"\n", "x:1:4: a quoted text holds an escape that YAML does not know"},
		{"a: {\"b\\'\": 1}\n", "x:1:5: a quoted text holds an escape that YAML does not know"},
		{"a: 'it\\''s'\n", ""},
		{"a: \"\\\\'\"\n", ""},
		// marks as texts
		{"a: [-]\n", "x:1:5: a text in brackets is a mark of a list alone"},
		{"a: [b, [c, -]]\n", "x:1:12: a text in brackets is a mark of a list alone"},
		{"a: {b: -}\n", "x:1:8: a text in brackets is a mark of a list alone"},
		{"a: ['-', -1, --]\n", ""},
		{"a: [?b]\n", "x:1:4: a text in brackets can be read in two ways"},
		{"a: {?b: c}\n", "x:1:4: a text in brackets can be read in two ways"},
		{"a: {b:, c: 1}\n", "x:1:4: a text in brackets can be read in two ways"},
		{"a: {? b : c}\n", ""},
		{"a: {\"b\": c, d: ef}\n", ""},
		{"? \n: b\n", "x:1:2: a field name is empty"},
		// empty lines before a text
		{"a: |\n\n  \n  b\n", ""},
		{"a: >\n \n  \n   \n # b\n", "x:1:4: an empty line before a text is indented deeper than the text"},
		{"a: |2\n    \n  b\n", ""},
	} {
		_, err := Parse("x", []byte(c.doc))
		got := strings.Join(lines(err), "\n")
		if c.want == "" && err != nil || c.want != "" && !strings.HasPrefix(got, c.want) {
			t.Errorf("%q:\n got %s\nwant %s", c.doc, got, c.want)
		}
	}
}

// TestLastLineWithoutEnd reads a document whose last line does not end as the
// one whose last line does.
func TestLastLineWithoutEnd(t *testing.T) {
	for _, doc := range []string{"a: |\n  b\n   ", "- |+\n   ", "a: b"} {
		for _, end := range []string{"", "\n"} {
			d, err := Parse("x", []byte(doc+end))
			if err != nil {
				t.Fatalf("%q: %v", doc, err)
			}
			var marks []mark
			if got, want := string(d.root.appendJSON(nil, &marks)), map[string]string{
				"a: |\n  b\n   ": `{"a":"b\n \n"}`, "- |+\n   ": `["\n"]`, "a: b": `{"a":"b"}`,
			}[doc]; got != want {
				t.Errorf("%q: got %s, want %s", doc+end, got, want)
			}
		}
	}
}

// TestStrictIsLinear reads long documents whose every byte is
// work for the checks. Quadratic work would outlast the tests' deadline.
func TestStrictIsLinear(t *testing.T) {
	const size = MaxSize / 4
	for _, doc := range []string{
		"a: [" + strings.Repeat("1,", size/2-8) + "]",
		"a: [" + strings.Repeat("1, #\n ", size/6-8) + "]",
		"a: \"" + strings.Repeat("b\n  ", size/4-8) + "\"",
		"a: |\n" + strings.Repeat(" \n", size/2-8) + "  b\n",
		strings.Repeat("#\n", size/2-8) + "%YAML 1.2\n---\n1",
	} {
		if _, err := Parse("x", []byte(doc)); err != nil {
			t.Errorf("%.20q: %v", doc, err)
		}
	}
}
