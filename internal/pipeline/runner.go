package pipeline

import (
	"context"
	"os"
	"path/filepath"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// runner works on a job's parts, which it knows by name. The crew of this
// machine is one; nodes that an engine picks are another. Whichever it is, each
// group of parts is handed to Task.Done once, and the bytes are the same.
type runner interface {
	// Walls are those around every worker that a part may go to.
	Walls() (jail.Walls, error)
	// Compile and Prepare are what has to go well before the charge.
	Compile(ctx context.Context, j *work.Job) (*os.File, error)
	Prepare(ctx context.Context, t *crew.Task) error
	// Run works on all parts of one round.
	Run(ctx context.Context, t *crew.Task) error
	// Update makes the step between two rounds, which needs no data.
	Update(ctx context.Context, j *work.Job, u *work.Update, code *os.File) (next []float64, ok bool, err error)
	Close()
}

// start gives a request its runner. The first worker of this machine comes up
// while the job is being read.
func (r *ask) start(ctx context.Context, p *Pipeline) error {
	c := crew.New(&crew.Options{Workers: p.o.Workers, Cache: filepath.Join(p.d.Dir, "cache", "wasm")})
	r.runner = c
	doc, err := p.d.Engine(ctx)
	if err == nil && doc.Kind != domain.LocalEngine {
		r.runner = p.spreadRunner(c, doc, r)
	}
	return err
}
