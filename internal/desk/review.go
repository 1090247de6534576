package desk

import (
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/pipeline"
)

// Review is a release as its reviewers see it. Content is nil where whoever looks
// may know of the release and not of its figures.
type Review struct {
	*pipeline.ReleaseView
	Submitter string              `json:"submitter"` // of the job
	Reports   []*trial.Neighbours `json:"reports,omitempty"`
	// Cutting is what job tune measured of the same job on the same data.
	Cutting *Cutting `json:"cutting,omitempty"`
}

func lookRelease(q *question) (any, error) {
	p := q.pipeline()
	v, err := p.Release(q, *q.u, q.look.ID)
	if err != nil {
		return nil, err
	}
	j, err := p.Job(q, *q.u, v.Release.Job)
	if err != nil {
		return nil, err
	}
	out := &Review{ReleaseView: v, Submitter: j.Submitter}
	if out.Cutting, err = q.cutting(j, v); err != nil {
		return nil, err
	}
	all, err := p.Attached(q, &v.Release)
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		n, err := trial.DecodeNeighbours(b)
		if err != nil {
			return nil, err
		}
		out.Reports = append(out.Reports, n)
	}
	return out, nil
}

// lookCheck checks the job in the file ID. A refusal is in the report. The argument
// want holds what is wanted of its figures, one a line.
func lookCheck(q *question) (any, error) {
	wants, err := pipeline.ParseWants(q.look.Args["want"])
	if err != nil {
		return nil, err
	}
	s, err := q.look.Files.Job(q.look.ID)
	if err != nil {
		return nil, err
	}
	return q.pipeline().Check(q, s, *q.u, wants...)
}

// Fit is the model of a dataset's current snapshot and what it cost.
type Fit struct {
	Model *fit.Model  `json:"model"`
	Doc   *job.FitDoc `json:"fit"`
}

func lookFit(q *question) (any, error) {
	m, doc, err := q.pipeline().Fitted(q, q.look.ID)
	if err != nil {
		return nil, err
	}
	return &Fit{m, doc}, nil
}
