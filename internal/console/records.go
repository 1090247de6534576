package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"glovebox.example/glovebox"
)

// What the core answers of products, tickets, modules and snapshots.
type (
	product struct {
		Code         string        `json:"code"`
		Scenario     string        `json:"scenario"`
		Registration string        `json:"registration"`
		State        string        `json:"state"`
		Technique    string        `json:"technique"`
		Security     string        `json:"security"`
		Business     string        `json:"business"`
		Limits       glovebox.Text `json:"limits"`
		By           string        `json:"by"`
		At           string        `json:"at"`
		Steps        []struct {
			State  string `json:"state"`
			By     string `json:"by"`
			At     string `json:"at"`
			Reason string `json:"reason"`
		} `json:"steps"`
		Samples []struct {
			Release string `json:"release"`
			Passed  bool   `json:"passed"`
			Text    string `json:"text"`
			By      string `json:"by"`
			At      string `json:"at"`
		} `json:"samples"`
	}
	productVersion struct {
		Release string        `json:"release"`
		Month   string        `json:"month"`
		Made    string        `json:"made"`
		Content string        `json:"content"`
		Problem glovebox.Text `json:"problem"`
		Files   []struct {
			Form   string `json:"form"`
			Name   string `json:"name"`
			Bytes  int64  `json:"bytes"`
			SHA256 string `json:"sha256"`
		} `json:"files"`
	}
	ticket struct {
		ID      string `json:"id"`
		Dataset string `json:"dataset"`
		Column  string `json:"column"`
		Title   string `json:"title"`
		Track   string `json:"track"`
		State   string `json:"state"`
		Owner   string `json:"owner"`
		By      string `json:"by"`
		Org     string `json:"org"`
		At      string `json:"at"`
		Due     string `json:"due"`
		Overdue bool   `json:"overdue"`
		Said    []struct {
			By    string `json:"by"`
			At    string `json:"at"`
			Text  string `json:"text"`
			State string `json:"state"`
		} `json:"said"`
	}
	module struct {
		Digest    string   `json:"digest"`
		Name      string   `json:"name"`
		Version   string   `json:"version"`
		Functions []string `json:"functions"`
		Bytes     int64    `json:"bytes"`
		State     string   `json:"state"`
		By        string   `json:"by"`
		Org       string   `json:"org"`
		At        string   `json:"at"`
		Source    string   `json:"source"`
		Recipe    string   `json:"recipe"`
		Words     []struct {
			By   string        `json:"by"`
			Org  string        `json:"org"`
			Role glovebox.Role `json:"role"`
			At   string        `json:"at"`
			Text string        `json:"text"`
		} `json:"words"`
		Promoted []struct {
			Job    string `json:"job"`
			Report string `json:"report"`
			Same   bool   `json:"same"`
			Units  int    `json:"units"`
			By     string `json:"by"`
			At     string `json:"at"`
			Text   string `json:"text"`
		} `json:"promoted"`
	}
	snapshot struct {
		Version   int    `json:"version"`
		Digest    string `json:"digest"`
		Loaded    string `json:"loaded"`
		By        string `json:"by"`
		State     string `json:"state"`
		Destroyed string `json:"destroyed"`
	}
	binding struct {
		ID      string `json:"id"`
		Issuer  string `json:"issuer"`
		Subject string `json:"subject"`
		User    string `json:"user"`
		State   string `json:"state"`
		Added   string `json:"added"`
		By      string `json:"by"`
		StateOf string `json:"-"`
	}
)

// lister is a page with all documents of a kind.
func lister[T any](path, page, section string, title func(*view) string, keep func(*view, T, string) bool) func(*view) error {
	return func(v *view) error {
		var all []T
		if err := v.get(path, nil, &all); err != nil {
			return err
		}
		v.Section = section
		v.show(http.StatusOK, page, title(v), paged(v, all, func(x T, q string) bool { return keep(v, x, q) }))
		return nil
	}
}

// one is the document of a kind that a page is about, with its state.
func one[T any](v *view, path, kind, name string, of func(T) string) (x T, stateOf string, err error) {
	var all []T
	if err := v.get(path, nil, &all); err != nil {
		return x, "", err
	}
	i := slices.IndexFunc(all, func(x T) bool { return of(x) == name })
	if i < 0 {
		return x, "", notThere()
	}
	stateOf, err = v.stateOf(kind + "/" + name)
	return all[i], stateOf, err
}

// productPage is a product on the list, with what left of it.
type productPage struct {
	product
	StateOf  string
	Versions []productVersion
	Server   string // where its data are read
}

func productShow(v *view) error {
	code := v.r.PathValue("code")
	p := &productPage{Server: "https://" + v.r.Host}
	var err error
	if p.StateOf, err = v.look("/products/"+id(code), &p.product); err != nil {
		return err
	}
	var versions struct {
		Versions []productVersion `json:"versions"`
	}
	if err := v.get("/products/"+id(code)+"/versions", nil, &versions); err == nil {
		p.Versions = versions.Versions
	}
	v.Section = "products"
	v.show(http.StatusOK, "product", v.NameOf(code), p)
	return nil
}

func ticketShow(v *view) error {
	x, state, err := one(v, "/tickets", "ticket", v.r.PathValue("id"), func(t ticket) string { return t.ID })
	if err != nil {
		return err
	}
	v.Section = "tickets"
	v.show(http.StatusOK, "ticket", x.Title, &struct {
		ticket
		StateOf string
	}{x, state})
	return nil
}

func moduleShow(v *view) error {
	x, state, err := one(v, "/modules", "module", v.r.PathValue("digest"), func(m module) string { return m.Digest })
	if err != nil {
		return err
	}
	v.Section = "modules"
	v.show(http.StatusOK, "module", strings.TrimSpace(x.Name+" "+x.Version), &struct {
		module
		StateOf string
	}{x, state})
	return nil
}

// snapshots are those of a dataset, newest first.
func (v *view) snapshots(code string) (all []snapshot, err error) {
	err = v.get("/datasets/"+id(code)+"/snapshots", nil, &all)
	slices.SortFunc(all, func(a, b snapshot) int { return b.Version - a.Version })
	return all, err
}

// bindings are a person's accounts of identity providers.
func (v *view) bindings(of string) (all []binding, err error) {
	if err := v.get("/users/"+id(of)+"/bindings", nil, &all); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].StateOf, err = v.stateOf("binding/" + all[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// StateOf is the state of a document as an act about it names it; empty where it
// cannot be seen.
func (v *view) StateOf(subject string) string {
	s, err := v.stateOf(subject)
	if err != nil {
		return ""
	}
	return s
}

// New is the address of the form of an act about a document.
func (v *view) New(act, subject, state string) string {
	return "/new/" + act + "?" + url.Values{"subject": {subject}, "state": {state}, "back": {v.Here()}}.Encode()
}
