package console

import (
	"net/http"
	"slices"
	"strings"

	"glovebox.example/glovebox"
)

func people(v *view) error {
	var all []glovebox.User
	if err := v.get("/users", nil, &all); err != nil {
		return err
	}
	v.Section = "people"
	v.show(http.StatusOK, "people", v.T("People"), paged(v, all, func(u glovebox.User, q string) bool { return has(q, u.Name, u.Full, u.Org) }))
	return nil
}

// orgs lists the institutions.
func orgs(v *view) error {
	var all []glovebox.Org
	if err := v.get("/orgs", nil, &all); err != nil {
		return err
	}
	v.Section = "people"
	v.show(http.StatusOK, "orgs", v.T("Institutions"), paged(v, all, func(o glovebox.Org, q string) bool { return has(q, o.Name, o.District, o.Filing) }))
	return nil
}

// personPage is one person, with what may be done about them.
type personPage struct {
	glovebox.User
	StateOf string
	Keys    []keyDoc
	Bound   []binding
	Keeps   bool // whoever looks may confirm, suspend and take roles
	Adds    bool // whoever looks may register
	Self    bool
	Orgs    []glovebox.Org
}

func personShow(v *view) error {
	name := v.r.PathValue("name")
	p := &personPage{Keeps: v.Holds(glovebox.RoleRegistrar, glovebox.RoleAuthority), Adds: v.Holds(glovebox.RoleRegistrar), Self: name == v.Me.Name}
	var err error
	if p.StateOf, err = v.look("/users/"+id(name), &p.User); err != nil {
		return err
	}
	if p.Self || v.Holds(glovebox.RoleRegistrar, glovebox.RoleAuthority, glovebox.RoleAuditor) {
		if p.Keys, err = v.keys(name); err != nil {
			return err
		}
		if p.Bound, err = v.bindings(name); err != nil {
			return err
		}
	}
	v.Section = "people"
	title := p.Name
	if p.Full != "" {
		title = p.Full
	}
	v.show(http.StatusOK, "person", title, p)
	return nil
}

// keys are those of a person, with the state that an act about one names.
func (v *view) keys(of string) (all []keyDoc, err error) {
	if err := v.get("/users/"+id(of)+"/keys", nil, &all); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].State == "revoked" {
			continue
		}
		if all[i].StateOf, err = v.stateOf("key/" + all[i].Key.ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// stateOf is the state of a document as it is now, as an act about it names it.
func (v *view) stateOf(subject string) (string, error) {
	var s struct {
		State string `json:"state"`
	}
	kind, of, _ := strings.Cut(subject, "/")
	err := v.get("/states/"+id(kind)+"/"+id(of), nil, &s)
	return s.State, err
}

// Roles that exist.
func (v *view) AllRoles() []glovebox.Role { return glovebox.Roles }

// maxSuggested is how many institutions the form of a person proposes; others are
// written.
const maxSuggested = 200

// personNew is the form of a new person, orgNew that of an institution.
func personNew(v *view) error {
	var all []glovebox.Org
	if err := v.get("/orgs", nil, &all); err != nil {
		return err
	}
	v.Section = "people"
	v.show(http.StatusOK, "newperson", v.T("Register a person"), all[:min(len(all), maxSuggested)])
	return nil
}

func orgNew(v *view) error {
	v.Section = "people"
	v.show(http.StatusOK, "neworg", v.T("Register an institution"), []string{"bureau", "operator", "firm", "auditor", "other"})
	return nil
}

// mePage is whoever looks.
type mePage struct{ Keys []keyDoc }

func me(v *view) error {
	p := &mePage{}
	var err error
	if p.Keys, err = v.keys(v.Me.Name); err != nil {
		return err
	}
	v.Section = "me"
	v.show(http.StatusOK, "me", v.T("My keys and sessions"), p)
	return nil
}

// settingsPage is the domain as it is.
type settingsPage struct {
	Key        string
	Checkpoint string
	Spaces     []space
	Nodes      struct {
		Engine struct {
			Kind string `json:"kind"`
			At   string `json:"at"`
		} `json:"engine"`
		Nodes []struct {
			Name   string   `json:"name"`
			State  string   `json:"state"`
			Walls  []string `json:"walls"`
			Since  string   `json:"since"`
			Binary string   `json:"binary"`
		} `json:"nodes"`
	}
	Places     []place
	MoreSpaces int
	MoreNodes  int
}

func settings(v *view) error {
	p := &settingsPage{}
	var x struct {
		Checkpoint string `json:"checkpoint"`
		Key        string `json:"key"`
	}
	if err := v.get("/log/checkpoint", nil, &x); err != nil {
		return err
	}
	p.Key, p.Checkpoint = x.Key, x.Checkpoint
	if err := v.get("/spaces", nil, &p.Spaces); err != nil {
		return err
	}
	if err := v.get("/nodes", nil, &p.Nodes); err != nil {
		return err
	}
	if err := v.get("/places", nil, &p.Places); err != nil {
		p.Places = nil // not for everybody
	}
	p.Spaces, p.MoreSpaces = few(p.Spaces)
	p.Nodes.Nodes, p.MoreNodes = few(p.Nodes.Nodes)
	v.Section = "settings"
	v.show(http.StatusOK, "settings", v.T("Settings"), p)
	return nil
}

// start is what each role does first.
func start(v *view) error {
	v.Section = "start"
	roles := slices.Clone(v.Me.Roles)
	v.show(http.StatusOK, "start", v.T("First steps"), roles)
	return nil
}
