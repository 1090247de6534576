package record

import (
	"strings"
	"testing"
)

// TestYAMLTakesWhatIsValid: what YAML 1.2 has and the parser does not know is
// read as it is meant, and its look-alikes are refused or left alone.
func TestYAMLTakesWhatIsValid(t *testing.T) {
	for _, c := range []struct{ doc, want string }{
		{"- \tv\n", "v"},
		{"# first\n- a\n-\tv\n", "a|v"},
		{"- a\r\n- \t \"v: w\"\r\n", ""}, // not sure: refused
		{"- - \tv\n", "v"},
		{"- \t[v, w]\n", "v|w"},
		{"- \"a\\/b\"\n- 'a\\/b'\n- a\\/b\n", `a/b|a\/b|a\/b`},
		{"- [\"a\\/b\\/c\", \"\\\\/\"]\n", `a/b/c|\/`},
		{"- |\n  - \tv \"a\\/b\"\n- \"a\\/\"\n- \tv\n", "- \tv \"a\\/b\"\n|a/|v"},
		{"- ['a\\/b', \"a\\/b\"]\n", ""}, // not sure: refused
		{"- \t- v\n", ""},
		{"- \ta: v\n", ""},
		{"- \"a\\zb\"\n", ""},
		{strings.Repeat("- \tv\n", maxMended+1), ""},
	} {
		var ps Problems
		n, err := fromYAML("x", []byte(c.doc), &ps)
		var got []string
		var texts func(n *node)
		texts = func(n *node) {
			if n.kind == kindText {
				got = append(got, n.text)
			}
			for _, i := range n.items {
				texts(i)
			}
		}
		if err == nil {
			texts(n)
		}
		if s := strings.Join(got, "|"); s != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: %q, %v", c.doc, s, err)
		}
	}
}
