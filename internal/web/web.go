// Package web is the process that faces the network: TLS and HTTP, the API and the
// pages (internal/console), and nothing of the domain. It holds no key, opens no directory, and decides nothing about who
// may do what: each request that the API has goes on to the core's socket, as a
// new request made from a list of what may go on.
//
// Taken over, it can ask what the sessions that pass through it may ask, keep
// answers back and see what it passes on; it can sign no act and change none. It
// does not hide from the network that a request was made, nor how long it was.
package web

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/console"
)

// Bounds of what comes from the network.
const (
	maxHeader = 16 << 10         // bytes of all headers of a request
	maxValue  = 4 << 10          // bytes of one header that goes on
	maxBody   = 1 << 20          // bytes of a JSON body
	maxPiece  = 16 << 20         // bytes of a piece of a blob: vault.MaxPiece
	maxConns  = 1024             // connections at once
	within    = time.Minute      // to send a body, and to take a piece of an answer
	streamFor = 30 * time.Minute // of events; a client asks again then
)

// Options of New.
type Options struct {
	// Core is the path of the core's socket.
	Core string
	// Origin is the address that people open, "https://HOST[:PORT]": what providers
	// send browsers back to. Providers need it.
	Origin string
	// Providers are those that people may log in by.
	Providers []Provider
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Server is a web process.
type Server struct {
	core   *http.Transport
	mux    *http.ServeMux
	pages  *console.Console
	door   *door
	tokens limiter
	hosts  limiter
}

// New makes a server. Neither the core nor a provider need be there yet.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{mux: http.NewServeMux(), tokens: limiter{rate: 50, burst: 500, now: o.Now}, hosts: limiter{rate: 200, burst: 2000, now: o.Now}}
	s.core = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", o.Core)
		},
		DisableCompression: true, MaxIdleConnsPerHost: 64, MaxConnsPerHost: maxConns, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxHeader,
	}
	s.door = newDoor(s, &o)
	s.pages = console.New(console.Options{Core: s.core, Now: o.Now, Ways: s.door.ways(), More: s.door.mux})
	for _, r := range routes() {
		s.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, q *http.Request) { s.forward(w, q, r) })
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { notFound(w) })
	return s
}

// route is a resource that goes on to the core.
type route struct {
	pattern string
	body    int64    // bytes that it takes; 0: none
	args    []string // of its query
	stream  bool
}

// routes are those of the tables that the core reads, too, and the fixed ones.
func routes() []route {
	var out []route
	seen := map[string]bool{}
	for _, a := range access.Acts {
		if seen[a.Route] {
			continue
		}
		seen[a.Route] = true
		method, p, _ := strings.Cut(a.Route, " ")
		out = append(out, route{pattern: method + " " + api.Prefix + p, body: maxBody})
	}
	for _, q := range api.Questions {
		out = append(out, route{pattern: "GET " + api.Prefix + q.Path, args: q.Args})
	}
	return append(out,
		route{pattern: "POST " + api.Prefix + "/checks", body: maxBody},
		route{pattern: "GET " + api.Prefix + "/domain"},
		route{pattern: "GET " + api.Prefix + api.Description},
		route{pattern: "GET " + api.Prefix + api.Data, args: api.DataArgs},
		route{pattern: "DELETE " + api.Prefix + "/tokens"},
		route{pattern: "GET " + api.Prefix + "/blobs/{digest}"},
		route{pattern: "PUT " + api.Prefix + "/blobs/{digest}", body: maxPiece},
		route{pattern: "GET " + api.Prefix + "/runs/{id}"},
		route{pattern: "GET " + api.Prefix + "/runs/{id}/events", stream: true})
}

// Handler is what the network meets.
func (s *Server) Handler() http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(w, 0, glovebox.Errorf(glovebox.CodeDenied, "the request comes from a page of another site").WithFix("use the address of this server"))
	}))
	inner := cross.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would answer an unclean path with the path itself.
		if r.URL.Path != path.Clean(r.URL.Path) {
			notFound(w)
			return
		}
		s.mux.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Strict-Transport-Security", "max-age=63072000")
		if p := r.URL.Path; p == path.Clean(p) && !strings.HasPrefix(p, "/api/") {
			if !s.hosts.take(host(r.RemoteAddr)) {
				h.Set("Retry-After", "1")
				http.Error(w, "too many requests", http.StatusTooManyRequests)
				return
			}
			s.pages.ServeHTTP(w, r)
			return
		}
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		token := r.Header.Get("Authorization")
		if !s.hosts.take(host(r.RemoteAddr)) || token != "" && !s.tokens.take(token) {
			h.Set("Retry-After", "1")
			problem(w, http.StatusTooManyRequests, glovebox.Errorf(glovebox.CodeConflict, "too many requests came from here").WithFix("wait a second, then send it again"))
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// Serve answers on a listener until ctx ends, and lets requests end then, for at
// most five seconds. TLS 1.3 is the only one that is spoken.
func (s *Server) Serve(ctx context.Context, l net.Listener, cert tls.Certificate) error {
	h := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: maxHeader,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}},
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: 64},
		ErrorLog:  log.New(io.Discard, "", 0)} // it would hold what strangers send
	var wg sync.WaitGroup
	wg.Go(func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = h.Shutdown(late) // what does not end by then is cut off
		_ = h.Close()
		s.core.CloseIdleConnections()
	})
	err := h.ServeTLS(&bounded{Listener: l, free: make(chan struct{}, maxConns)}, "", "")
	if errors.Is(err, http.ErrServerClosed) {
		wg.Wait()
		return nil
	}
	return glovebox.Errorf(glovebox.CodeInternal, "the server cannot answer").Because(err)
}

// problem answers with a failure; status 0: the one of its code.
func problem(w http.ResponseWriter, status int, err error) {
	p := api.ProblemOf(err)
	if status != 0 {
		p.Status = status
	}
	b, err := json.Marshal(p)
	if err != nil {
		http.Error(w, "internal", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(b, '\n')) // whoever went away does not read it
}

// notFound is the core's answer to what is no resource, byte for byte.
func notFound(w http.ResponseWriter) {
	problem(w, 0, glovebox.Errorf(glovebox.CodeNotFound, "there is no such resource").WithFix("the API is under %s", api.Prefix))
}
