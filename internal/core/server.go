// Package core is the process that alone holds a domain's directory: it keeps
// the lock for life, checks each signed act, says to each session what its person
// may know, runs jobs and takes them up again after a restart.
//
// It listens on a socket in the directory. Whoever may connect there is decided by
// the peer's account; what a connection may do is decided by what it brings: an
// act in its person's envelope, or the secret of a session that a person opened
// with a signature. It takes nobody's word for who somebody is, least of all that
// of the process that faces the network (internal/web): taken over, that one can
// ask what its live sessions may ask, and sign nothing.
//
// It does not promise that a job that was charged is done when the machine stops
// for good; the same act, sent again, goes on.
package core

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/backup"
	"glovebox.example/glovebox/internal/identity"
	"glovebox.example/glovebox/text"
)

// Socket is the name of the core's socket in the domain's directory.
const Socket = "core.sock"

// Options of New. The zero value takes the owner's account alone.
type Options struct {
	// Peers are the accounts, beside the owner's, that may connect: the one that
	// glovebox web runs as.
	Peers []uint32
	// Places are where exports may go, by name.
	Places map[string]Place
	// Copies and KeyCopies are the folders where safety copies go, and those of
	// keys; "": there are none.
	Copies, KeyCopies string
	// Origin is the page that passkeys are made for and sign on, "https://HOST[:PORT]";
	// "": none are made.
	Origin string
	// Logins are the identity providers that people may log in by; nil: none.
	Logins *identity.Checker
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Place is where exports may go.
type Place struct {
	To   string // as records call it
	Open func() (d Driver, closed func(), err error)
}

// Server is a core.
type Server struct {
	d        *domain.Domain
	desk     *desk.Desk
	o        Options
	sessions sessions
	links    links
	answers  answers
	runs     runs
	mux      *http.ServeMux
	secret   [32]byte // of this start
}

// New makes a core over an open domain.
func New(d *domain.Domain, o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{d: d, o: o, mux: http.NewServeMux()}
	_, _ = rand.Read(s.secret[:]) // never fails: it ends the process instead
	to := map[string]string{}
	for name, p := range o.Places {
		to[name] = p.To
	}
	s.desk = desk.New(d, &desk.Options{Export: s.export, Places: to, Copies: s.copies(), Sessions: &s.sessions})
	s.sessions.now, s.links.now, s.answers.now, s.runs.now = o.Now, o.Now, o.Now, o.Now
	s.routes()
	return s
}

// Handler is the API.
func (s *Server) Handler() http.Handler { return s.mux }

// copies says where safety copies go: names are those of files in the folders that
// the host's owner chose.
func (s *Server) copies() func(string, backup.Half) (string, error) {
	if s.o.Copies == "" || s.o.KeyCopies == "" {
		return nil
	}
	return func(name string, half backup.Half) (string, error) {
		if name == "" || name != filepath.Base(name) || name[0] == '.' || text.Name(name) != "" {
			return "", (&glovebox.Error{Code: glovebox.CodeInvalid, File: name, Msg: "not the name of a file"}).WithFix("name a file without a folder: the host's owner chose the folder")
		}
		dir := s.o.Copies
		if half == backup.Keys {
			dir = s.o.KeyCopies
		}
		return filepath.Join(dir, name), nil
	}
}

// Serve takes up the jobs that were under way, then answers on the socket in the
// domain's directory until ctx ends; then it lets requests end, and stops runs,
// which the next start takes up.
func (s *Server) Serve(ctx context.Context) error {
	path := filepath.Join(s.d.Dir, Socket)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return glovebox.Errorf(glovebox.CodeInternal, "the socket of the core cannot be made").Because(err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err == nil {
		err = os.Chmod(path, socketMode(len(s.o.Peers) > 0))
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the socket of the core cannot be made").Because(err).WithFix("a path of at most 100 bytes, in a directory of your own")
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.runs.start(running)
	if err := s.takeUp(running); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := s.d.CloseCalls(running); err != nil {
		return errors.Join(err, l.Close())
	}
	go s.daily(running)
	h := &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	var wg sync.WaitGroup
	wg.Go(func() {
		<-ctx.Done()
		stop()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = h.Shutdown(late) // what does not end by then is cut off
		_ = h.Close()
	})
	err = h.Serve(&peers{UnixListener: l, allowed: s.o.Peers})
	wg.Wait()
	s.runs.wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// socketMode lets others than the owner connect only where there are any; who
// does is checked in either case.
func socketMode(others bool) os.FileMode {
	if others {
		return 0o666
	}
	return 0o600
}

// routes are the API: an act for each row of the table of rights, a question for
// each of the desk's.
func (s *Server) routes() {
	posts := map[string][]string{}
	for _, a := range access.Acts {
		posts[a.Route] = append(posts[a.Route], a.Name)
	}
	for route, names := range posts {
		method, path, _ := strings.Cut(route, " ")
		s.mux.HandleFunc(method+" "+api.Prefix+path, func(w http.ResponseWriter, r *http.Request) { s.post(w, r, names) })
	}
	for _, q := range api.Questions {
		s.mux.HandleFunc("GET "+api.Prefix+q.Path, func(w http.ResponseWriter, r *http.Request) { s.get(w, r, q) })
	}
	s.mux.HandleFunc("POST "+api.Prefix+"/checks", s.check)
	s.mux.HandleFunc("GET "+api.Prefix+"/domain", s.about)
	s.mux.HandleFunc("GET "+api.Prefix+api.Description, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(api.OpenAPI) // whoever went away does not read it
	})
	s.mux.HandleFunc("GET "+api.Prefix+api.Data, s.data)
	s.mux.HandleFunc("DELETE "+api.Prefix+"/tokens", s.logout)
	s.mux.HandleFunc("POST "+api.Prefix+"/links", s.follow)
	s.mux.HandleFunc("POST "+api.Prefix+"/passkeys/requests", s.passkeyBegin)
	s.mux.HandleFunc("POST "+api.Prefix+"/passkeys", s.passkeyAdd)
	s.mux.HandleFunc("POST "+api.Prefix+"/logins", s.loginBegin)
	s.mux.HandleFunc("POST "+api.Prefix+"/logins/answers", s.loginAnswer)
	s.mux.HandleFunc("GET "+api.Prefix+"/blobs/{digest}", s.blobSize)
	s.mux.HandleFunc("PUT "+api.Prefix+"/blobs/{digest}", s.blobPut)
	s.mux.HandleFunc("GET "+api.Prefix+"/runs/{id}", s.run)
	s.mux.HandleFunc("GET "+api.Prefix+"/runs/{id}/events", s.runEvents)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, glovebox.Errorf(glovebox.CodeNotFound, "there is no such resource").WithFix("the API is under %s", api.Prefix))
	})
}

func (s *Server) about(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, api.About{Name: s.d.Name, Key: s.d.Info().Key, Time: s.d.Stamp()})
}

func reply(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		problem(w, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // whoever went away does not read it
}

// problem answers with a failure.
func problem(w http.ResponseWriter, err error) { problemAs(w, problemOf(err)) }

func problemAs(w http.ResponseWriter, p *api.Problem) {
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(b, '\n')) // whoever went away does not read it
}

// unknown is the answer to a request without a session, or with one that ended.
func unknown(w http.ResponseWriter) {
	p := api.ProblemOf(glovebox.Errorf(glovebox.CodeDenied, "nobody is logged in here, or no longer").WithFix("log in: `glovebox login --server URL`"))
	p.Status = http.StatusUnauthorized
	problemAs(w, p)
}
