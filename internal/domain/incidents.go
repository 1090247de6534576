package domain

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/text"
)

// maxWords bounds what somebody writes in an incident, in characters.
const maxWords = 2000

// IncidentDoc is something that went wrong, or a drill of it: reported, handled,
// recovered from, closed.
type IncidentDoc struct {
	ID     string                 `json:"id"` // i-1, i-2, ...
	Title  string                 `json:"title"`
	Drill  bool                   `json:"drill,omitempty"` // 演练
	State  glovebox.IncidentState `json:"state"`
	By     string                 `json:"by"` // who reported it
	Org    string                 `json:"org,omitempty"`
	At     string                 `json:"at"`
	About  string                 `json:"about,omitempty"` // kind/ID of what it is about
	Report string                 `json:"reported_to,omitempty"`
	Notes  []IncidentNote         `json:"notes"`
}

// IncidentNote is a step of handling an incident.
type IncidentNote struct {
	By     string                 `json:"by"`
	At     string                 `json:"at"`
	Text   string                 `json:"text"`
	State  glovebox.IncidentState `json:"state,omitempty"`       // that it got to by this step
	Report string                 `json:"reported_to,omitempty"` // to whom it was reported by this step
}

// Report is what somebody says of an incident.
type Report struct {
	Title, About, To string
	Drill            bool
}

// words fails with CodeInvalid for a text that people could not read, or misread.
func words(field, s string, needed bool) error {
	e := (*glovebox.Error)(nil)
	switch wrong := text.Name(s); {
	case s == "" && needed:
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: field, Msg: "is missing"}).WithFix("say it in a sentence: it is kept with the act")
	case s == "":
		return nil
	case utf8.RuneCountInString(s) > maxWords:
		e = glovebox.Errorf(glovebox.CodeInvalid, "longer than %d characters", maxWords)
	case wrong != "":
		e = glovebox.Errorf(glovebox.CodeInvalid, "the text %s", wrong)
	default:
		return nil
	}
	e.Field = field
	return e.WithFix(text.Advice)
}

// OpenIncident records an incident, or a drill. Everybody who is known may.
func (d *Domain) OpenIncident(ctx context.Context, by *By, r Report) (doc IncidentDoc, err error) {
	for _, f := range []struct {
		name, s string
		needed  bool
	}{{"title", r.Title, true}, {"about", r.About, false}, {"reported_to", r.To, false}} {
		if err := words(f.name, f.s, f.needed); err != nil {
			return doc, err
		}
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		all, err := Incidents.List(tx)
		if err != nil {
			return err
		}
		doc = IncidentDoc{ID: fmt.Sprintf("i-%d", len(all)+1), Title: r.Title, Drill: r.Drill, By: by.Name, Org: by.Org, At: d.Stamp(), About: r.About, Report: r.To, Notes: []IncidentNote{}}
		if doc.State, err = doc.State.To(glovebox.IncidentReported, doc.ID); err != nil {
			return err
		}
		return Incidents.Put(tx, "incident.open", doc.ID, doc, nil)
	})
}

// NoteIncident adds a step of handling it. next "" leaves its state.
func (d *Domain) NoteIncident(ctx context.Context, by *By, id, said, to string, next glovebox.IncidentState) (IncidentDoc, error) {
	if next == glovebox.IncidentClosed {
		return IncidentDoc{}, glovebox.Invalid("state", "is not one that a note gives").WithFix("`glovebox incident close` closes it")
	}
	return d.stepIncident(ctx, by, "incident.note", id, IncidentNote{Text: said, Report: to, State: next})
}

// CloseIncident ends it: the authority does.
func (d *Domain) CloseIncident(ctx context.Context, by *By, id, said string) (IncidentDoc, error) {
	return d.stepIncident(ctx, by, "incident.close", id, IncidentNote{Text: said, State: glovebox.IncidentClosed})
}

func (d *Domain) stepIncident(ctx context.Context, by *By, action, id string, n IncidentNote) (doc IncidentDoc, err error) {
	if err := words("text", n.Text, true); err != nil {
		return doc, err
	}
	if err := words("reported_to", n.Report, false); err != nil {
		return doc, err
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Incidents.Get(tx, id, &doc); err != nil {
			return err
		}
		if doc.State == glovebox.IncidentClosed {
			return glovebox.Errorf(glovebox.CodeConflict, "incident %s is closed", id).WithFix("open another one")
		}
		if n.State != "" {
			if doc.State, err = doc.State.To(n.State, id); err != nil {
				return err
			}
		}
		n.By, n.At = by.Name, d.Stamp()
		doc.Notes = append(doc.Notes, n)
		if action == "incident.close" {
			return Incidents.Put(tx, "incident.close", id, doc, nil)
		}
		return Incidents.Put(tx, "incident.note", id, doc, nil)
	})
}

// openIncident fails unless the incident that a step names is there and not
// closed.
func openIncident(tx *store.Tx, id string) error {
	if id == "" {
		return nil
	}
	var doc IncidentDoc
	if err := Incidents.Get(tx, id, &doc); err != nil {
		return about(err, "incident")
	}
	if doc.State == glovebox.IncidentClosed {
		return glovebox.Errorf(glovebox.CodeConflict, "incident %s is closed", id).WithFix("open another one")
	}
	return nil
}

// AllIncidents lists the incidents, oldest first.
func (d *Domain) AllIncidents(ctx context.Context) (out []IncidentDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		all, err := Incidents.List(tx)
		// By number: i-10 is after i-9.
		slices.SortFunc(all, func(a, b IncidentDoc) int {
			return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
		})
		out = all
		return err
	})
	return out, err
}
