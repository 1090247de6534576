package console

import (
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
	v.Section = "inbox"
	v.show(200, "inbox", v.T("Inbox"), items)
	return nil
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
	case "scenario", "release", "job":
		return "/" + kind + "s/" + id(of)
	}
	return "/"
}
