package trial

import (
	"encoding/hex"

	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/blocks"
	"glovebox.example/glovebox/privacy/mechanism"
)

// view is how a run is shown: unit by unit, or block by block. It follows from
// what the guest sees at one time, not from the job's mode.
type view interface {
	// keys is how many key fields a record of the guest has.
	keys() int
	// see writes down what happened on one unit, or one block.
	see(s *work.Seen, c Call)
	// add takes what the worker sends of the one part that there is.
	add(data []byte) error
	// result makes both tables: before and after noise.
	result() error
}

// newView is the view of a round.
func (r *runner) newView() (view, error) {
	switch plan := r.Round().(type) {
	case *blocks.Plan:
		return &blockView{r: r, plan: plan}, nil
	case *privacy.Plan:
		return &unitView{r: r, plan: plan, total: plan.NewPartial()}, nil
	}
	return nil, errMessage
}

// unitView shows a run unit by unit; of a job with several rounds, the first.
type unitView struct {
	r     *runner
	plan  *privacy.Plan
	total *privacy.Partial
}

func (v *unitView) keys() int { return len(v.plan.Keys()) }

func (v *unitView) see(s *work.Seen, c Call) {
	u := Unit{Unit: hex.EncodeToString(s.Tokens[0][:]), Call: c}
	size := s.Layout.Size()
	for n := range s.Result.N {
		if wrong := v.plan.KeyFault(s.Result.Records[n*size : (n+1)*size]); wrong != "" {
			if u.Dropped == nil {
				u.Dropped = map[string]int{}
			}
			u.Dropped[string(wrong)]++
		}
	}
	if v.r.declared {
		u.Contribution = v.plan.Exact(s.Alone)
	}
	v.r.seen.Units = append(v.r.seen.Units, u)
}

func (v *unitView) add(data []byte) error {
	one := v.plan.NewPartial()
	if err := one.UnmarshalBinary(data); err != nil {
		return err
	}
	return v.total.Merge(one)
}

func (v *unitView) result() error {
	res := &Result{Exact: v.plan.Exact(v.total)}
	src, err := mechanism.NewSource()
	if err != nil {
		return err
	}
	table, err := v.plan.Release(v.total, src)
	if err != nil {
		return err
	}
	for _, k := range table.Keys {
		res.Columns = append(res.Columns, k.Name)
	}
	for _, f := range table.Figures {
		res.Columns = append(res.Columns, f.Name)
	}
	res.Noisy = table.Rows
	v.r.seen.Result = res
	return nil
}
