package desk

import (
	"bytes"
	"encoding/json"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/tune"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/pipeline"
)

// Cutting is what a release of mode tune measured of a job: what its limits cut,
// which the margins of noise do not count.
type Cutting struct {
	Release string        `json:"release"` // that measured it
	Margins []tune.Margin `json:"margins"` // of counts and sums
	Advice  *tune.Advice  `json:"advice"`
}

// measuredMost is how many releases of a product are looked through for one that
// measured a job, the newest first.
const measuredMost = 50

// cutting finds what was measured of a job on the same data, in a release that
// whoever asks may read; nil: nothing was. c is the release of the job.
func (q *question) cutting(j *job.Doc, v *pipeline.ReleaseView) (*Cutting, error) {
	if v.Content == nil || tune.Measures(v.Content) {
		return nil, nil
	}
	all, err := q.find(evidence.Scope{All: true}, &evidence.Query{Scenario: j.Scenario, Product: j.Product, Action: "release.make", Limit: measuredMost, Newest: true})
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		id := strings.TrimPrefix(all[i].Subject, "release/")
		if id == v.Release.ID {
			continue
		}
		other, err := q.pipeline().Release(q, *q.u, id)
		if glovebox.CodeOf(err) == glovebox.CodeNotFound || err == nil && (other.Content == nil || !tune.Measures(other.Content)) {
			continue // not to be seen, or not to be read
		}
		if err != nil {
			return nil, err
		}
		o, err := q.pipeline().Job(q, *q.u, other.Release.Job)
		if err != nil {
			return nil, err
		}
		if !sameAsked(&o.Basis, &j.Basis) {
			continue
		}
		keys := 0
		if k := j.Basis.Job.Output.Key; len(k) == 0 || !k[0].Private {
			keys = len(v.Content.Rows)
		}
		a, err := tune.Read(&o.Basis.Job, other.Content, keys)
		if err != nil {
			return nil, err
		}
		return &Cutting{id, tune.Beside(&j.Basis.Job, v.Content, a), a}, nil
	}
	return nil, nil
}

// sameAsked says whether two jobs, of two modes, are the same module with the same
// declaration, over the same data under the same masks.
func sameAsked(t, j *job.Basis) bool {
	alike := func(b job.Basis) []byte {
		b.Job.Mode, b.Job.Release, b.Policy = "", glovebox.ReleaseDef{}, ""
		data, err := json.Marshal(b)
		if err != nil {
			return nil
		}
		return data
	}
	a, b := alike(*t), alike(*j)
	return t.Job.Mode != j.Job.Mode && a != nil && bytes.Equal(a, b)
}
