package spread

import (
	"context"
	"crypto"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"filippo.io/age"

	"glovebox.example/glovebox"
	dataengine "glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// Domain is what a run needs of the domain. internal/pipeline gives it.
type Domain interface {
	// Nodes are those that are trusted now.
	Nodes(ctx context.Context) ([]Node, error)
	// Sealed finds a part's files as they lie encrypted, with keys that open them
	// alone; m is the manifest of its snapshot.
	Sealed(m *dataengine.Manifest, name work.PartName) (Part, error)
	// Signer signs envelopes.
	Signer() crypto.Signer
}

// Part is one part of one input, as it lies encrypted.
type Part struct {
	Part      Sealed
	Originals *Sealed
}

// Sealed is an encrypted file and how its ciphertext is opened.
type Sealed struct {
	File
	Open func() (io.ReadCloser, error)
}

// Open opens an engine and the storage that it shares with the nodes.
type Open func() (engine.Engine, storage.Storage, error)

// Rounds is how often tasks whose groups have no answer are handed out again,
// beside what the engine does of its own accord.
const Rounds = 3

// Times of a run.
const (
	lease   = 10 * time.Minute // an envelope's life, unless it is renewed
	renew   = 3 * time.Minute
	lookUp  = 200 * time.Millisecond // between two looks for answers
	between = 2 * time.Second        // an engine that failed, and the next try
)

// Runner has nodes work on parts. What needs no data (compiling, starting the
// module, steps between two rounds) the crew of this machine does.
type Runner struct {
	*crew.Crew
	domain Domain
	open   Open
	engine engine.Engine
	at     storage.Storage
	report func(Report)
	walls  jail.Walls                               // that the policy was told of
	source map[string]func() (io.ReadCloser, error) // ciphertext by locator
}

// Report is what a round of a job showed of its nodes. It is for the log, at the
// run's slot and not before.
type Report struct {
	Refused int // answers that were not what they should be
	Lie     *Lie
}

// New makes a runner. open is called before the charge. report is called once
// after each round; it may be nil.
func New(c *crew.Crew, d Domain, open Open, report func(Report)) *Runner {
	if report == nil {
		report = func(Report) {}
	}
	return &Runner{Crew: c, domain: d, open: open, report: report, source: map[string]func() (io.ReadCloser, error){}}
}

// Walls are those that every trusted node has, and this machine too: it starts
// the module before the charge.
func (r *Runner) Walls() (jail.Walls, error) {
	w, err := r.Crew.Walls()
	if err != nil {
		return 0, err
	}
	nodes, err := r.trusted(context.Background())
	if err != nil {
		return 0, err
	}
	for _, n := range nodes {
		w &= jail.Of(n.Walls)
	}
	r.walls = w
	return w, nil
}

// Prepare opens the engine and the storage and starts the module in a worker of
// this machine, without any data.
func (r *Runner) Prepare(ctx context.Context, t *crew.Task) (err error) {
	if _, err := r.trusted(ctx); err != nil {
		return err
	}
	if r.engine, r.at, err = r.open(); err != nil {
		return err
	}
	if _, err := r.at.List(ctx, strings.TrimSuffix(runsAt, "/")); err != nil {
		return err
	}
	return r.Crew.Prepare(ctx, t)
}

// Run works on all parts of a round.
func (r *Runner) Run(ctx context.Context, t *crew.Task) error {
	nodes, err := r.trusted(ctx)
	if err != nil {
		return err
	}
	reply, err := age.GenerateHybridIdentity() // in memory, for this round alone
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a key cannot be made").Because(err)
	}
	e, err := r.envelope(ctx, t, reply)
	if err != nil {
		return err
	}
	groups := t.Parts / t.Job.PartsPerGroup(t.Parts)
	g := &gather{at: r.at, run: e.Run, reply: reply, nodes: nodes, groups: groups, tasks: e.Tasks, task: t, answers: map[int]int{}, seen: map[string]bool{}, first: map[int]given{}}
	defer r.clean(e.Run)
	if err := r.put(ctx, e, nodes); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var kept sync.WaitGroup
	defer kept.Wait() // nothing is laid down behind clean
	defer stop()
	kept.Go(func() { r.keep(ctx, e, nodes) })
	err = r.rounds(ctx, e, g)
	rep := Report{Refused: g.refused}
	_ = errors.As(err, &rep.Lie) // nil if it is none
	r.report(rep)
	if err != nil {
		return err
	}
	return r.stillTrusted(ctx, g.by())
}

