package pipeline

import (
	"context"
	"slices"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/policy"
)

// decided is a decision with what the policy was asked and what it answered, as
// they are kept beside the entry that acts on it.
type decided struct {
	glovebox.Decision
	asked, answered []byte
}

// keep keeps what decisions were made of. The next entry names it.
func keep(tx *store.Tx, all ...decided) error {
	for _, d := range all {
		if d.asked == nil { // the policy was not asked
			continue
		}
		if err := tx.Keep(d.asked, d.answered); err != nil {
			return err
		}
	}
	return nil
}

// decide asks the policy and refuses an answer that cannot be carried out: the
// engine knows the datasets of one request only, and the domain knows them all.
func (p *Pipeline) decide(ctx context.Context, in *policy.Input) (d decided, err error) {
	if d.Decision, err = p.d.Policy.Decide(ctx, *in); err != nil {
		return d, err
	}
	if d.asked, _, err = in.Encode(); err != nil {
		return d, err
	}
	if d.answered, err = store.Canonical(d.Decision); err != nil || !d.Allow {
		return d, err
	}
	var wrong []glovebox.Reason
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		for _, o := range d.Obligations {
			r, err := p.unknown(tx, &o)
			if err != nil {
				return err
			}
			if r != nil {
				wrong = append(wrong, *r)
			}
		}
		return nil
	})
	if err != nil {
		return d, err
	}
	if wrong != nil {
		d.Allow, d.Obligations, d.Reasons = false, nil, wrong
	}
	d.Obligations = slices.DeleteFunc(d.Obligations, func(o glovebox.Obligation) bool { return o.Kind == policy.MustExist })
	return d, nil
}

// unknown says what an obligation names that the domain does not have; nil:
// nothing. A dataset that this job does not use is none of its business.
func (p *Pipeline) unknown(tx *store.Tx, o *glovebox.Obligation) (*glovebox.Reason, error) {
	if o.Kind != policy.MustExist {
		return nil, nil
	}
	r := &glovebox.Reason{Rule: policy.ObligationRule, At: p.d.Policy.Demanding(o.Dataset, o.Column), Req: "R04"}
	about := func(en, zh string) *glovebox.Reason {
		r.Text = glovebox.Text{EN: "an obligation of the domain's policy names " + en + ", so the request is refused; tell whoever keeps the domain's policy",
			ZH: "域策略的一项义务（obligation）指定了" + zh + "，故拒绝该请求；请联系域策略的维护者"}
		return r
	}
	code, column := quoted(o.Dataset), quoted(o.Column)
	ds, err := domain.Datasets.Find(tx, o.Dataset)
	if err != nil {
		return nil, err
	}
	if ds == nil {
		return about("column "+column+" of dataset "+code+", a dataset that this domain does not have", "数据集 "+code+" 的列 "+column+"，而本域没有该数据集"), nil
	}
	if !slices.ContainsFunc(ds.Record.Columns, func(c glovebox.Column) bool { return c.Name == o.Column }) {
		return about("column "+column+" of dataset "+code+", which it does not have", "数据集 "+code+" 没有的列 "+column), nil
	}
	return nil, nil
}

// quoted prints a name that a rule gave, cut short.
func quoted(s string) string { return strconv.QuoteToASCII(s[:min(len(s), 64)]) }
