package pipeline

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"

	"glovebox"
	"glovebox/engine"
	"glovebox/internal/fault"
	"glovebox/internal/work"
	"glovebox/privacy"
)

// jobWork is what is left to do once a job may run.
type jobWork struct {
	runner *work.Runner
	first  *work.Worker // made before the charge: what cannot run costs nothing
	inputs []source
	parts  int
}

// source is one dataset's snapshot.
type source struct {
	code    string
	version int
}

// newWork turns an admitted job into a runner with one worker. A module that
// does not fit its inputs after masks, or that cannot be started, fails here,
// before anything is charged.
func (p *Pipeline) newWork(ctx context.Context, r *request, a *admission) (*jobWork, error) {
	w := &jobWork{parts: p.d.Parts}
	spec := work.Spec{Wasm: r.wasm, MaxFuel: p.d.MaxFuel, Function: r.function.Name, Params: r.job.Params, References: r.refs, Output: r.job.Output,
		Release: r.job.Release, Public: r.public, Secret: p.d.Vault.JobSecret(a.doc.ID).Bytes(), TokenKey: p.d.Vault.ScenarioKey(a.doc.Scenario).Bytes()}
	for _, code := range r.codes() {
		doc := r.datasets[code]
		if doc.Snapshot.Parts != w.parts {
			return nil, glovebox.Errorf(glovebox.CodeConflict, "the snapshot of %s has %d parts, the domain %d", code, doc.Snapshot.Parts, w.parts).
				WithFix("load %s again", code)
		}
		in := work.Input{Dataset: code, Record: doc.Record.Columns, Columns: r.job.Inputs[code].Columns, Where: r.job.Inputs[code].Where,
			Masks: a.doc.Spec.Masks[code], MaxRows: doc.Record.Unit.MaxRows}
		if f := r.filters[code]; f != nil {
			in.Reads = f.Columns
		}
		spec.Inputs = append(spec.Inputs, in)
		w.inputs = append(w.inputs, source{code, doc.Snapshot.Version})
	}
	var err error
	if w.runner, err = work.New(ctx, spec); err != nil {
		return nil, inFile(err, r.file)
	}
	if w.first, err = w.runner.Worker(ctx); err != nil {
		return nil, errors.Join(inFile(err, r.file), w.runner.Close())
	}
	return w, nil
}

// close frees what execute did not take.
func (w *jobWork) close() error {
	var err error
	if w.first != nil {
		err = w.first.Close()
	}
	return errors.Join(err, w.runner.Close())
}

// execute runs all parts, on all cores, merges what they give and adds noise.
func (p *Pipeline) execute(ctx context.Context, w *jobWork) (*privacy.Table, error) {
	manifests := make([]*engine.Manifest, len(w.inputs))
	for i, in := range w.inputs {
		data, err := p.d.Vault.ReadManifest(in.code, in.version)
		if err != nil {
			return nil, err
		}
		if manifests[i], err = engine.DecodeManifest(data); err != nil {
			return nil, err
		}
	}
	total, err := p.parts(ctx, w, manifests)
	if err != nil {
		return nil, err
	}
	src, err := privacy.NewSource()
	if err != nil {
		return nil, err
	}
	return w.runner.Plan().Release(total, src)
}

// parts works on all parts and merges them.
func (p *Pipeline) parts(ctx context.Context, w *jobWork, manifests []*engine.Manifest) (*privacy.Partial, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	workers := p.o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	todo := make(chan int)
	done := make(chan []byte)
	var group sync.WaitGroup
	first := w.first
	w.first = nil
	for range min(workers, w.parts) {
		one := first
		first = nil
		group.Go(func() {
			if err := p.worker(ctx, w, one, manifests, todo, done); err != nil {
				stop(err)
			}
		})
	}
	group.Go(func() {
		defer close(todo)
		for i := range w.parts {
			select {
			case todo <- i:
			case <-ctx.Done():
				return
			}
		}
	})
	go func() { group.Wait(); close(done) }()
	total := w.runner.Plan().NewPartial()
	n := 0
	for data := range done {
		one := w.runner.Plan().NewPartial()
		if err := errors.Join(one.UnmarshalBinary(data), total.Merge(one)); err != nil {
			stop(err)
			continue
		}
		n++
		fault.Point("part-done")
		if p.o.Progress != nil {
			p.o.Progress(int64(n), int64(w.parts))
		}
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if n != w.parts {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "%d of %d parts were worked on", n, w.parts)
	}
	return total, nil
}

// worker takes parts until there are none, with a worker that is there already
// or one of its own.
func (p *Pipeline) worker(ctx context.Context, w *jobWork, one *work.Worker, manifests []*engine.Manifest, todo <-chan int, done chan<- []byte) error {
	if one == nil {
		var err error
		if one, err = w.runner.Worker(ctx); err != nil {
			return err
		}
	}
	defer one.Close()
	for i := range todo {
		data, err := p.part(ctx, w, one, manifests, i)
		if err != nil {
			return err
		}
		select {
		case done <- data:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// part decrypts one part of every input into memory and works on it.
func (p *Pipeline) part(ctx context.Context, w *jobWork, one *work.Worker, manifests []*engine.Manifest, index int) (_ []byte, err error) {
	files := make([]work.Files, len(w.inputs))
	defer func() {
		for _, f := range files {
			for _, x := range []*os.File{f.Part, f.Sealed} {
				if x != nil {
					err = errors.Join(err, x.Close())
				}
			}
		}
	}()
	sealed := w.runner.NeedsSealed()
	for i, in := range w.inputs {
		if index >= len(manifests[i].Parts) {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the snapshot of %s lacks part %d", in.code, index)
		}
		part := manifests[i].Parts[index]
		files[i] = work.Files{Manifest: manifests[i], Index: index}
		if files[i].Part, err = p.d.Vault.OpenPart(in.code, in.version, part.Name); err != nil {
			return nil, err
		}
		if sealed[i] && part.Sealed != nil {
			if files[i].Sealed, err = p.d.Vault.OpenPart(in.code, in.version, part.Sealed.Name); err != nil {
				return nil, err
			}
		}
	}
	return one.Part(ctx, files)
}
