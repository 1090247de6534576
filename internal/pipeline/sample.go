package pipeline

import (
	"context"
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/request"
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
	request  *request.Request
}

// Bind makes the job of its spec, whose keys may be set since: the module is
// not admitted again, and the plan is not made again.
func (s *Sample) Bind(spec work.Spec) (*work.Job, error) {
	return work.Bind(spec, s.request.Module, s.request.Mode)
}

// Close frees the job's reference tables.
func (s *Sample) Close() { s.request.Close() }

// Sample reads a job for a run on sample rows, with the masks that the policy
// demands of this user. Whoever may not have the columns has no sample of them
// by this way either: it fails with the refusal. A refusal at admission, such
// as one for want of budget, is no hindrance and is in the result. Nothing is
// recorded or charged.
func (p *Pipeline) Sample(ctx context.Context, s request.Submission, u glovebox.User) (*Sample, error) {
	r, err := p.prepare(ctx, s, domain.Looking(u))
	if err != nil {
		return nil, err
	}
	r.runner.Close() // samples run elsewhere
	if err := measures(r.Request); err != nil {
		r.close()
		return nil, err
	}
	a, err := p.admit(ctx, r)
	if err == nil && !a.columns.Allow {
		err = a.columns.Denied()
	}
	if err != nil {
		r.close()
		return nil, err
	}
	d := a.decision()
	out := sample(r.Request, p.d.MaxFuel, a.masks())
	out.Decision = &d
	return out, nil
}

// SampleAlone reads a job for a run on sample rows where there is no domain:
// records are the author's copies. The masks are those of the shipped policy
// for the columns' classes and grades, and those of grant if it is not nil.
// wasm, if it is not nil, stands for the module that the job names. Where the
// job leaves the number of blocks open, it has as many as so few units get.
func SampleAlone(ctx context.Context, s request.Submission, wasm []byte, records map[string]*glovebox.Dataset, grant *glovebox.Grant) (*Sample, error) {
	r, err := request.Read(ctx, s, &request.Options{MaxFuel: abi.MaxFuel, Wasm: wasm, Alone: true, Catalogue: func(codes []string) (map[string]request.Dataset, error) {
		known := map[string]request.Dataset{}
		for _, code := range codes {
			if records[code] == nil {
				e := glovebox.Errorf(glovebox.CodeInvalid, "there is no record of this dataset").WithFix("name its file with --record, or use a domain")
				e.Field = "inputs." + code
				return nil, e
			}
			known[code] = request.Dataset{Record: *records[code]}
		}
		return known, nil
	}})
	if err != nil {
		return nil, err
	}
	var masks map[string]job.MaskPlan
	if err = measures(r); err == nil {
		err = r.CheckColumns()
	}
	if err == nil {
		masks, err = shippedMasks(ctx, r, grant)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return sample(r, abi.MaxFuel, masks), nil
}

// measures fails for a job that says nothing about sample rows.
func measures(r *request.Request) error {
	if _, tune := r.Mode.(*work.Tune); !tune {
		return nil
	}
	return r.Invalid("mode", "a job of mode tune measures data, and says nothing about sample rows").WithFix("run the job that is tuned on them: it shows what is cut of each unit")
}

// author is who runs samples without a domain.
var author = glovebox.User{Name: "author", Roles: []glovebox.Role{glovebox.RoleDeveloper}, State: glovebox.UserActive}

func sample(r *request.Request, maxFuel int64, masks map[string]job.MaskPlan) *Sample {
	return &Sample{Spec: r.Spec(maxFuel, masks), Records: r.Records(), Lists: r.Lists(), request: r}
}

// shippedMasks asks the shipped policy, as if everything that the job names
// were granted, what masks the columns would get: with the grant's masks and its
// use key, where there is one.
func shippedMasks(ctx context.Context, r *request.Request, grant *glovebox.Grant) (map[string]job.MaskPlan, error) {
	engine, err := policy.New(ctx, nil)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	product := glovebox.Product{Code: r.Job.Product, Registration: "SAMPLE", Title: glovebox.Text{EN: "sample"}}
	in := policy.Input{
		Point: glovebox.PointColumns, Time: now.Format(time.RFC3339), User: author, Product: product.Code,
		People: policy.People{Submitter: author.Name}, Module: policy.Module{Digest: r.Module.Digest(), Admitted: true},
		Scenario: &glovebox.Scenario{Code: r.Job.Scenario, Operator: "operator", Products: []glovebox.Product{product}, Needs: map[string][]string{}, State: glovebox.ScenarioGranted},
		Grant: &glovebox.Grant{Scenario: r.Job.Scenario, From: now.AddDate(0, 0, -1).Format(time.DateOnly), Until: now.AddDate(1, 0, 0).Format(time.DateOnly),
			Developers: []string{author.Name}, Products: []string{product.Code}, Datasets: map[string]glovebox.GrantDataset{}, State: glovebox.GrantActive, By: "authority"},
		Job:      policy.Job{Inputs: map[string]policy.JobInput{}, Mode: r.Job.Mode},
		Datasets: map[string]policy.Dataset{},
	}
	for code, x := range r.Job.Inputs {
		ji := policy.JobInput{Columns: x.Columns}
		if f := r.Filters[code]; f != nil {
			ji.FilterColumns = f.Columns
		}
		rec := r.Datasets[code].Record
		given := glovebox.GrantDataset{Columns: map[string]glovebox.GrantColumn{}}
		known := policy.Dataset{Provider: rec.Provider, State: glovebox.DatasetActive, Snapshot: glovebox.SnapshotCurrent, UnitSpace: rec.Unit.Space, Columns: map[string]policy.Column{}}
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
	return (&admission{columns: decided{Decision: d}}).masks(), nil
}
