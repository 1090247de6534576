package core

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain/store"

	"glovebox.example/glovebox/internal/domain"
)

// How long a session lasts: after the last request, and after the login.
const (
	idleFor = 30 * time.Minute
	lastFor = 8 * time.Hour
)

// maxSessions bounds the sessions of one person: one more ends another.
const maxSessions = 16

// Session is what a login gives. The secret is told once; core keeps its digest.
type Session struct {
	Secret string       `json:"secret,omitempty"`
	User   string       `json:"user"`
	Scope  Scope        `json:"scope"`
	Proof  access.Proof `json:"proof"` // of the login
	Until  string       `json:"until"` // RFC 3339, UTC, at the latest
}

// Scope is what a session may do at most.
type Scope string

const (
	// ScopeRead: look.
	ScopeRead Scope = "read"
	// ScopeAct: look, hand in files and ask for checks. Acts carry their own
	// signature, whatever session sends them.
	ScopeAct Scope = "act"
)

type session struct {
	Session
	begun, seen time.Time
}

type sessions struct {
	mu  sync.Mutex
	by  map[[sha256.Size]byte]*session
	now func() time.Time
}

// open begins a session of a person.
func (s *sessions) open(user string, scope Scope, proof access.Proof) (Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	s.roomFor(user)
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return Session{}, err
	}
	secret := base64.RawURLEncoding.EncodeToString(b)
	now := s.now()
	x := &session{Session{"", user, scope, proof, now.Add(lastFor).UTC().Format(time.RFC3339)}, now, now}
	if s.by == nil {
		s.by = map[[sha256.Size]byte]*session{}
	}
	s.by[sha256.Sum256([]byte(secret))] = x
	out := x.Session
	out.Secret = secret
	return out, nil
}

// roomFor ends the session of a person that was idle longest, where that person
// has as many as there may be: whoever has a key can always log in.
func (s *sessions) roomFor(user string) {
	var oldest *session
	var key [sha256.Size]byte
	n := 0
	for k, x := range s.by {
		if x.User != user {
			continue
		}
		if n++; oldest == nil || x.seen.Before(oldest.seen) {
			oldest, key = x, k
		}
	}
	if n >= maxSessions {
		delete(s.by, key)
	}
}

// sweep forgets what has ended.
func (s *sessions) sweep() {
	now := s.now()
	for k, x := range s.by {
		if now.Sub(x.seen) > idleFor || now.Sub(x.begun) > lastFor {
			delete(s.by, k)
		}
	}
}

// find is the live session of a request; nil: there is none.
func (s *sessions) find(r *http.Request) *Session {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || len(secret) != 43 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	x := s.by[sha256.Sum256([]byte(secret))]
	if x == nil {
		return nil
	}
	x.seen = s.now()
	out := x.Session
	return &out
}

// close ends the session of a request.
func (s *sessions) close(r *http.Request) {
	secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, sha256.Sum256([]byte(secret)))
}

// person is who makes a request: read anew each time, so that a suspension ends
// every session at once.
func (s *Server) person(ctx context.Context, r *http.Request) (*glovebox.User, *Session) {
	x := s.sessions.find(r)
	if x == nil {
		return nil, nil
	}
	var u glovebox.User
	err := s.d.Store.View(ctx, func(tx *store.Tx) error { return domain.Users.Get(tx, x.User, &u) })
	gone := glovebox.CodeOf(err) == glovebox.CodeNotFound
	if err != nil && !gone { // whoever went away in the middle of a request stays logged in
		return nil, nil
	}
	if gone || u.State != glovebox.UserActive {
		s.sessions.close(r)
		return nil, nil
	}
	return &u, x
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	s.sessions.close(r)
	w.WriteHeader(http.StatusNoContent)
}
