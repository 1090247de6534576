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
	for pattern, do := range map[string]func(*view) error{
		"GET /{$}":          inbox,
		"POST /sign/{name}": signPage,
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
	return []navLink{{"inbox", "/", v.T("Inbox")}}
}
