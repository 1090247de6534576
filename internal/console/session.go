package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// sessionCookie holds the secret of the person's session at the core, which ends
// it; the browser forgets it when it is closed.
const sessionCookie = "__Host-glovebox"

// maxForm bounds a form without files, in bytes.
const maxForm = 1 << 20

// known makes a handler of a page for somebody who is logged in. Whoever is not,
// or no longer, logs in first; what a form held is kept over that.
func (c *Console) known(do func(*view) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := c.view(w, r)
		if err := v.meet(); err != nil {
			c.stranger(v, err)
			return
		}
		if err := do(v); err != nil {
			c.stranger(v, err)
		}
	}
}

// meet learns who looks.
func (v *view) meet() error {
	var me glovebox.User
	if v.secret == "" {
		return unknown()
	}
	if err := v.get("/me", nil, &me); err != nil {
		return err
	}
	v.Me = &me
	return v.about()
}

// about learns which domain this is.
func (v *view) about() error {
	var a api.About
	err := v.get("/domain", nil, &a)
	v.Domain = a.Name
	return err
}

func unknown() error {
	p := api.ProblemOf(glovebox.Errorf(glovebox.CodeDenied, "nobody is logged in here, or no longer").WithFix("log in: `glovebox login --server URL`"))
	p.Status = http.StatusUnauthorized
	return &api.Failure{Problem: p}
}

// stranger answers what failed: with a login where that is what is missing.
func (c *Console) stranger(v *view, err error) {
	f, ok := errors.AsType[*api.Failure](err)
	if !ok || f.Problem.Status != http.StatusUnauthorized {
		c.fail(v, 0, err)
		return
	}
	v.Me = nil
	_ = v.about() // the page says less without
	v.login(http.StatusUnauthorized, &login{Next: v.Here(), Expired: v.secret != "", Form: v.held()})
}

// login is what the page of a login shows.
type login struct {
	Next    string  // where to go then
	Expired bool    // there was a session
	Form    *held   // what was filled in, to be sent again
	Code    string  // of a link
	Failed  *string // why the last try did not work, in the view's language
}

// Server is the address that commands name.
func (v *view) Server() string { return "https://" + v.r.Host }

// held is a form that came without a session: its fields go into the page of the
// login, from where they are sent again.
type held struct {
	Action string
	Fields [][2]string
	Files  bool // it had files, which have to be chosen again
}

// held reads the form of a request; nil: there is none.
func (v *view) held() *held {
	if v.r.Method != http.MethodPost {
		return nil
	}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/") {
		return &held{Action: v.r.URL.RequestURI(), Files: true}
	}
	if v.r.ParseForm() != nil {
		return nil
	}
	h := &held{Action: v.r.URL.RequestURI()}
	for name, all := range v.r.PostForm {
		for _, x := range all {
			h.Fields = append(h.Fields, [2]string{name, x})
		}
	}
	return h
}

// local is an address of this site to go to; "/" for any other. Browsers drop tabs
// and line ends and take \ for /, so that what they read as another site may not
// look so here: only what they leave as it is counts.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsFunc(to, func(c rune) bool { return c == '\\' || c <= ' ' || c == 0x7f }) {
		return "/"
	}
	return to
}

// Ways are the identity providers that people may log in by.
func (v *view) Ways() []Way { return v.c.o.Ways }

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	v := c.view(w, r)
	_ = v.about() // the page says less without
	v.login(http.StatusOK, &login{Next: local(r.URL.Query().Get("next"))})
}

func (v *view) login(status int, l *login) { v.show(status, "login", v.T("Log in"), l) }

// link shows the page of a one-time link. Opening it uses nothing up: browsers
// and mail programs fetch addresses on their own.
func (c *Console) link(w http.ResponseWriter, r *http.Request) {
	v := c.view(w, r)
	_ = v.about() // the page says less without
	v.login(http.StatusOK, &login{Code: r.URL.Query().Get("code"), Next: "/"})
}

// follow uses a one-time link up.
func (c *Console) follow(w http.ResponseWriter, r *http.Request) {
	v := c.view(w, r)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	var s struct {
		Secret string `json:"secret"`
	}
	_, err := v.ask(http.MethodPost, "/links", nil, api.LinkRequest{Code: r.PostFormValue("code")}, &s)
	if f, ok := errors.AsType[*api.Failure](err); ok {
		_ = v.about() // the page says less without
		why := f.Problem.Title
		if v.Lang == glovebox.Chinese {
			why = f.Problem.TitleZH
		}
		v.login(http.StatusForbidden, &login{Next: "/", Failed: &why})
		return
	}
	if err != nil {
		c.fail(v, 0, err)
		return
	}
	v.begin(s.Secret, local(r.PostFormValue("next")))
}

// begin gives the browser a session and sends it on.
func (v *view) begin(secret, next string) {
	http.SetCookie(v.w, &http.Cookie{Name: sessionCookie, Value: secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(v.w, v.r, local(next), http.StatusSeeOther) //nolint:gosec // local lets through paths of this site alone: TestLocal
}

// logout ends the session, at the core and in the browser.
func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	v := c.view(w, r)
	if v.secret != "" {
		if _, err := v.ask(http.MethodDelete, "/tokens", nil, nil, nil); err != nil {
			c.fail(v, 0, err)
			return
		}
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
