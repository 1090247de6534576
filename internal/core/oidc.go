package core

import (
	"net/http"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/identity"
)

// loginBegin begins a login by an identity provider: the web process sends the
// nonce on with the browser, and keeps the secret.
func (s *Server) loginBegin(w http.ResponseWriter, r *http.Request) {
	var q api.LoginBegin
	if err := body(w, r, &q); err != nil {
		problem(w, err)
		return
	}
	c, err := s.logins()
	if err != nil {
		problem(w, err)
		return
	}
	v, err := c.Begin(q.Provider)
	if err != nil {
		problem(w, err)
		return
	}
	reply(w, http.StatusOK, api.Login{Login: v.Secret, Nonce: v.Nonce})
}

// loginAnswer opens a session for whoever an ID token is about, which lets its
// person look and do nothing else. Core checks the token itself: that the web
// process brings it means nothing.
func (s *Server) loginAnswer(w http.ResponseWriter, r *http.Request) {
	var q api.LoginAnswer
	if err := body(w, r, &q); err != nil {
		problem(w, err)
		return
	}
	v, err := s.loggedIn(r, &q)
	if err != nil {
		problem(w, err)
		return
	}
	reply(w, http.StatusOK, v)
}

func (s *Server) loggedIn(r *http.Request, q *api.LoginAnswer) (Session, error) {
	c, err := s.logins()
	if err != nil {
		return Session{}, err
	}
	who, err := c.Check(r.Context(), q.Provider, q.Login, q.IDToken)
	if err != nil {
		return Session{}, err
	}
	user, binding, err := s.d.BoundLogin(r.Context(), who.Issuer, who.Subject, who.Key)
	if err != nil {
		return Session{}, err
	}
	return s.sessions.open(user, ScopeRead, access.ProofSession, grounds{binding: binding})
}

func (s *Server) logins() (*identity.Checker, error) {
	if s.o.Logins == nil {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "nobody logs in by an identity provider here").WithFix("log in by key: `glovebox login --server URL`")
	}
	return s.o.Logins, nil
}
