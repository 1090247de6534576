package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
)

// document is the page of the form of an act.
type document struct {
	form
	Row     *access.Act
	Subject string
	State   string
	Values  map[string]string // of fields that the address fills in
	Files   bool
	Done    string // where to go when it is signed
}

// documentNew is the form of an act. The address fills fields in: ?p.dataset=x.
func documentNew(v *view) error {
	row, f, err := v.formed()
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	d := &document{form: f, Row: row, Subject: q.Get("subject"), State: q.Get("state"), Values: map[string]string{}, Files: f.hasFiles(), Done: local(q.Get("back"))}
	if q.Get("back") == "" {
		d.Done = "/" + sectionOf(row)
	}
	for _, x := range f.Inputs {
		d.Values[x.Field()] = q.Get(x.Field())
	}
	v.Section = sectionOf(row)
	v.show(http.StatusOK, "document", v.title(row), d)
	return nil
}

// formed is the act that the address names, with its form.
func (v *view) formed() (*access.Act, form, error) {
	row, ok := access.Find(v.r.PathValue("name"))
	if ok {
		if f, ok := forms[row.Name]; ok {
			return row, f, nil
		}
	}
	return nil, form{}, notThere()
}

// documentTake takes the files of a form in and goes on to the signature.
func documentTake(v *view) error {
	row, f, err := v.formed()
	if err != nil {
		return err
	}
	if !f.hasFiles() {
		return badForm()
	}
	names, texts, err := v.handIn()
	if err != nil {
		return err
	}
	filled := url.Values{"back": {texts["back"]}, "done": {texts["done"]}}
	for name, x := range texts {
		if kind, _, ok := strings.Cut(name, "."); ok && slices.Contains([]string{"p", "n", "b", "l", "id"}, kind) || name == "subject" || name == "state" || name == "role" {
			filled.Set(name, x)
		}
	}
	for name, digest := range names {
		filled.Set("file."+name, digest)
		if filled.Get("p.file") == "" {
			filled.Set("p.file", name) // written in the page
		}
	}
	if written := strings.TrimSpace(texts["text"]) != ""; filled.Get("p.file") == "" || written && texts["p.file"] != "" {
		return glovebox.Errorf(glovebox.CodeInvalid, "the form wants one file, or its text").WithFix("choose a file, or write its text, and not both")
	}
	filled.Del("p.more")
	return v.signForm(row, filled, texts["text"])
}

// signDocument shows the act whose document was made here, to be signed.
func (v *view) signDocument(row *access.Act, subject, state, name, digest, text, back string) error {
	return v.signForm(row, url.Values{"subject": {subject}, "state": {state}, "p.file": {name}, "file." + name: {digest}, "back": {back}, "done": {"/" + sectionOf(row)}}, text)
}

// signForm shows the act of a form that was filled in, to be signed.
func (v *view) signForm(row *access.Act, filled url.Values, text string) error {
	v.r.PostForm = filled
	s, err := v.stepOf(row, filled)
	if err != nil {
		return err
	}
	s.Document = text
	v.Section = sectionOf(row)
	v.show(http.StatusOK, "sign", v.T("Sign"), s)
	return nil
}

// sectionOf is where an act belongs.
func sectionOf(row *access.Act) string {
	switch row.Kind() {
	case "dataset", "scenario", "job", "release", "product", "ticket", "module":
		return row.Kind() + "s"
	case "user", "key", "org", "binding":
		return "people"
	}
	return "settings"
}

func (v *view) title(row *access.Act) string { return sentence(v.Lang, row.Text) }

// grantTake makes the document of a grant of the matrix's form, and goes on to the
// signature.
func grantTake(v *view) error {
	row, _ := access.Find("scenario.grant")
	code := v.r.PathValue("code")
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		return badForm()
	}
	text, err := grantText(code, v.r.PostForm)
	if err != nil {
		return err
	}
	digest, err := v.upload([]byte(text))
	if err != nil {
		return err
	}
	v.Section = "scenarios"
	return v.signDocument(row, "scenario/"+code, v.r.PostForm.Get("state"), "grant.yaml", digest, text, "/scenarios/"+id(code))
}

// grantText writes a grant as YAML, of a form with the fields from, until,
// developer, product, approval, kind.DATASET, cap.DATASET, delta.DATASET and, for
// each column, use.DATASET.COLUMN and mask.DATASET.COLUMN.
func grantText(code string, f map[string][]string) (string, error) {
	one := func(name string) string {
		if len(f[name]) == 0 {
			return ""
		}
		return strings.TrimSpace(f[name][0])
	}
	quoteAll := func(all []string) string {
		var out []string
		for _, s := range all {
			out = append(out, quote1(s))
		}
		return "[" + strings.Join(out, ", ") + "]"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "scenario: %s\nfrom: %s\nuntil: %s\ndevelopers: %s\nproducts: %s\n", quote1(code), quote1(one("from")), quote1(one("until")), quoteAll(f["developer"]), quoteAll(f["product"]))
	if len(f["approval"]) > 0 {
		fmt.Fprintf(&b, "approvals: %s\n", quoteAll(f["approval"]))
	}
	columns := map[string][]string{}
	for name := range f {
		if rest, ok := strings.CutPrefix(name, "use."); ok {
			if d, c, ok := strings.Cut(rest, "."); ok {
				columns[d] = append(columns[d], c)
			}
		}
	}
	if len(columns) == 0 {
		return "", glovebox.Errorf(glovebox.CodeInvalid, "the grant names no column").WithFix("choose a use for each column that may be used")
	}
	b.WriteString("datasets:\n")
	for _, d := range sortedNames(columns) {
		fmt.Fprintf(&b, "  %s:\n", quote1(d))
		for _, x := range [][2]string{{"kind." + d, "cap." + d}, {"", "delta." + d}} {
			amount, key := one(x[1]), "delta"
			if x[0] != "" {
				if key = "epsilon"; one(x[0]) == "zcdp" {
					key = "rho"
				}
			}
			if amount == "" {
				continue
			}
			var n json.Number
			if json.Unmarshal([]byte(amount), &n) != nil {
				return "", glovebox.Invalid(x[1], "is not a number").WithFix("write digits, with a point before parts of a whole")
			}
			fmt.Fprintf(&b, "    %s: %s\n", key, amount)
		}
		b.WriteString("    columns:\n")
		slices.Sort(columns[d])
		for _, c := range columns[d] {
			fmt.Fprintf(&b, "      %s: {use: %s%s}\n", quote1(c), quoteAll(f["use."+d+"."+c]), maskText(one("mask."+d+"."+c)))
		}
	}
	return b.String(), nil
}

// masks are what a form can choose; others are written in a file.
var masks = []string{"", "none", "token", "suppress", "generalise-year", "generalise-quarter", "generalise-month", "generalise-5", "generalise-10", "generalise-100", "generalise-1000"}

func maskText(m string) string {
	kind, by, _ := strings.Cut(m, "-")
	switch {
	case !slices.Contains(masks, m) || m == "":
		return ""
	case kind != "generalise":
		return ", mask: {kind: " + kind + "}"
	case by == "year" || by == "quarter" || by == "month":
		return ", mask: {kind: generalise, to: " + by + "}"
	}
	return ", mask: {kind: generalise, step: " + by + "}"
}

// quote1 is a text as YAML and JSON have it.
func quote1(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

func sortedNames[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
