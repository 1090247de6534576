package console

import (
	"net/http"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
)

// reasoned are the acts that take a reason and nothing else: pages offer them
// wherever the state of a document and a role of whoever looks allow.
var reasoned = []string{"user.suspend", "user.resume", "user.end", "org.suspend", "org.resume", "org.end", "dataset.pause", "dataset.resume", "dataset.withdraw",
	"scenario.suspend", "scenario.resume", "scenario.end", "domain.freeze", "domain.unfreeze", "job.cancel", "release.return", "release.reject", "release.withdraw",
	"scenario.return", "scenario.refuse", "dataset.cancel", "product.retire", "module.revoke"}

// Steps are the acts with a reason that whoever looks may take on a document of a
// kind in a state. Core decides again.
func (v *view) Steps(kind string, state any) []*access.Act {
	var out []*access.Act
	for _, name := range reasoned {
		row, ok := access.Find(name)
		if !ok || row.Kind() != kind || !slices.Contains(row.From(), text(state)) {
			continue
		}
		if _, err := row.Role(*v.Me, ""); err == nil {
			out = append(out, row)
		}
	}
	return out
}

// incident is what happened, or was tried, and how it was handled.
type incident struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Drill   bool   `json:"drill"`
	State   string `json:"state"`
	By      string `json:"by"`
	Org     string `json:"org"`
	At      string `json:"at"`
	About   string `json:"about"`
	Report  string `json:"reported_to"`
	StateOf string `json:"-"`
	Notes   []struct {
		By     string `json:"by"`
		At     string `json:"at"`
		Text   string `json:"text"`
		State  string `json:"state"`
		Report string `json:"reported_to"`
	} `json:"notes"`
}

// incidentsPage is what stands still, and why.
type incidentsPage struct {
	*list[incident]
	Freeze struct {
		State string          `json:"state"`
		Holds []glovebox.Hold `json:"holds"`
	}
	FreezeOf string
	Handles  bool
	Closes   bool
}

func incidents(v *view) error {
	p := &incidentsPage{Handles: v.Holds(glovebox.RoleOperator, glovebox.RoleProvider, glovebox.RoleAuthority, glovebox.RoleRegistrar), Closes: v.Holds(glovebox.RoleAuthority)}
	var all []incident
	if err := v.get("/incidents", nil, &all); err != nil {
		return err
	}
	slices.Reverse(all)
	p.list = paged(v, all, nil)
	if err := v.get("/freeze", nil, &p.Freeze); err != nil {
		return err
	}
	var err error
	if p.FreezeOf, err = v.stateOf("freeze/domain"); err != nil {
		return err
	}
	for i := range p.Rows {
		if x := &p.Rows[i]; x.State != string(glovebox.IncidentClosed) {
			if x.StateOf, err = v.stateOf("incident/" + x.ID); err != nil {
				return err
			}
		}
	}
	v.Section = "incidents"
	v.show(http.StatusOK, "incidents", v.T("Incidents and brakes"), p)
	return nil
}

// orgPage is one institution.
type orgPage struct {
	glovebox.Org
	StateOf string
}

func orgShow(v *view) error {
	var all []glovebox.Org
	if err := v.get("/orgs", nil, &all); err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(o glovebox.Org) bool { return o.Name == v.r.PathValue("name") })
	if i < 0 {
		return notThere()
	}
	state, err := v.stateOf("org/" + all[i].Name)
	if err != nil {
		return err
	}
	v.Section = "people"
	v.show(http.StatusOK, "org", all[i].Name, &orgPage{all[i], state})
	return nil
}
