package core

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// linkFor is how long a link is good.
const linkFor = time.Minute

// maxLinks bounds the links of one person that are good at once: one more ends
// the oldest.
const maxLinks = 4

// links are logins that were signed on one machine and are taken up by a browser:
// each once, within a minute. Core keeps the digests of their codes.
type links struct {
	mu  sync.Mutex
	by  map[[sha256.Size]byte]*link
	now func() time.Time
}

type link struct {
	user  string
	scope Scope
	proof access.Proof
	on    grounds
	until time.Time
}

// make is a new link of a person.
func (l *links) make(user string, scope Scope, proof access.Proof, on grounds) (*api.Link, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return nil, err
	}
	code := base64.RawURLEncoding.EncodeToString(b)
	now := l.now()
	var oldest [sha256.Size]byte
	n := 0
	for k, x := range l.by {
		switch {
		case !now.Before(x.until):
			delete(l.by, k)
		case x.user == user:
			if n++; n == 1 || x.until.Before(l.by[oldest].until) {
				oldest = k
			}
		}
	}
	if n >= maxLinks {
		delete(l.by, oldest)
	}
	if l.by == nil {
		l.by = map[[sha256.Size]byte]*link{}
	}
	x := &link{user, scope, proof, on, now.Add(linkFor)}
	l.by[sha256.Sum256([]byte(code))] = x
	return &api.Link{Code: code, User: user, Until: x.until.UTC().Format(time.RFC3339)}, nil
}

// take uses a link up; nil: there is none, or it is too late.
func (l *links) take(code string) *link {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := sha256.Sum256([]byte(code))
	x := l.by[k]
	delete(l.by, k)
	if x == nil || !l.now().Before(x.until) {
		return nil
	}
	return x
}

// follow gives the session of a link's person to whoever brings its code. Whoever
// was suspended meanwhile gets none.
func (s *Server) follow(w http.ResponseWriter, r *http.Request) {
	var q api.LinkRequest
	if err := body(w, r, &q); err != nil {
		problem(w, err)
		return
	}
	x := s.links.take(q.Code)
	if x != nil {
		err := s.d.Store.View(r.Context(), func(tx *store.Tx) error {
			return errors.Join(domain.Active(tx, x.user), x.on.stand(tx, x.user))
		})
		switch {
		case err == nil:
		case errors.Is(err, errEnded) || glovebox.CodeOf(err) == glovebox.CodeDenied || glovebox.CodeOf(err) == glovebox.CodeNotFound:
			x = nil
		default:
			problem(w, err)
			return
		}
	}
	if x == nil {
		problem(w, glovebox.Errorf(glovebox.CodeDenied, "the link was used already, or is older than a minute").WithFix("make a new one: `glovebox login --browser`"))
		return
	}
	v, err := s.sessions.open(x.user, x.scope, x.proof, x.on)
	if err != nil {
		problem(w, err)
		return
	}
	reply(w, http.StatusOK, v)
}
