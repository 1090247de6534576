package core

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

// Driver is where an export goes.
type Driver = driver.Destination

// post takes an act. The envelope is the authority: no session is needed to send
// it, and none makes up for it. Sent again in the session that sent it first, it
// gets the same answer: envelopes stand in the log, and whoever may read one there
// must not get by it what its person was told. A login and a token are never told
// twice.
func (s *Server) post(w http.ResponseWriter, r *http.Request, names []string) {
	var q api.ActRequest
	if err := body(w, r, &q); err != nil {
		problem(w, err)
		return
	}
	raw, err := s.assembled(r.Context(), &q)
	if err != nil {
		problem(w, err)
		return
	}
	q.Envelope = raw
	e, err := act.DecodeEnvelope(q.Envelope)
	if err != nil {
		problem(w, err)
		return
	}
	a, err := e.Act()
	if err != nil {
		problem(w, err)
		return
	}
	if err := fits(r, names, a); err != nil {
		problem(w, s.refused(r.Context(), e, err))
		return
	}
	if _, x := s.person(r.Context(), r); x != nil && x.program && !x.Scope.sends(a.Name) {
		problem(w, s.refused(r.Context(), e, glovebox.Errorf(glovebox.CodeDenied, "the token that brings the act is not for such acts").
			WithFix("make a token of scope submit or act, or send the act without one")))
		return
	}
	if run := s.runs.find(a.Nonce); run != nil && run.of == string(q.Envelope) {
		s.accepted(w, run)
		return
	}
	v, err := s.answers.once(r.Context(), s.sender(r, a), a.Nonce, string(q.Envelope), func() (any, error) {
		by, a, err := s.d.Signed(r.Context(), e)
		if err != nil {
			if a == nil { // nobody is known to have signed it
				return nil, err
			}
			return nil, s.d.Refused(r.Context(), by, a.Name, a.Subject, err)
		}
		return s.do(r.Context(), by, a, string(q.Envelope))
	})
	switch v := v.(type) {
	case *run:
		s.accepted(w, v)
	default:
		if err != nil {
			problem(w, err)
			return
		}
		reply(w, http.StatusOK, v)
	}
}

// sender is who may get the answer to an act again: the session's person; "" for
// nobody.
func (s *Server) sender(r *http.Request, a *act.Act) string {
	u, _ := s.person(r.Context(), r)
	if u == nil || a.Name == "session.open" || a.Name == "token.add" {
		return ""
	}
	return u.Name
}

// refused is why an act is not taken that its signature could be good for: it is
// in the log under the name of whoever signed. Where nobody did, that is why.
func (s *Server) refused(ctx context.Context, e *act.Envelope, why error) error {
	by, a, err := s.d.Signed(ctx, e)
	if a == nil {
		return err
	}
	return s.d.Refused(ctx, by, a.Name, a.Subject, why)
}

// fits says whether the act is one of the resource's.
func fits(r *http.Request, names []string, a *act.Act) error {
	ok := false
	for _, n := range names {
		ok = ok || n == a.Name
	}
	_, id, _ := strings.Cut(a.Subject, "/")
	about := r.PathValue("id")
	if about == "-" && a.Subject == "" { // the act finds what it is about in a file
		about = ""
	}
	if !ok || about != "" && about != id && !apart(a.Subject) {
		return glovebox.Errorf(glovebox.CodeInvalid, "the act is not one of this resource").WithFix("docs/access.md says where each act goes")
	}
	return nil
}

// apart says whether the resource is the person's that the act is about, and the
// subject something of that person.
func apart(subject string) bool {
	return strings.HasPrefix(subject, "key/") || strings.HasPrefix(subject, "binding/")
}