// rounds hands tasks out until every group has its answer.
func (r *Runner) rounds(ctx context.Context, e *Envelope, g *gather) error {
	var last error
	for n := 1; ; n++ {
		if last != nil { // an engine that is just being started again
			select {
			case <-time.After(between):
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if n > 1 { // what lies there may be what is wrong
			_ = r.publish(ctx, e, true) // what is missing there shows in the round
		}
		var err error
		if last, err = r.hand(ctx, e, g, g.left()); err != nil {
			return err
		}
		switch {
		case g.complete():
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case n == Rounds && g.whole():
			return nil // what was to be done twice was done once
		case n == Rounds:
			return glovebox.Errorf(glovebox.CodeInternal, "some parts of the job have no answer from any node after %d rounds", Rounds).Because(last).
				WithFix("run the job again: it is charged already and costs nothing more; `glovebox node doctor` on each node, and the node's own log, say what is wrong")
		}
	}
}

// hand has the engine start tasks, and looks for answers meanwhile. failed is what
// the engine says of itself: the answers count, whatever it says.
func (r *Runner) hand(ctx context.Context, e *Envelope, g *gather, tasks []int) (failed, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- r.engine.Run(ctx, e.Run, tasks) }()
	tick := time.NewTicker(lookUp)
	defer tick.Stop()
	for running := true; running; {
		select {
		case failed = <-done:
			running = false
		case <-tick.C:
		}
		err := g.look(ctx)
		if running && (err != nil || g.complete()) {
			// Attempts that are not needed any more: nodes stop without an envelope,
			// whatever the engine does.
			r.over(e.Run)
			stop()
			<-done //nolint:errcheck // it was stopped: how it ended tells nothing
		}
		switch {
		case err != nil:
			return nil, err
		case running && g.complete():
			return nil, g.look(context.WithoutCancel(ctx)) // what came twice is compared
		}
	}
	return failed, nil
}

// envelope makes the envelope of a round, and sees that what it names lies on
// shared storage.
func (r *Runner) envelope(ctx context.Context, t *crew.Task, reply *age.HybridIdentity) (*Envelope, error) {
	spec, err := t.Job.Bytes(t.Manifests)
	if err != nil {
		return nil, err
	}
	e := &Envelope{Format: 1, Run: newName(), Spec: spec, Parts: t.Parts, Tasks: tasks(t.Parts / t.Job.PartsPerGroup(t.Parts)), Reply: reply.Recipient().String()}
	manifests := make([]*dataengine.Manifest, len(t.Manifests))
	for k, raw := range t.Manifests {
		if manifests[k], err = dataengine.DecodeManifest(raw); err != nil {
			return nil, err
		}
	}
	for i := range t.Parts {
		var inputs []Files
		for k, name := range t.Job.Part(t.Inputs, i) {
			p, err := r.domain.Sealed(manifests[k], name)
			if err != nil {
				return nil, err
			}
			f := Files{Part: p.Part.File}
			r.source[f.Part.Locator] = p.Part.Open
			if p.Originals != nil {
				f.Originals = &p.Originals.File
				r.source[f.Originals.Locator] = p.Originals.Open
			}
			inputs = append(inputs, f)
		}
		e.Files = append(e.Files, inputs)
	}
	return e, r.publish(ctx, e, false)
}
