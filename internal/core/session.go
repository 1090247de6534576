package core

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
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
	ID     string       `json:"id"`
	Secret string       `json:"secret,omitempty"`
	User   string       `json:"user"`
	Scope  Scope        `json:"scope"`
	Proof  access.Proof `json:"proof"` // of the login
	Until  string       `json:"until"` // RFC 3339, UTC, at the latest

	program bool // a program's token, not somebody who logged in
}

// Scope is what a session may do at most.
type Scope string

const (
	// ScopeRead: look.
	ScopeRead Scope = "read"
	// ScopeSubmit: hand in files and ask for checks, too, and, for a program's token,
	// send acts about one's own jobs.
	ScopeSubmit Scope = "submit"
	// ScopeAct: send any act, too. Acts carry their own signature, whatever session
	// sends them; this bounds what a program's token is good for.
	ScopeAct Scope = "act"
)

// hands says whether files may be handed in, and checks be asked for.
func (s Scope) hands() bool { return s == ScopeSubmit || s == ScopeAct }

// sends says whether a program's token of the scope may bring an act.
func (s Scope) sends(name string) bool {
	return s == ScopeAct || s == ScopeSubmit && (name == "job.run" || name == "release.attach")
}

// grounds are what a session stands on: it ends when they do.
type grounds struct {
	key     string // that signed the login; "": none did
	binding string // of the account that an identity provider vouched for; "": none
}

type session struct {
	Session
	grounds
	begun, seen time.Time
}

type sessions struct {
	mu  sync.Mutex
	by  map[[sha256.Size]byte]*session
	now func() time.Time
}

// open begins a session of a person.
func (s *sessions) open(user string, scope Scope, proof access.Proof, on grounds) (Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	s.roomFor(user)
	b := make([]byte, 40)
	if _, err := rand.Read(b); err != nil {
		return Session{}, err
	}
	secret, id := base64.RawURLEncoding.EncodeToString(b[:32]), "s-"+hex.EncodeToString(b[32:])
	now := s.now()
	x := &session{Session{ID: id, User: user, Scope: scope, Proof: proof, Until: now.Add(lastFor).UTC().Format(time.RFC3339)}, on, now, now}
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

// secretOf is what a request brings to say whose it is; "" where it brings nothing
// that could.
func secretOf(r *http.Request) string {
	secret, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if len(secret) != 43 && !domain.IsToken(secret) {
		return ""
	}
	return secret
}

// find is the live session of a secret; nil: there is none.
func (s *sessions) find(secret string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	x := s.by[sha256.Sum256([]byte(secret))]
	if x == nil {
		return nil
	}
	x.seen = s.now()
	out := *x
	return &out
}

// close ends the session of a secret.
func (s *sessions) close(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, sha256.Sum256([]byte(secret)))
}

// End implements desk.Sessions.
func (s *sessions) End(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, x := range s.by {
		if x.ID == id {
			delete(s.by, k)
		}
	}
}

// List implements desk.Sessions.
func (s *sessions) List(user string) (out []desk.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	for _, x := range s.by {
		if user == "" || x.User == user {
			out = append(out, desk.Session{ID: x.ID, User: x.User, Scope: string(x.Scope), Proof: x.Proof, Since: x.begun.UTC().Format(time.RFC3339), Until: x.Until})
		}
	}
	slices.SortFunc(out, func(a, b desk.Session) int { return strings.Compare(a.Since+a.ID, b.Since+b.ID) })
	return out
}

// person is who makes a request, and the session or token that it comes in; nil:
// nobody who may. The person, the institution and what the session stands on are
// read anew each time, so that a suspension or a revocation ends every session at
// once.
func (s *Server) person(ctx context.Context, r *http.Request) (*glovebox.User, *Session) {
	secret := secretOf(r)
	if secret == "" {
		return nil, nil
	}
	var u glovebox.User
	x := s.sessions.find(secret)
	err := s.d.Store.View(ctx, func(tx *store.Tx) error {
		if x == nil {
			t, err := domain.TokenOf(tx, secret, s.d.Now())
			if err != nil || t == nil {
				return errors.Join(err, errEnded)
			}
			x = &session{grounds: grounds{key: t.Key}}
			x.Session = Session{ID: t.ID, User: t.User, Scope: Scope(t.Scope), Proof: access.ProofSession, Until: t.Until, program: true}
		}
		if err := domain.Users.Get(tx, x.User, &u); err != nil {
			return err
		}
		return errors.Join(domain.Active(tx, x.User), x.stand(tx, x.User))
	})
	switch {
	case err == nil:
	case errors.Is(err, errEnded) || glovebox.CodeOf(err) == glovebox.CodeDenied || glovebox.CodeOf(err) == glovebox.CodeNotFound:
		s.sessions.close(secret)
		return nil, nil
	default: // whoever went away in the middle of a request stays logged in
		return nil, nil
	}
	return &u, &x.Session
}

var errEnded = errors.New("the session has ended")

// stand fails where what somebody's session stands on does no more.
func (g *grounds) stand(tx *store.Tx, user string) error {
	if g.key != "" {
		if counts, err := domain.KeyCounts(tx, user, g.key); err != nil || !counts {
			return errors.Join(err, errEnded)
		}
	}
	if g.binding != "" {
		if b, err := domain.Bindings.Find(tx, g.binding); err != nil || b == nil || b.User != user || b.State != domain.BindingActive {
			return errors.Join(err, errEnded)
		}
	}
	return nil
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	s.sessions.close(secretOf(r))
	w.WriteHeader(http.StatusNoContent)
}