// do takes an act whose signature is sound.
func (s *Server) do(ctx context.Context, by *domain.By, a *act.Act, envelope string) (any, error) {
	params, names, err := parted(a.Params)
	var f *blobs
	if err == nil {
		f, err = s.blobs(names)
	}
	if err != nil {
		return nil, s.d.Refused(ctx, by, a.Name, a.Subject, err)
	}
	if a.Name == "dataset.load" {
		f.skip = api.BlindSize
	}
	step := desk.Act{Name: a.Name, Subject: a.Subject, Role: glovebox.Role(a.Role), Params: params, Files: f}
	if a.Name == "job.run" { // of the core, not of the request
		return s.runs.begin(a.Nonce, by.Name, envelope, func(ctx context.Context) (any, error) {
			defer f.close()
			return s.desk.Do(ctx, by, step)
		}), nil
	}
	defer f.close()
	// Whoever goes away does not stop what was signed.
	v, err := s.desk.Do(context.WithoutCancel(ctx), by, step)
	switch {
	case err != nil:
	case a.Name == "session.open":
		return s.opened(by, params)
	case a.Name == "dataset.load": // it is in the vault now, and nowhere else
		err = f.forget()
	}
	return v, err
}

// parted takes the member "files" out of params.
func parted(raw json.RawMessage) (json.RawMessage, map[string]string, error) {
	var all map[string]json.RawMessage
	var names map[string]string
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, nil, glovebox.Errorf(glovebox.CodeInvalid, "the params of an act are an object")
	}
	if f, ok := all["files"]; ok {
		if err := json.Unmarshal(f, &names); err != nil {
			return nil, nil, glovebox.Invalid("files", "are not names with digests").WithFix(`write "files": {"NAME": "sha256:DIGEST"}`)
		}
		delete(all, "files")
	}
	out, err := json.Marshal(all)
	return out, names, err
}

// opened begins the session that an act asked for.
func (s *Server) opened(by *domain.By, params json.RawMessage) (any, error) {
	var p desk.SessionOpen
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, err
	}
	scope := ScopeAct
	if p.Scope == string(ScopeRead) {
		scope = ScopeRead
	}
	on := grounds{key: by.Key()}
	if p.Link {
		return s.links.make(by.Name, scope, by.Proof(), on)
	}
	return s.sessions.open(by.Name, scope, by.Proof(), on)
}

// answers keep what acts were answered, so that one that is sent again by its
// sender, because its answer was lost, is answered and not refused.
type answers struct {
	mu  sync.Mutex
	by  map[string]*answer
	now func() time.Time
}

type answer struct {
	to   string // who sent it
	of   string // the envelope
	at   time.Time
	done chan struct{}
	v    any
	err  error
}

// keptFor is how long an answer is kept, and maxAnswers how many of them.
const (
	keptFor    = time.Hour
	maxAnswers = 4096
)

// once calls do for the first of equal requests of a sender; the others get its
// answer. For the sender "" each is the first.
func (s *answers) once(ctx context.Context, to, nonce, of string, do func() (any, error)) (any, error) {
	if to == "" {
		return do()
	}
	s.mu.Lock()
	if x := s.by[nonce]; x != nil && x.to == to && x.of == of {
		s.mu.Unlock()
		select {
		case <-x.done:
			return x.v, x.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	x := &answer{to: to, of: of, at: s.now(), done: make(chan struct{})}
	s.sweep()
	if s.by == nil {
		s.by = map[string]*answer{}
	}
	mine := s.by[nonce] == nil
	if mine {
		s.by[nonce] = x
	}
	s.mu.Unlock()
	func() {
		x.err = glovebox.Errorf(glovebox.CodeInternal, "something failed inside") // where do does not come back
		defer close(x.done)
		x.v, x.err = do()
	}()
	if x.err != nil && mine {
		s.mu.Lock()
		delete(s.by, nonce)
		s.mu.Unlock()
	}
	return x.v, x.err
}

func (s *answers) sweep() {
	for k, x := range s.by {
		if s.now().Sub(x.at) > keptFor || len(s.by) > maxAnswers {
			select {
			case <-x.done:
				delete(s.by, k)
			default:
			}
		}
	}
}
