package pipeline

import (
	"context"
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/policy"
	"glovebox.example/glovebox/sandbox/abi"
)

// Sample is a job as a run on sample rows needs it: what a run on real data
// is made of, but no key and no data.
type Sample struct {
	Spec    work.Spec
	Records map[string]*glovebox.Dataset // of the inputs, by code
	// Lists are the public keys, by key field.
	Lists map[string][]string
	// Decision is what admission would say; nil where nobody was asked.
	Decision *glovebox.Decision
	request  *request
}

// Close frees the job's reference tables.
func (s *Sample) Close() { s.request.release() }

// Sample reads a job for a run on sample rows, with the masks that the policy
// demands of this user. Whoever may not have the columns has no sample of them
// by this way either: it fails with the refusal. A refusal at admission, such
// as one for want of budget, is no hindrance and is in the result. Nothing is
// recorded or charged.
func (p *Pipeline) Sample(ctx context.Context, file string, u glovebox.User) (*Sample, error) {
	r, err := p.prepare(ctx, file, u)
	if err != nil {
		return nil, err
	}
	a, err := p.admit(ctx, r)
	if err == nil && !a.columns.Allow {
		err = a.columns.Denied()
	}
	if err != nil {
		r.release()
		return nil, err
	}
	d := a.decision()
	s := r.sample(p.d.MaxFuel, a.masks())
	s.Decision = &d
	return s, nil
}

// SampleAlone reads a job for a run on sample rows where there is no domain:
// records are the author's copies. The masks are those of the shipped policy
// for the columns' classes and grades, and those of grant if it is not nil.
// wasm, if it is not nil, stands for the module that the job names. Where the
// job leaves the number of blocks open, it has as many as so few units get.
func SampleAlone(ctx context.Context, file string, wasm []byte, records map[string]*glovebox.Dataset, grant *glovebox.Grant) (*Sample, error) {
	r := newRequest(file, author)
	r.wasm, r.alone = wasm, true
	err := r.read(ctx, abi.MaxFuel, func() error {
		for code := range r.job.Inputs {
			rec := records[code]
			if rec == nil {
				return r.invalid("inputs."+code, "there is no record of this dataset").WithFix("name its file with --record, or use a domain")
			}
			if err := r.take(code, domain.DatasetDoc{Record: *rec, State: policy.DatasetActive}); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = r.checkColumns()
	}
	var masks map[string]job.MaskPlan
	if err == nil {
		masks, err = r.shippedMasks(ctx, grant)
	}
	if err != nil {
		r.release()
		return nil, err
	}
	return r.sample(abi.MaxFuel, masks), nil
}

// author is who runs samples without a domain.
var author = glovebox.User{Name: "author", Roles: []glovebox.Role{glovebox.RoleDeveloper}, State: "active"}

func (r *request) sample(maxFuel int64, masks map[string]job.MaskPlan) *Sample {
	s := &Sample{Spec: r.spec(maxFuel, masks), Records: map[string]*glovebox.Dataset{}, Lists: map[string][]string{}, request: r}
	for code, doc := range r.datasets {
		s.Records[code] = &doc.Record
	}
	for _, k := range r.job.Output.Key {
		list := r.public[k.Name]
		if given, ok := k.Public.([]any); ok {
			for _, v := range given {
				if text, ok := v.(string); ok {
					list = append(list, text)
				}
			}
		}
		if len(list) > 0 {
			s.Lists[k.Name] = list
		}
	}
	return s
}

// checkColumns makes sure that the records have what the job names; in a
// domain the policy says so.
func (r *request) checkColumns() error {
	for _, code := range r.codes() {
		rec := r.datasets[code].Record
		for _, name := range r.job.Inputs[code].Columns {
			if _, ok := rec.Column(name); !ok {
				return r.invalid("inputs."+code+".columns", "the record has no column %s", name).WithFix("correct the name, or the record")
			}
		}
	}
	return nil
}

// shippedMasks asks the shipped policy, as if everything that the job names
// were granted, what masks the columns would get: with the grant's masks and its
// use key, where there is one.
func (r *request) shippedMasks(ctx context.Context, grant *glovebox.Grant) (map[string]job.MaskPlan, error) {
	engine, err := policy.New(ctx, nil)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	product := glovebox.Product{Code: r.job.Product, Registration: "SAMPLE", Title: glovebox.Text{EN: "sample"}}
	in := policy.Input{
		Point: glovebox.PointColumns, Time: now.Format(time.RFC3339), User: author, Product: product.Code,
		People: policy.People{Submitter: author.Name}, Module: policy.Module{Digest: r.module.Digest(), Admitted: true},
		Scenario: &glovebox.Scenario{Code: r.job.Scenario, Operator: "operator", Products: []glovebox.Product{product}, Needs: map[string][]string{}, State: "granted"},
		Grant: &glovebox.Grant{Scenario: r.job.Scenario, From: now.AddDate(0, 0, -1).Format(time.DateOnly), Until: now.AddDate(1, 0, 0).Format(time.DateOnly),
			Developers: []string{author.Name}, Products: []string{product.Code}, Datasets: map[string]glovebox.GrantDataset{}, State: "active", By: "authority"},
		Job:      policy.Job{Inputs: map[string]policy.JobInput{}, Mode: r.job.Mode},
		Datasets: map[string]policy.Dataset{},
	}
	for code, x := range r.job.Inputs {
		ji := policy.JobInput{Columns: x.Columns}
		if f := r.filters[code]; f != nil {
			ji.FilterColumns = f.Columns
		}
		rec := r.datasets[code].Record
		given := glovebox.GrantDataset{Columns: map[string]glovebox.GrantColumn{}}
		known := policy.Dataset{Provider: rec.Provider, State: policy.DatasetActive, Snapshot: policy.SnapshotCurrent, UnitSpace: rec.Unit.Space, Columns: map[string]policy.Column{}}
		for _, c := range rec.Columns {
			known.Columns[c.Name] = policy.Column{Type: c.Type, Class: c.Class, Grade: c.Grade, Keep: c.Keep}
		}
		for _, name := range slices.Concat(ji.Columns, ji.FilterColumns) {
			in.Scenario.Needs[code] = append(in.Scenario.Needs[code], name)
			g := glovebox.GrantColumn{Use: []string{policy.UseInput, policy.UseFilter}}
			if grant != nil {
				given := grant.Datasets[code].Columns[name]
				g.Mask = given.Mask
				if slices.Contains(given.Use, policy.UseKey) {
					g.Use = append(g.Use, policy.UseKey)
				}
			}
			given.Columns[name] = g
		}
		in.Job.Inputs[code], in.Grant.Datasets[code], in.Datasets[code] = ji, given, known
	}
	d, err := engine.Decide(ctx, in)
	if err != nil {
		return nil, err
	}
	if !d.Allow {
		return nil, d.Denied()
	}
	return (&admission{columns: d}).masks(), nil
}
