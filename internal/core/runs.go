package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

type run struct {
	api.Run
	user string
	of   string // the envelope
	at   time.Time
	done chan struct{}
}

// runs are the core's own: a client that goes away changes nothing of them.
type runs struct {
	mu   sync.Mutex
	by   map[string]*run
	now  func() time.Time
	ctx  context.Context
	live sync.WaitGroup
}

func (s *runs) start(ctx context.Context) { s.ctx = ctx }

func (s *runs) wait() { s.live.Wait() }

func (s *runs) find(id string) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by[id]
}

// begin starts a run under the core's own context.
func (s *runs) begin(id, user, of string, do func(context.Context) (any, error)) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.by[id]; r != nil {
		return r
	}
	for k, r := range s.by {
		if r.State != api.RunUnderWay && (s.now().Sub(r.at) > keptFor || len(s.by) > maxAnswers) {
			delete(s.by, k)
		}
	}
	r := &run{Run: api.Run{ID: id, State: api.RunUnderWay}, user: user, of: of, at: s.now(), done: make(chan struct{})}
	if s.by == nil {
		s.by = map[string]*run{}
	}
	s.by[id] = r
	ctx := s.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	s.live.Go(func() {
		v, err := do(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		r.at = s.now()
		if err == nil {
			r.State = api.RunDone
			r.Outcome, err = json.Marshal(v)
		}
		if err != nil {
			r.State, r.Outcome, r.Problem = api.RunFailed, nil, problemOf(err)
		}
		close(r.done)
	})
	return r
}

// told is what whoever asked for a run is told now.
func (s *runs) told(r *run) api.Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.Run
}

// accepted answers a request to run a job: where to ask for its end.
func (s *Server) accepted(w http.ResponseWriter, r *run) {
	w.Header().Set("Location", api.Prefix+"/runs/"+r.ID)
	reply(w, http.StatusAccepted, api.Run{ID: r.ID, State: api.RunUnderWay})
}

// mine is the run of a request, for whoever asked for it.
func (s *Server) mine(w http.ResponseWriter, r *http.Request) *run {
	u, _ := s.person(r.Context(), r)
	if u == nil {
		unknown(w)
		return nil
	}
	x := s.runs.find(r.PathValue("id"))
	if x == nil || x.user != u.Name {
		problem(w, glovebox.Errorf(glovebox.CodeNotFound, "no run of that name is under way or was answered lately").WithFix("`glovebox job list` shows your jobs; the same job, run again, goes on or is answered free"))
		return nil
	}
	return x
}

func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	if x := s.mine(w, r); x != nil {
		reply(w, http.StatusOK, s.runs.told(x))
	}
}

// heartbeat is how often a stream of events says that it is there: always the
// same, whatever the run does.
const heartbeat = 10 * time.Second

// runEvents streams the states of a run: one at once, one at its end.
func (s *Server) runEvents(w http.ResponseWriter, r *http.Request) {
	x := s.mine(w, r)
	if x == nil {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	c := http.NewResponseController(w)
	send := func(state api.RunState) bool {
		b, err := json.Marshal(map[string]api.RunState{"state": state})
		if err == nil {
			_, err = fmt.Fprintf(w, "event: state\ndata: %s\n\n", b)
		}
		return errors.Join(err, c.Flush()) == nil
	}
	told := s.runs.told(x).State
	if !send(told) || told != api.RunUnderWay {
		return
	}
	t := time.NewTicker(heartbeat)
	defer t.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-x.done:
			send(s.runs.told(x).State)
			return
		case <-t.C:
			if _, err := fmt.Fprint(w, ": here\n\n"); err != nil || c.Flush() != nil {
				return
			}
		}
	}
}

// uploadsFor is how long what was handed in waits for an act that names it.
const uploadsFor = 24 * time.Hour

// takeUp runs the jobs again that were charged and not done when the core
// stopped: under the act that asked for each, with the files that it named. Of
// what else was handed in, it forgets what nobody named in time.
func (s *Server) takeUp(ctx context.Context) error {
	all, err := s.d.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		params, names, err := parted(u.Act.Params)
		if err != nil {
			return err
		}
		f, err := s.blobs(names)
		if err != nil {
			return err
		}
		s.runs.begin(u.Act.Nonce, u.By.Name, string(u.Envelope), func(ctx context.Context) (any, error) {
			defer f.close()
			return s.desk.Do(ctx, u.By, desk.Act{Name: u.Act.Name, Subject: u.Act.Subject, Role: glovebox.Role(u.Act.Role), Params: params, Files: f})
		})
	}
	return s.sweep(ctx)
}

// sweep forgets what was handed in and nobody named in time, but for the files of
// jobs that are under way.
func (s *Server) sweep(ctx context.Context) error {
	all, err := s.d.Unfinished(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, u := range all {
		_, names, err := parted(u.Act.Params)
		if err != nil {
			return err
		}
		for _, digest := range names {
			wanted[strings.TrimPrefix(digest, "sha256:")] = true
		}
	}
	return s.d.Vault.ForgetUploads(s.o.Now().Add(-uploadsFor), func(digest string) bool { return wanted[digest] })
}

// export opens a place that the configuration names: an act names places by name
// alone.
func (s *Server) export(to desk.Destination) (string, driver.Destination, func(), error) {
	place, ok := s.o.Places[to.Name]
	if !ok || to != (desk.Destination{Name: to.Name}) {
		return "", nil, nil, glovebox.Invalid("name", "is not a place for exports of this domain").WithFix("`glovebox release places` lists them; whoever runs `glovebox serve` names them with --place")
	}
	d, closed, err := place.Open()
	return place.To, d, closed, err
}
