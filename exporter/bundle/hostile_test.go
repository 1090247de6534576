package bundle_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"glovebox.example/glovebox/exporter/bundle"

	"golang.org/x/mod/sumdb/note"
)

// hidden are texts that a screen would obey, or not show. Those after the first
// three are printable in the eyes of package strconv.
var hidden = []string{"\x1b[2J", "\u202e", "\U000e0041", "\ufe0f", "\u3164", "\u115f", "\uffa0", "\u034f", "\u17b4", "\u2800", "\ufffc", "\x9b2J", "\xff"}

// shows fails for a text that a screen would not show as it is: it asks the
// tables of Unicode, not package text.
func shows(t *testing.T, where, s string) {
	t.Helper()
	for _, x := range hidden {
		if strings.Contains(s, x) {
			t.Errorf("%s: %+q holds %+q", where, s, x)
		}
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }) {
		t.Errorf("%s: %+q", where, s)
	}
}

// TestReportsCanBeShown puts each trick into every text of a bundle that somebody
// else signed, and into the names of its files.
func TestReportsCanBeShown(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	for _, x := range hidden {
		f := resign(t, files, func(s map[string]any) {
			p := s["predicate"].(map[string]any)
			p["domain"] = "a" + x
			p["facts"] = map[string]any{"a" + x: []any{"b" + x}}
			product, decision := p["product"].(map[string]any), p["decision"].(map[string]any)
			product["code"], product["registration"], product["title"], product["limits"] = "c"+x, "d"+x, map[string]any{"zh": "e" + x}, map[string]any{"en": "f" + x}
			decision["revision"], decision["reasons"] = "g"+x, []any{map[string]any{"rule": "h" + x, "text": map[string]any{"en": "i" + x}}}
			p["receipt"].(map[string]any)["job"] = "j" + x
		}).(fstest.MapFS)
		f["k"+x] = &fstest.MapFile{Data: []byte("x")}
		f["l"+x+"/m"] = &fstest.MapFile{Data: []byte("x")}
		r := check(t, f, trusted(t))
		if len(r.Failures) < 4 || r.Product.Code == "" || r.Decision.Revision == "" || len(r.Facts) == 0 {
			t.Fatalf("%+q: the report says too little: %+v", x, r)
		}
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(r); err != nil {
			t.Fatal(err)
		}
		shows(t, "report", out.String())
		for _, s := range []string{r.Err().Error(), r.Domain, r.Key, r.Product.Limits.EN, r.Product.Title.ZH, r.Product.Registration, r.Receipt.Job, r.Decision.Reasons[0].Text.EN, string(r.Facts)} {
			shows(t, "report", s)
		}
		// A key may have any name, which every message about it holds.
		key, err := note.NewEd25519VerifierKey("n"+x, private().Public().(ed25519.PublicKey))
		if err != nil {
			continue // it is no UTF-8
		}
		if _, _, err := bundle.ParseKey(key); err == nil {
			t.Errorf("a key with the name %+q is taken", "n"+x)
		}
		f[bundle.KeyFile] = &fstest.MapFile{Data: []byte(key + "\n")}
		for _, o := range []*bundle.Options{nil, trusted(t)} {
			r := check(t, f, o)
			shows(t, "report on its key", r.Err().Error()+r.Domain+r.Key)
		}
	}
}
