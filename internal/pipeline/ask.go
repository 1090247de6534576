package pipeline

import (
	"context"
	"maps"
	"slices"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/internal/spread"
)

// ask is a request with who makes it and the workers for it.
type ask struct {
	*request.Request
	by     *domain.By
	runner runner
	walls  []string // around its workers
	// Of runs on nodes, for the log at the slot: answers that were refused, and two
	// that differed.
	refused int
	lie     *spread.Lie
}

func (r *ask) close() {
	r.runner.Close()
	if r.Request != nil {
		r.Request.Close()
	}
}

// prepare reads a job and what it names. It fails with CodeInvalid and
// CodeModule, each problem with its file, field and fix.
func (p *Pipeline) prepare(ctx context.Context, s request.Submission, by *domain.By) (_ *ask, err error) {
	r := &ask{by: by}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if err := r.start(ctx, p); err != nil {
		return nil, err
	}
	r.Request, err = request.Read(ctx, s, &request.Options{MaxFuel: p.d.MaxFuel, Catalogue: func(codes []string) (map[string]request.Dataset, error) {
		return p.datasets(ctx, codes)
	}})
	if err != nil {
		return nil, err
	}
	if err := p.checkDeadline(r); err != nil {
		return nil, err
	}
	if err := r.sameTokens(); err != nil {
		return nil, err
	}
	return r, r.readWalls()
}

// datasets are those that the domain knows, read in one transaction. The others
// are left to the policy to name.
func (p *Pipeline) datasets(ctx context.Context, codes []string) (map[string]request.Dataset, error) {
	out := map[string]request.Dataset{}
	return out, p.d.Store.View(ctx, func(tx *store.Tx) error {
		for _, code := range codes {
			doc, err := domain.Datasets.Find(tx, code)
			if err != nil {
				return err
			}
			if doc != nil {
				out[code] = request.Dataset{Record: doc.Record, State: doc.State, Snapshot: doc.Snapshot}
			}
		}
		return nil
	})
}

// checkDeadline holds the job's deadline against what a strict domain demands.
func (p *Pipeline) checkDeadline(r *ask) error {
	switch {
	case !p.d.Strict:
	case r.Job.Release.Deadline == 0:
		return r.Invalid("release.deadline", "is missing: in this domain a result shows at a declared deadline only").
			WithFix("declare the seconds after which it shows, such as `deadline: %v`", max(10, p.d.MinDeadline))
	case r.Job.Release.Deadline < p.d.MinDeadline:
		return r.Invalid("release.deadline", "is below %v, the least of this domain: a deadline that a run cannot keep would tell how long it takes", p.d.MinDeadline).
			WithFix("declare `deadline: %v` or more", p.d.MinDeadline)
	}
	return nil
}

// sameTokens makes sure that the units of all inputs have tokens of one key: those
// of two say nothing of each other, and a join by them would find nobody.
func (r *ask) sameTokens() error {
	first := map[string]string{} // dataset by unit space
	for _, code := range slices.Sorted(maps.Keys(r.Datasets)) {
		d := r.Datasets[code]
		if d.Snapshot == nil {
			continue
		}
		space := d.Record.Unit.Space
		other, known := first[space]
		if !known {
			first[space] = code
			continue
		}
		if r.Datasets[other].Snapshot.UnitKey(r.Projection(other)) != d.Snapshot.UnitKey(r.Projection(code)) {
			return r.Invalid("inputs", "%s and %s were loaded under two keys of unit space %s, and have no unit in common", other, code, space).
				WithFix("ask the provider of the older one to load it again: `glovebox dataset load`")
		}
	}
	return nil
}

// readWalls waits for the first worker.
func (r *ask) readWalls() error {
	walls, err := r.runner.Walls()
	r.walls = walls.Names()
	return err
}
