package report

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

// book is what a report is made of: documents as they read at its end, and what
// happened in its period.
type book struct {
	o    *Order
	loc  *time.Location
	src  evidence.Source
	fold *evidence.Fold

	users     map[string]glovebox.User
	datasets  map[string]glovebox.Dataset
	scenarios map[string]glovebox.Scenario
	grants    []grant           // every version, in order
	modules   map[string]string // of jobs
	events    []event
	losses    map[string]*loss // of unit spaces, since the log began
	// gone are products that a scenario once named and names no more.
	gone map[string]map[string]glovebox.Product
}

// grant is one version of a grant.
type grant struct {
	glovebox.Grant
	entry uint64
	time  string
}

// event is an entry of the period that is in scope.
type event struct {
	evidence.Facts
	decisions []glovebox.Decision
	to        string // of an export
	check     *checked
}

// checked is what a domain found when it checked itself.
type checked struct {
	Entries   uint64   `json:"entries"`
	Documents int      `json:"documents"`
	Problems  int      `json:"problems"`
	First     []string `json:"first"`
	FreePart  int      `json:"free_part"`
	Overdue   int      `json:"overdue"`
	Day       string   `json:"day"`
}

func newBook(src evidence.Source, o *Order, loc *time.Location) *book {
	return &book{o: o, loc: loc, src: src, fold: evidence.NewFold(src), users: map[string]glovebox.User{}, datasets: map[string]glovebox.Dataset{},
		scenarios: map[string]glovebox.Scenario{}, modules: map[string]string{}, losses: map[string]*loss{}, gone: map[string]map[string]glovebox.Product{}}
}

// take takes in the next entry.
func (b *book) take(ctx context.Context, e *verify.Entry) error {
	f, err := b.fold.Facts(ctx, e)
	if err != nil {
		return err
	}
	if err := b.document(ctx, e); err != nil {
		return err
	}
	if e.Time < b.o.To {
		b.lost(&f)
	}
	if e.Time < b.o.From || e.Time >= b.o.To {
		return nil
	}
	if sees, err := b.fold.Sees(b.o.Scope, &f); err != nil || !sees {
		return err
	}
	var body struct {
		To string `json:"to"`
	}
	_ = json.Unmarshal(e.Body, &body) // of another form: it goes nowhere
	x := event{Facts: f, decisions: evidence.Decisions(e), to: body.To}
	if e.Action == "domain.checked" {
		x.check = &checked{}
		_ = json.Unmarshal(e.Body, x.check) // of another form: nothing was found
	}
	b.events = append(b.events, x)
	return nil
}

// document takes in the document of an entry, as it reads from then on.
func (b *book) document(ctx context.Context, e *verify.Entry) error {
	kind, id, _ := strings.Cut(e.Subject, "/")
	if e.State == "" || !slices.Contains([]string{"user", "dataset", "scenario", "grant", "job"}, kind) || kind == "job" && b.modules[id] != "" {
		return nil
	}
	raw, err := b.src.Kept(ctx, e.State)
	if err != nil {
		return err
	}
	switch kind {
	case "user":
		var u glovebox.User
		if json.Unmarshal(raw, &u) == nil {
			b.users[id] = u
		}
	case "dataset":
		var d struct {
			Record glovebox.Dataset `json:"record"`
		}
		if json.Unmarshal(raw, &d) == nil {
			b.datasets[id] = d.Record
		}
	case "scenario":
		var s glovebox.Scenario
		if json.Unmarshal(raw, &s) == nil {
			b.rename(id, s)
			b.scenarios[id] = s
		}
	case "grant":
		g := grant{entry: e.Index, time: e.Time}
		if json.Unmarshal(raw, &g.Grant) == nil {
			b.grants = append(b.grants, g)
		}
	case "job":
		var j struct {
			Spec struct {
				Module string `json:"module"`
			} `json:"spec"`
		}
		if json.Unmarshal(raw, &j) == nil {
			b.modules[id] = j.Spec.Module
		}
	}
	return nil
}

// rename takes in that a scenario names other products than before.
func (b *book) rename(id string, now glovebox.Scenario) {
	for _, p := range b.scenarios[id].Products {
		if b.gone[id] == nil {
			b.gone[id] = map[string]glovebox.Product{}
		}
		b.gone[id][p.Code] = p
	}
	for _, p := range now.Products {
		delete(b.gone[id], p.Code)
	}
}

// listing is a product with the scenario that names it.
type listing struct {
	scenario string
	glovebox.Product
}

// listings are the products that scenarios name at the end of the period, and those
// that one named before and of which something happened in it: what left does not
// disappear from a report because its scenario was amended.
func (b *book) listings() (out []listing) {
	for _, code := range slices.Sorted(maps.Keys(b.scenarios)) {
		for _, p := range b.scenarios[code].Products {
			out = append(out, listing{code, p})
		}
		for _, name := range slices.Sorted(maps.Keys(b.gone[code])) {
			if b.count(func(e *event) bool { return e.Scenario == code && e.Product == name }) > 0 {
				out = append(out, listing{code, b.gone[code][name]})
			}
		}
	}
	return out
}

// at prints a time of the log in the report's zone.
func (b *book) at(s string) string {
	t, err := time.Parse(timeForm, s)
	if err != nil {
		return s
	}
	return t.In(b.loc).Format("2006-01-02 15:04:05")
}

// text is a text in the report's language.
func (b *book) text(t glovebox.Text) string { return t.In(glovebox.Lang(b.o.Lang)) }

func (b *book) say(en, zh string) string { return b.text(glovebox.Text{EN: en, ZH: zh}) }

// sees says whether a scenario is in the report's scope.
func (b *book) sees(scenario string) bool {
	s := b.scenarios[scenario]
	ok, err := b.fold.Sees(b.o.Scope, &evidence.Facts{Scenario: scenario, Datasets: needs(s)})
	return err == nil && ok
}

func needs(s glovebox.Scenario) (out []string) {
	for code := range s.Needs {
		out = append(out, code)
	}
	slices.Sort(out)
	return out
}

// due is the day by which a grant has to be made public: 15 working days after
// it was given, weekends not counted.
func due(s string, loc *time.Location) string {
	t, err := time.Parse(timeForm, s)
	if err != nil {
		return ""
	}
	day := t.In(loc)
	for n := 0; n < 15; {
		day = day.AddDate(0, 0, 1)
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
			n++
		}
	}
	return day.Format(time.DateOnly)
}
