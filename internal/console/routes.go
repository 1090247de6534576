package console

import (
	"net/http"

	"glovebox.example/glovebox"
)

// routes are the pages. Every one is somebody's who is logged in, but for those
// that log somebody in.
func (c *Console) routes() {
	c.mux.HandleFunc("GET /static/{version}/{file...}", c.static)
	c.mux.HandleFunc("GET /login", c.loginPage)
	c.mux.HandleFunc("GET /login/link", c.link)
	c.mux.HandleFunc("POST /login/link", c.follow)
	c.mux.HandleFunc("POST /logout", c.logout)
	c.mux.HandleFunc("POST /login/passkey/act", c.script(false, loginAct))
	c.mux.HandleFunc("POST /login/passkey", c.script(false, loginTake))
	c.mux.HandleFunc("POST /sign/{name}/passkey", c.script(true, signTake))
	c.mux.HandleFunc("POST /me/passkeys/request", c.script(true, passkeyBegin))
	c.mux.HandleFunc("POST /me/passkeys", c.script(true, passkeyAdd))
	for pattern, do := range map[string]func(*view) error{
		"GET /{$}":                     inbox,
		"GET /start":                   start,
		"GET /datasets":                catalogue,
		"GET /datasets/{code}":         datasetShow,
		"GET /scenarios":               scenarios,
		"GET /scenarios/{code}":        scenarioShow,
		"POST /scenarios/{code}/grant": grantTake,
		"GET /jobs":                    jobs,
		"GET /jobs/new":                jobNew,
		"POST /jobs/new":               jobNew,
		"POST /jobs/check":             jobCheck,
		"GET /jobs/{id}":               jobShow,
		"GET /runs/{id}":               runShow,
		"GET /releases":                releases,
		"GET /releases/{id}":           releaseShow,
		"GET /releases/{id}/review":    reviewShow,
		"GET /products": lister("/products", "products", "products", func(v *view) string { return v.T("Products") }, func(v *view, p product, q string) bool {
			return has(q, p.Code, v.NameOf(p.Code), p.Registration, p.Scenario)
		}),
		"GET /products/{code}":         productShow,
		"GET /tickets":                 lister("/tickets", "tickets", "tickets", func(v *view) string { return v.T("Quality") }, func(_ *view, t ticket, q string) bool { return has(q, t.ID, t.Title, t.Dataset, t.Owner) }),
		"GET /tickets/{id}":            ticketShow,
		"GET /modules":                 lister("/modules", "modules", "modules", func(v *view) string { return v.T("Modules") }, func(_ *view, m module, q string) bool { return has(q, m.Name, m.Digest, m.By, m.Org) }),
		"GET /modules/{digest}":        moduleShow,
		"GET /budget":                  ledgers,
		"GET /budget/{kind}/{account}": ledgerShow,
		"GET /log":                     logShow,
		"GET /log/checkpoint.txt":      checkpointFile,
		"GET /consistency/{size}":      consistencyShow,
		"GET /questions":               questions,
		"GET /log/{index}":             entryShow,
		"GET /log/{index}/proof":       proofShow,
		"GET /people":                  people,
		"GET /people/new":              personNew,
		"GET /people/{name}":           personShow,
		"GET /orgs":                    orgs,
		"GET /orgs/new":                orgNew,
		"GET /orgs/{name}":             orgShow,
		"GET /incidents":               incidents,
		"GET /me":                      me,
		"GET /settings":                settings,
		"GET /gallery":                 gallery,
		"GET /new/{name}":              documentNew,
		"POST /new/{name}":             documentTake,
		"POST /sign/{name}":            signPage,
	} {
		c.mux.HandleFunc(pattern, c.known(do))
	}
	c.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v := c.view(w, r)
		if v.secret != "" {
			_ = v.meet() // the page says less without
		}
		c.fail(v, 0, glovebox.Errorf(glovebox.CodeNotFound, "there is no such page").WithFix("go back to the inbox"))
	})
}

// link is one of the navigation.
type navLink struct{ Section, Path, Text string }

// Nav is the navigation of whoever looks.
func (v *view) Nav() []navLink {
	out := []navLink{{"inbox", "/", v.T("Inbox")}, {"start", "/start", v.T("First steps")}, {"datasets", "/datasets", v.T("Catalogue")}, {"scenarios", "/scenarios", v.T("Scenarios")}, {"products", "/products", v.T("Products")}, {"tickets", "/tickets", v.T("Quality")}}
	if !v.Holds(glovebox.RoleRegistrar) || len(v.Roles()) > 1 {
		out = append(out, navLink{"modules", "/modules", v.T("Modules")}, navLink{"jobs", "/jobs", v.T("Jobs")}, navLink{"releases", "/releases", v.T("Releases")}, navLink{"budget", "/budget", v.T("Budget")}, navLink{"log", "/log", v.T("Log")})
	}
	if v.Holds(glovebox.RoleAuditor, glovebox.RoleAuthority) {
		out = append(out, navLink{"questions", "/questions", v.T("Questions")})
	}
	return append(out, navLink{"incidents", "/incidents", v.T("Incidents and brakes")}, navLink{"people", "/people", v.T("People and institutions")}, navLink{"settings", "/settings", v.T("Settings")}, navLink{"me", "/me", v.T("My keys and sessions")})
}
