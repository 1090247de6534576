package console

import (
	"net/http"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// inbox is what waits for whoever looks.
func inbox(v *view) error {
	var items []api.Todo
	if err := v.get("/inbox", nil, &items); err != nil {
		return err
	}
	names, err := v.names()
	if err != nil {
		return err
	}
	for i := range items {
		switch kind, of, _ := strings.Cut(items[i].Subject, "/"); {
		case kind == "scenario" && names[of] != "":
			items[i].About = names[of]
		case names[items[i].About] != "":
			items[i].About = names[items[i].About]
		}
	}
	v.Section = "inbox"
	v.show(http.StatusOK, "inbox", v.T("Inbox"), paged(v, items, nil))
	return nil
}

// NameOf is what a scenario, a product or a dataset is called, in the view's
// language; its code where nobody knows.
func (v *view) NameOf(code string) string {
	if v.called == nil {
		v.called = map[string]string{}
		if names, err := v.names(); err == nil {
			v.called = names
		}
		var all []dataset
		if err := v.get("/datasets", nil, &all); err == nil {
			for _, d := range all {
				v.called[d.Record.Code] = d.Record.Title.In(v.Lang)
			}
		}
	}
	if s := v.called[code]; s != "" {
		return s
	}
	return code
}

// names are what scenarios and products are called, by their codes.
func (v *view) names() (map[string]string, error) {
	var all []scenario
	if err := v.get("/scenarios", nil, &all); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, s := range all {
		out[s.Code] = s.Title.In(v.Lang)
		for _, p := range s.Products {
			out[p.Code] = p.Title.In(v.Lang)
		}
	}
	return out, nil
}

// Roles of whoever looks, first of all the one that says most.
func (v *view) Roles() []glovebox.Role {
	if v.Me == nil {
		return nil
	}
	return v.Me.Roles
}

// Late says whether a day has passed, in Beijing.
func (v *view) Late(day string) bool {
	return day < v.c.o.Now().In(beijing).Format("2006-01-02")
}

// todoPath is the page on which a todo is answered.
func todoPath(t api.Todo) string {
	kind, of, _ := strings.Cut(t.Subject, "/")
	switch kind {
	case "user", "key":
		return "/people/" + id(t.About)
	case "scenario", "release", "job", "dataset":
		return "/" + kind + "s/" + id(of)
	}
	return "/"
}
