package pipeline

import (
	"context"
	"os"

	"glovebox"
	"glovebox/engine"
	"glovebox/internal/crew"
	"glovebox/internal/domain"
	"glovebox/internal/fault"
	"glovebox/internal/job"
	"glovebox/internal/work"
	"glovebox/privacy"
)

// jobWork is what is left to do once a job may run.
type jobWork struct {
	job    *work.Job
	crew   *crew.Crew
	code   *os.File // machine code of the module; may be nil
	inputs []source
	parts  int
	// Manifests of the inputs, as they are sealed and as they are read.
	raw       [][]byte
	manifests []*engine.Manifest
}

func (w *jobWork) close() {
	if w.code != nil {
		_ = w.code.Close() // a file in memory
	}
}

// source is one dataset's snapshot.
type source struct {
	code    string
	version int
	place   int // of the unit column that the job is about: which projection
}

// newWork turns an admitted job into work for the crew. A module that does not
// fit its inputs after masks, or does not compile within its limits, fails
// here, before anything is charged.
func (p *Pipeline) newWork(ctx context.Context, r *request, a *admission) (*jobWork, error) {
	w := &jobWork{parts: p.d.Parts, crew: r.crew}
	spec := r.spec(p.d.MaxFuel, a.doc.Spec.Masks)
	spec.Secret, spec.TokenKey = p.d.Vault.JobSecret(a.doc.ID).Bytes(), p.d.Vault.ScenarioKey(a.doc.Scenario).Bytes()
	for _, code := range r.codes() {
		doc := r.datasets[code]
		if doc.Snapshot.Parts != w.parts {
			return nil, glovebox.Errorf(glovebox.CodeConflict, "the snapshot of %s has %d parts, the domain %d", code, doc.Snapshot.Parts, w.parts).
				WithFix("load %s again", code)
		}
		w.inputs = append(w.inputs, source{code, doc.Snapshot.Version, r.places[code]})
	}
	var err error
	if w.job, err = work.Check(spec); err != nil {
		return nil, inFile(err, r.file)
	}
	if w.code, err = w.crew.Compile(ctx, w.job); err != nil {
		return nil, inFile(err, r.file)
	}
	if err := p.start(ctx, w); err != nil {
		w.close()
		return nil, inFile(err, r.file)
	}
	return w, nil
}

// spec is the job as workers know it, but for its keys.
func (r *request) spec(maxFuel int64, masks map[string]job.MaskPlan) work.Spec {
	spec := work.Spec{Wasm: r.wasm, MaxFuel: maxFuel, Function: r.function.Name, Params: r.job.Params, References: r.refs, Output: r.job.Output,
		Release: r.job.Release, Public: r.public}
	for _, code := range r.codes() {
		doc := r.datasets[code]
		in := work.Input{Dataset: code, Record: doc.Record.Columns, Columns: r.job.Inputs[code].Columns, Where: r.job.Inputs[code].Where,
			Masks: masks[code], MaxRows: doc.Record.Unit.MaxRows}
		if f := r.filters[code]; f != nil {
			in.Reads = f.Columns
		}
		spec.Inputs = append(spec.Inputs, in)
	}
	return spec
}

// start reads the manifests and has a worker start the module without data.
func (p *Pipeline) start(ctx context.Context, w *jobWork) error {
	for _, in := range w.inputs {
		raw, err := p.d.ReadManifest(in.code, in.version, in.place)
		if err != nil {
			return err
		}
		m, err := engine.DecodeManifest(raw)
		if err != nil {
			return err
		}
		w.raw, w.manifests = append(w.raw, raw), append(w.manifests, m)
	}
	return w.crew.Prepare(ctx, &crew.Task{Job: w.job, Manifests: w.raw, Code: w.code, Parts: w.parts})
}

// execute runs all parts, merges what they give and adds noise.
func (p *Pipeline) execute(ctx context.Context, w *jobWork) (*privacy.Table, error) {
	total, err := p.parts(ctx, w)
	if err != nil {
		return nil, err
	}
	src, err := privacy.NewSource()
	if err != nil {
		return nil, err
	}
	return w.job.Plan().Release(total, src)
}

// parts has the crew work on all parts and merges them. What a worker sends is
// foreign: it is decoded on its own before it is added.
func (p *Pipeline) parts(ctx context.Context, w *jobWork) (*privacy.Partial, error) {
	total := w.job.Plan().NewPartial()
	n := 0
	err := w.crew.Run(ctx, &crew.Task{
		Job: w.job, Manifests: w.raw, Code: w.code, Parts: w.parts,
		Open:  func(part int) ([]work.Files, error) { return p.openPart(w, part) },
		Spool: func() (crew.Spool, error) { return p.d.Vault.NewSpool() },
		Check: func(data []byte) error {
			if w.job.Plan().NewPartial().UnmarshalBinary(data) != nil {
				return crew.ErrPartial
			}
			return nil
		},
		Done: func(data []byte, last bool) error {
			one := w.job.Plan().NewPartial()
			if one.UnmarshalBinary(data) != nil {
				return crew.ErrPartial
			}
			if err := total.Merge(one); err != nil || !last {
				return err
			}
			n++
			fault.Point("part-done")
			if p.o.partDone != nil {
				p.o.partDone(n)
			}
			return nil
		},
	})
	return total, err
}

// openPart decrypts one part of every input into memory. The files are the
// caller's, also with an error.
func (p *Pipeline) openPart(w *jobWork, index int) (_ []work.Files, err error) {
	files := make([]work.Files, len(w.inputs))
	sealed := w.job.NeedsSealed()
	for i, in := range w.inputs {
		if index >= len(w.manifests[i].Parts) {
			return files, glovebox.Errorf(glovebox.CodeInternal, "the snapshot of %s lacks part %d", in.code, index)
		}
		part, prefix := w.manifests[i].Parts[index], domain.Projection(in.place)
		if files[i].Part, err = p.d.Vault.OpenPart(in.code, in.version, prefix+part.Name); err != nil {
			return files, err
		}
		if sealed[i] && part.Sealed != nil {
			if files[i].Sealed, err = p.d.Vault.OpenPart(in.code, in.version, prefix+part.Sealed.Name); err != nil {
				return files, err
			}
		}
	}
	return files, nil
}
