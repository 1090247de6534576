package pipeline

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/policy"
	"glovebox.example/glovebox/sandbox"
)

// basis is what a job asks, without the data that it reads and the rules that it
// runs under.
func basis(r *request.Request) job.Basis {
	b := job.Basis{Job: *r.Job, Module: r.Module.Digest(), Function: r.Function.Name, Rewriter: sandbox.RewriterVersion, Semantics: job.Semantics, Files: r.Digests}
	b.Job.Module, b.Job.References = "", nil // their digests stand for them
	b.Job.Release.Deadline = 0               // when the answer shows is no part of it
	b.Job.Inputs = r.Inputs()
	return b
}

// readListed tells the policy what the domain requires, and what it knows of the
// module and the product. asked is that of job.Basis; "" where nothing is run any
// more.
func (p *Pipeline) readListed(tx *store.Tx, in *policy.Input, asked string) error {
	in.Require = slices.Clone(p.d.Require)
	if in.Require == nil {
		in.Require = []string{}
	}
	in.Witness.Names = []string{}
	m, err := domain.Modules.Find(tx, in.Module.Digest)
	if err != nil {
		return err
	}
	if m != nil {
		in.Module.State = m.State
		in.Module.Promoted = slices.ContainsFunc(m.Promoted, func(x domain.Promotion) bool { return x.Job == asked && x.Same })
	}
	l, err := domain.Products.Find(tx, in.Product)
	if err != nil || l == nil {
		return err
	}
	in.Listed = policy.Listed{State: l.State, Scenario: l.Scenario, Registration: l.Registration}
	return nil
}

// Tried is a job that is made ready to run on sample rows of the domain's records,
// with what it asks: see job.Basis.Asked.
func (p *Pipeline) Tried(ctx context.Context, s request.Submission) (_ *Sample, module, asked string, err error) {
	all, err := p.d.Datasets(ctx)
	if err != nil {
		return nil, "", "", err
	}
	records := map[string]*glovebox.Dataset{}
	for i := range all {
		records[all[i].Record.Code] = &all[i].Record
	}
	out, err := SampleAlone(ctx, s, nil, records, nil)
	if err != nil {
		return nil, "", "", err
	}
	b := basis(out.request)
	asked, err = b.Asked()
	return out, b.Module, asked, err
}
