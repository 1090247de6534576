package pipeline

import (
	"context"
	"errors"
	"os"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/fault"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
)

// jobWork is what is left to do once a job may run.
type jobWork struct {
	job    *work.Job
	runner runner
	code   *os.File // machine code of the module; may be nil
	inputs []work.Snapshot
	parts  int
	before int       // parts done in the rounds before
	noise  vault.Key // of a mode that repeats
	disk   *vault.Disk
	table  int64 // bytes that the rows of private keys may take
	// Manifests of the inputs, as they are sealed and as they are read.
	raw       [][]byte
	manifests []*engine.Manifest
}

func (w *jobWork) close() {
	if w.code != nil {
		_ = w.code.Close() // a file in memory
	}
}

// newWork turns an admitted job into work for the crew. A module that does not
// fit its inputs after masks, or does not compile within its limits, fails
// here, before anything is charged.
func (p *Pipeline) newWork(ctx context.Context, r *ask, a *admission) (*jobWork, error) {
	w := &jobWork{parts: p.d.Parts, runner: r.runner, disk: p.d.Vault.NewDisk(p.d.RunDisk()), table: bundle.MaxFile - r.HeadBytes()}
	spec := r.Spec(p.d.MaxFuel, a.doc.Basis.Masks)
	spec.PieceBytes = p.o.pieceBytes
	spec.Secret, spec.TokenKey = p.d.Vault.JobSecret(a.doc.ID).Bytes(), p.d.Vault.ScenarioKey(a.doc.Scenario).Bytes()
	for _, code := range r.Codes() {
		doc := r.Datasets[code]
		if doc.Snapshot.Parts != w.parts {
			return nil, glovebox.Errorf(glovebox.CodeConflict, "the snapshot of %s has %d parts, the domain %d", code, doc.Snapshot.Parts, w.parts).
				WithFix("load %s again", code)
		}
		w.inputs = append(w.inputs, work.Snapshot{Dataset: code, Version: doc.Snapshot.Version, Projection: r.Projection(code)})
	}
	var err error
	if w.job, err = work.Bind(spec, r.Module, r.Mode); err != nil {
		return nil, r.Blame(err, "")
	}
	if r.Mode.Repeats() {
		if w.noise, err = p.d.Vault.NoiseKey(a.doc.ID, a.doc.Basis.Versions); err != nil {
			return nil, err
		}
	}
	if w.code, err = w.runner.Compile(ctx, w.job); err != nil {
		return nil, r.Blame(err, "")
	}
	if err := p.start(ctx, w); err != nil {
		w.close()
		return nil, r.Blame(err, "")
	}
	return w, nil
}

// task is the job's work as any runner takes it.
func (w *jobWork) task(j *work.Job) *crew.Task {
	return &crew.Task{Job: j, Manifests: w.raw, Code: w.code, Inputs: w.inputs, Parts: w.parts}
}

// start reads the manifests and has a worker start the module without data.
func (p *Pipeline) start(ctx context.Context, w *jobWork) error {
	for _, in := range w.inputs {
		raw, err := p.d.ReadManifest(in.Dataset, in.Version, in.Projection)
		if err != nil {
			return err
		}
		m, err := engine.DecodeManifest(raw)
		if err != nil {
			return err
		}
		w.raw, w.manifests = append(w.raw, raw), append(w.manifests, m)
	}
	if err := sameTokens(w.manifests); err != nil {
		return err
	}
	return w.runner.Prepare(ctx, w.task(w.job))
}

// sameTokens makes sure that one id has one token in all snapshots: those of
// different formats make tokens differently, and their rows would never meet.
func sameTokens(list []*engine.Manifest) error {
	for _, m := range list {
		if newest := slices.MaxFunc(list, func(a, b *engine.Manifest) int { return a.Format - b.Format }); m.Format != newest.Format {
			return glovebox.Errorf(glovebox.CodeConflict, "the snapshot of %s has tokens of format %d, that of %s of format %d", m.Dataset, m.Format, newest.Dataset, newest.Format).
				WithFix("load %s again", m.Dataset)
		}
	}
	return nil
}

// execute goes the job's course: round by round it has all parts worked on, and
// noise added. Until the last of them is done, nothing of any leaves this call:
// neither sums nor states are stored, logged or shown.
func (p *Pipeline) execute(ctx context.Context, w *jobWork) (*work.Answer, error) {
	c := w.job.Course(w.noise.Bytes())
	for c.More() {
		step, err := p.round(ctx, w, c)
		if err != nil {
			return nil, err
		}
		if step == nil {
			continue
		}
		next, ok, err := w.runner.Update(ctx, w.job, step, w.code)
		if err != nil {
			return nil, err
		}
		c.Take(next, ok)
		w.before += w.parts
		fault.Point("round-done")
	}
	return c.Answer(), nil
}

// round does all parts of one round and adds its noise.
func (p *Pipeline) round(ctx context.Context, w *jobWork, c work.Course) (step *work.Update, err error) {
	total, err := p.parts(ctx, w, c)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := total.Close(); err == nil {
			err = cerr
		}
	}()
	src, err := c.Source(total)
	if err != nil {
		return nil, err
	}
	step, err = c.Release(total, src)
	return step, tooMuch(err)
}

// tooMuch is what is told where workers' answers cannot be added up or be made a
// table, whatever the reason: a worker that was broken into could choose among
// reasons by the data. Of an interrupted run the reason stays.
func tooMuch(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the job has more distinct keys, or larger counts, than a run can hold").
		WithFix("use public keys, coarser ones, or fewer keys per unit")
}

// parts has the crew work on all parts and merges what it sends, in bounded
// memory.
func (p *Pipeline) parts(ctx context.Context, w *jobWork, c work.Course) (work.Total, error) {
	total := c.Total(&privacy.SpoolOptions{Bytes: p.o.spoolBytes, Most: p.o.spoolMost, Table: w.table, Create: func() (privacy.Spill, error) { return w.disk.NewSpool() }})
	n := w.before
	task := w.task(c.Job())
	task.Open = func(_ context.Context, name work.PartName) (work.Files, error) { return p.openPart(w, name) }
	task.Spool = func() (crew.Spool, error) { return w.disk.NewSpool() }
	task.Check = total.Check
	task.Done = func(group int, data []byte, last bool) error {
		err := total.Add(group, w.parts, data)
		if errors.Is(err, work.ErrPartial) {
			return err // to be done again
		}
		if err != nil || !last {
			return tooMuch(err)
		}
		n++
		fault.Point("part-done")
		if p.o.partDone != nil {
			p.o.partDone(n)
		}
		return nil
	}
	err := w.runner.Run(ctx, task)
	if glovebox.CodeOf(err) == glovebox.CodeInvalid { // a place on the disk that is full
		err = tooMuch(err)
	}
	if err != nil {
		return nil, errors.Join(err, total.Close())
	}
	return total, nil
}

// openPart decrypts one part into memory. The files are the caller's, also with
// an error.
func (p *Pipeline) openPart(w *jobWork, name work.PartName) (work.Files, error) {
	i := slices.Index(w.inputs, name.Snapshot)
	if i < 0 {
		return work.Files{}, glovebox.Errorf(glovebox.CodeInternal, "the job does not read a part that its workers ask for")
	}
	return p.d.OpenPart(w.manifests[i], name)
}
