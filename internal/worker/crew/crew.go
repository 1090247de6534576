package crew

import (
	"context"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// Defaults and bounds.
const (
	// DefaultAttempts is how often a part is tried.
	DefaultAttempts = 3
	// DefaultSilence is how long a worker may show no progress, beside what
	// its module's fuel allows for one unit at FuelPerSecond: a unit that ends
	// later than that has no fuel left.
	DefaultSilence = 2 * time.Minute
	// FuelPerSecond is what the slowest machine that we expect burns.
	FuelPerSecond = 10_000_000
	// maxBeats bounds the signs of life on one part. A worker sends one a
	// second at most, so a part may take a day; one that floods is killed.
	maxBeats = 24 * 3600
	// CompileCPU and CompileMemory bound the compiler of a module.
	CompileCPU    = 30        // seconds of processor time, on the slowest machine that we expect
	CompileMemory = 512 << 20 // bytes
	// compileWithin bounds its wall-clock time, on the busiest machine.
	compileWithin = 10 * time.Minute
)

// Options of New; nil is what the product uses.
type Options struct {
	// Workers is how many parts are worked on at once; zero: one a core.
	Workers int
	// Cache is the folder for machine code; it is made where it is missing.
	// Empty: modules are compiled for each job.
	Cache string
	// Attempts is how often a part is tried; zero: DefaultAttempts.
	Attempts int
	// Silence is DefaultSilence where zero.
	Silence time.Duration

	compile  jail.Limits                       // tests only: zero means the constants above
	started  func(*jail.Process)               // tests only: sees each worker
	role     func(n int) string                // tests only: what the n-th worker is; nil: role.Work
	patience func(*jail.Process) time.Duration // tests only: how long one may be silent; nil: Silence and fuel say it
}

// Crew is the workers of one job. The first is started by New, so that it
// comes up while the job is being read; Close ends them all.
type Crew struct {
	o       Options
	first   *spare
	ready   *jail.Process // from Prepare, until Run takes it
	started atomic.Int32
}

// spare is a worker that starts in the background.
type spare struct {
	done chan struct{}
	p    *jail.Process
	err  error
	once sync.Once
}

func (c *Crew) spare() *spare {
	s := &spare{done: make(chan struct{})}
	go func() {
		defer close(s.done)
		s.p, s.err = c.start()
	}()
	return s
}

func (c *Crew) start() (*jail.Process, error) {
	as := role.Work
	if n := int(c.started.Add(1)); c.o.role != nil {
		as = c.o.role(n)
	}
	p, err := jail.Start(as, role.Frames(role.Work), nil)
	if err == nil && c.o.started != nil {
		c.o.started(p)
	}
	return p, err
}

// New starts the first worker.
func New(o *Options) *Crew {
	c := &Crew{}
	if o != nil {
		c.o = *o
	}
	if c.o.Workers <= 0 {
		c.o.Workers = runtime.GOMAXPROCS(0)
	}
	if c.o.Attempts <= 0 {
		c.o.Attempts = DefaultAttempts
	}
	if c.o.Silence <= 0 {
		c.o.Silence = DefaultSilence
	}
	if c.o.compile == (jail.Limits{}) {
		c.o.compile = jail.Limits{CPU: CompileCPU, Memory: CompileMemory}
	}
	c.first = c.spare()
	return c
}

// Walls are those around each worker. It waits for the first.
func (c *Crew) Walls() (jail.Walls, error) {
	<-c.first.done
	if c.first.err != nil {
		return 0, c.first.err
	}
	return c.first.p.Walls(), nil
}

// worker takes the first worker, if nobody has, or starts another.
func (c *Crew) worker() (*jail.Process, error) {
	mine := false
	c.first.once.Do(func() { mine = true })
	if !mine {
		return c.start()
	}
	<-c.first.done
	return c.first.p, c.first.err
}

// Close ends the first worker if no job took it.
func (c *Crew) Close() {
	if c.ready != nil {
		c.ready.Close()
		c.ready = nil
	}
	if p, err := c.unused(); err == nil && p != nil {
		p.Close()
	}
}

func (c *Crew) unused() (p *jail.Process, err error) {
	c.first.once.Do(func() {
		<-c.first.done
		p, err = c.first.p, c.first.err
	})
	return p, err
}

// Task is a job's parts.
type Task struct {
	Job       *work.Job
	Manifests [][]byte        // canonical bytes of each input's manifest
	Code      *os.File        // from Compile; nil: workers compile
	Inputs    []work.Snapshot // what is read, in the order of the job's inputs
	Parts     int             // of each input; a power of two
	// Open returns the descriptors of a part of one input; Run closes them, also
	// those that come with an error. nil: for a runner that opens parts elsewhere.
	Open func(context.Context, work.PartName) (work.Files, error)
	// Done takes the partial aggregate of each group (Job.PartsPerGroup parts,
	// mostly one) once, from one goroutine at a time, in any order; one that came
	// in pieces piece by piece, last is true for the last. ErrPartial means that
	// these bytes are not one and the group has to be done again; any other
	// error ends the job.
	Done func(group int, partial []byte, last bool) error
	// Check says whether bytes are a partial aggregate of the job, with
	// ErrPartial if not. What Check took, Done takes. It is called for pieces,
	// before the first of them goes to Done.
	Check func(partial []byte) error
	// Spool makes a place for the pieces of a part, until it is complete.
	Spool func() (Spool, error)
}

// Spool keeps records, in order: see vault.Spool.
type Spool interface {
	Append(record []byte) error
	Each(f func(record []byte) error) error
	Close() error
}

// ErrPartial is what Task.Done returns for bytes that are no partial aggregate
// of the job, and before it has changed anything.
var ErrPartial = work.ErrPartial

// silence is how long a worker of this job may show no progress.
func (c *Crew) silence(j *work.Job) time.Duration {
	return c.o.Silence + time.Duration(j.Fuel()/FuelPerSecond)*time.Second
}

// stepSilence is how long a worker may take for one step between two rounds.
func (c *Crew) stepSilence(j *work.Job, u *work.Update) time.Duration {
	return c.o.Silence + time.Duration(j.StepFuel(u)/FuelPerSecond)*time.Second
}

// kill kills a worker when the context ends. The returned function stops that.
func kill(ctx context.Context, p *jail.Process) (stop func() bool) {
	return context.AfterFunc(ctx, p.Kill)
}
