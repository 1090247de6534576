package spread

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
)

func (r *Runner) trusted(ctx context.Context) ([]Node, error) {
	nodes, err := r.domain.Nodes(ctx)
	// One that was trusted since the decision may have fewer walls.
	nodes = slices.DeleteFunc(nodes, func(n Node) bool { return jail.Of(n.Walls)&r.walls != r.walls })
	if err == nil && len(nodes) == 0 {
		err = glovebox.Errorf(glovebox.CodeConflict, "jobs of this domain run on nodes, and no node is trusted").
			WithFix("`glovebox node trust FILE` trusts one; `glovebox node use local` has this machine do the work")
	}
	return nodes, err
}

// publish puts the files of an envelope on shared storage, those that are not
// there, or all again.
func (r *Runner) publish(ctx context.Context, e *Envelope, again bool) error {
	for _, inputs := range e.Files {
		for _, f := range inputs {
			for _, x := range []*File{&f.Part, f.Originals} {
				if x == nil {
					continue
				}
				if err := r.publishFile(ctx, x, again); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *Runner) publishFile(ctx context.Context, f *File, again bool) error {
	name, size := PartName(f.Locator), Class(f.Bytes)
	if !again {
		if n, err := r.at.Size(ctx, name); err == nil && n == size {
			return nil
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	src, err := r.source[f.Locator]()
	if err != nil {
		return err
	}
	defer src.Close()
	return r.at.Put(ctx, name, io.LimitReader(io.MultiReader(io.LimitReader(src, f.Bytes), zeros{}), size), size)
}

// zeros is filling without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// put lays the envelope down, for another lease.
func (r *Runner) put(ctx context.Context, e *Envelope, nodes []Node) error {
	next := *e
	next.Until = time.Now().Add(lease).UTC().Truncate(time.Second)
	data, err := next.Seal(r.domain.Signer(), nodes)
	if err != nil {
		return err
	}
	return r.at.Put(ctx, EnvelopeName(e.Run), bytes.NewReader(data), int64(len(data)))
}

// keep renews the envelope while the run lasts: a core that dies takes its runs
// with it.
func (r *Runner) keep(ctx context.Context, e *Envelope, nodes []Node) {
	t := time.NewTicker(renew)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			_ = r.put(ctx, e, nodes) // or the lease ends, and the tasks with it
		case <-ctx.Done():
			return
		}
	}
}

// over removes the envelope of a run: its nodes stop.
func (r *Runner) over(run string) {
	ctx, stop := context.WithTimeout(context.Background(), cleanWithin)
	defer stop()
	_ = r.at.Remove(ctx, EnvelopeName(run)) // or its lease ends
}

// clean removes what a run left. Nodes stop when its envelope is gone.
func (r *Runner) clean(run string) {
	r.over(run)
	ctx, stop := context.WithTimeout(context.Background(), cleanWithin)
	defer stop()
	names, _ := r.at.List(ctx, answersAt+run)
	for _, n := range names {
		_ = r.at.Remove(ctx, n) // what stays can be opened by nobody any more
	}
}

const cleanWithin = 30 * time.Second

// stillTrusted fails if a node was revoked while it worked.
func (r *Runner) stillTrusted(ctx context.Context, names []string) error {
	nodes, err := r.domain.Nodes(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		known := false
		for _, n := range nodes {
			known = known || n.Name == name
		}
		if !known {
			return glovebox.Errorf(glovebox.CodeConflict, "node %s was revoked while the job ran", name).
				WithFix("run the job again: it is charged already and costs nothing more")
		}
	}
	return nil
}
