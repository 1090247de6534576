package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"

	"glovebox.example/glovebox"
)

// paperRows is how many rows of the table a paper has; the files of the bundle have
// all.
const paperRows = 2000

// paper is a release as one file that a person reads without any tool.
type paper struct {
	releasePage
	Seal   Seal
	CSS    template.CSS
	Policy string
	Left   int // rows that the files of the bundle have and the paper has not
}

// Seal is what was checked of a bundle that was verified.
type Seal struct {
	Domain, Release, Content, Fingerprint string
	Index                                 uint64 // of the decision's entry in the log
	Trusted                               bool   // the key was given, not the bundle's own
}

// Paper makes a report of a bundle that was verified: one file of HTML with charts,
// facts in plain words, the table, how it was made, and what was checked. It asks
// nothing from elsewhere, runs no script, prints on A4, and is the same bytes every
// time, so that whoever has the bundle can make it again and compare. content is the
// bundle's result.json.
func Paper(l glovebox.Lang, r Seal, content []byte) ([]byte, error) {
	c := New(Options{})
	css, err := files.ReadFile("static/app.css")
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	sum := sha256.Sum256(css)
	p := &paper{Seal: r, CSS: template.CSS(css), //nolint:gosec // the program's own
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"}
	if err := json.Unmarshal(content, &p.Content); err != nil || p.Content == nil || p.Content.Facts.Domain == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "result.json is not what this version of glovebox knows").WithFix("use the version that made the bundle, or a later one")
	}
	v := &view{c: c, Lang: l, Title: p.Content.Facts.Product.Title.In(l), Domain: r.Domain, D: p}
	table := p.table()
	p.Left = max(0, len(table)-paperRows)
	p.Table = &list[[]cell]{Rows: table[:len(table)-p.Left]}
	var b bytes.Buffer
	if err := c.pages[l].ExecuteTemplate(&b, "paper", v); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	return b.Bytes(), nil
}
