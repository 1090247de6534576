package web

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/console"
)

// loginCookie is of a login under way. A browser takes names that begin so over TLS
// alone, for this host alone, and from nobody else: whoever holds a name beside
// ours can plant none.
const loginCookie = "__Host-glovebox-login"

// loginFor is how long a login may take at the provider.
const loginFor = 10 * time.Minute

// maxNext bounds where to go after a login, in bytes: it goes into a cookie.
const maxNext = 1 << 10

// underway is a login under way: sealed in a cookie, so that strangers who begin
// many fill no memory, and so that only the browser that began it can end it.
type underway struct {
	Provider string `json:"p"`
	State    string `json:"s"`
	Login    string `json:"l"` // the core's secret
	Verifier string `json:"v"` // of PKCE
	Next     string `json:"n"`
	Until    int64  `json:"u"` // Unix seconds
}

// door logs people in by identity providers.
type door struct {
	server    *Server
	origin    string
	providers map[string]*provider
	order     []string
	seal      cipher.AEAD
	now       func() time.Time
	mux       *http.ServeMux
}

func newDoor(s *Server, o *Options) *door {
	d := &door{server: s, origin: o.Origin, providers: map[string]*provider{}, now: o.Now, mux: http.NewServeMux()}
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: it ends the process instead
	block, err := aes.NewCipher(key[:])
	if err == nil {
		d.seal, err = cipher.NewGCM(block)
	}
	if err != nil {
		panic("web: " + err.Error()) // a programming error: the key has the right length
	}
	for _, p := range o.Providers {
		d.providers[p.Name] = newProvider(p, o.Now)
		d.order = append(d.order, p.Name)
		d.mux.HandleFunc("GET /login/"+p.Name, func(w http.ResponseWriter, r *http.Request) { d.begin(w, r, d.providers[p.Name]) })
		d.mux.HandleFunc("GET /login/"+p.Name+"/callback", func(w http.ResponseWriter, r *http.Request) { d.end(w, r, d.providers[p.Name]) })
	}
	return d
}

// ways are the providers, for the page of a login.
func (d *door) ways() (out []console.Way) {
	for _, name := range d.order {
		out = append(out, console.Way{Path: "/login/" + name, Title: d.providers[name].Title})
	}
	return out
}

// begin sends a browser to the provider.
func (d *door) begin(w http.ResponseWriter, r *http.Request, p *provider) {
	c, err := p.config(r.Context(), d.callback(p))
	if err != nil {
		d.server.pages.Fail(w, r, http.StatusServiceUnavailable, err)
		return
	}
	var l api.Login
	if err := d.server.tell(r.Context(), "/logins", api.LoginBegin{Provider: p.Name}, &l); err != nil {
		d.server.pages.Fail(w, r, 0, err)
		return
	}
	u := underway{Provider: p.Name, State: oauth2.GenerateVerifier(), Login: l.Login, Verifier: oauth2.GenerateVerifier(), Next: r.URL.Query().Get("next"), Until: d.now().Add(loginFor).Unix()}
	if len(u.Next) > maxNext {
		u.Next = "/"
	}
	sealed, err := d.sealed(&u)
	if err != nil {
		d.server.pages.Fail(w, r, 0, err)
		return
	}
	http.SetCookie(w, cookie(loginCookie, sealed, int(loginFor/time.Second)))
	w.Header().Set("Location", c.AuthCodeURL(u.State, oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(u.Verifier)))
	w.WriteHeader(http.StatusSeeOther)
}

// callback is where the provider sends browsers back to: each to its own, so that
// an answer of one cannot pass for that of another.
func (d *door) callback(p *provider) string { return d.origin + "/login/" + p.Name + "/callback" }

// end takes what the provider answered to the core, which decides what it is
// worth, and gives the browser the session that the core opened.
func (d *door) end(w http.ResponseWriter, r *http.Request, p *provider) {
	http.SetCookie(w, cookie(loginCookie, "", -1))
	s, next, err := d.answer(r, p)
	if err != nil {
		d.server.pages.Fail(w, r, 0, err)
		return
	}
	// A fresh secret, whatever cookie the browser came with.
	d.server.pages.Begin(w, r, s, next)
}

func (d *door) answer(r *http.Request, p *provider) (secret, next string, err error) {
	q := r.URL.Query()
	u, ok := d.opened(r)
	if !ok || u.Provider != p.Name || len(q["state"]) != 1 || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(u.State)) != 1 {
		return "", "", denied("the login did not begin in this browser, or too long ago")
	}
	if iss := q["iss"]; len(iss) > 1 || len(iss) == 1 && iss[0] != p.Issuer {
		return "", "", denied("another identity provider answered")
	}
	if len(q["error"]) > 0 || len(q["code"]) != 1 {
		return "", "", denied("the identity provider did not log anybody in")
	}
	c, err := p.config(r.Context(), d.callback(p))
	if err != nil {
		return "", "", err
	}
	ctx, stop := context.WithTimeout(oidc.ClientContext(r.Context(), p.client), slow)
	defer stop()
	t, err := c.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(u.Verifier))
	if err != nil { // it may quote what the provider answered
		return "", "", denied("the identity provider does not take the code back")
	}
	raw, _ := t.Extra("id_token").(string)
	var s struct {
		Secret string `json:"secret"`
	}
	if err := d.server.tell(r.Context(), "/logins/answers", api.LoginAnswer{Provider: p.Name, Login: u.Login, IDToken: raw}, &s); err != nil {
		return "", "", err
	}
	return s.Secret, u.Next, nil
}

func denied(why string) error {
	return glovebox.Errorf(glovebox.CodeDenied, "the login cannot be believed: %s", why).WithFix("log in again")
}

func (d *door) sealed(u *underway) (string, error) {
	b, err := json.Marshal(u)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, d.seal.NonceSize(), d.seal.NonceSize()+len(b)+d.seal.Overhead())
	_, _ = rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(d.seal.Seal(nonce, nonce, b, []byte(loginCookie))), nil
}

// opened is the login that the browser of a request began.
func (d *door) opened(r *http.Request) (*underway, bool) {
	all := r.CookiesNamed(loginCookie)
	if len(all) != 1 {
		return nil, false
	}
	b, err := base64.RawURLEncoding.DecodeString(all[0].Value)
	if err != nil || len(b) < d.seal.NonceSize() {
		return nil, false
	}
	plain, err := d.seal.Open(nil, b[:d.seal.NonceSize()], b[d.seal.NonceSize():], []byte(loginCookie))
	u := &underway{}
	if err != nil || json.Unmarshal(plain, u) != nil {
		return nil, false
	}
	return u, d.now().Unix() <= u.Until
}

// cookie is one that scripts cannot read. Lax, since the provider's redirect is one
// of another site; every request that changes something is held to be of ours
// besides. age 0: until the browser ends.
func cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// tell asks the core in this process's own name, and reads the answer.
func (s *Server) tell(ctx context.Context, path string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://core"+api.Prefix+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	a, err := s.core.RoundTrip(q)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the core does not answer").Because(err)
	}
	defer a.Body.Close()
	data, err := io.ReadAll(io.LimitReader(a.Body, maxBody))
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the core does not answer").Because(err)
	}
	if a.StatusCode == http.StatusOK {
		return json.Unmarshal(data, out)
	}
	p := &api.Problem{}
	if json.Unmarshal(data, p) != nil || p.Code == "" {
		return glovebox.Errorf(glovebox.CodeInternal, "the core does not answer")
	}
	return &api.Failure{Problem: p}
}
