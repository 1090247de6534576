package pipeline

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/bill"
)

// A Want is how far a figure may lie off, by its noise, in 95 of 100 cases.
type Want struct {
	Of     string  `json:"of"`              // a metric, or a figure such as NAME.mean
	Within float64 `json:"within"`          // in the figure's own unit, in ranks of a quantile, in votes of a vote; above 0
	Units  float64 `json:"units,omitempty"` // of the key that is meant: for means and variances, and only for them
}

// An Offer is a price and what it buys.
type Offer struct {
	Epsilon float64 `json:"epsilon,omitempty"`
	Rho     float64 `json:"rho,omitempty"`
	Errors  []Want  `json:"errors"` // what was wanted, with the error that there is at this price
	// Fits says that every ledger, and every cap of the grant, holds the price.
	Fits     bool              `json:"fits"`
	Decision glovebox.Decision `json:"decision"` // of the policy on the job at this price
}

// Wanted answers wants.
type Wanted struct {
	Wants []Want `json:"wants"`
	// Least is the least price at which all wants hold, rounded up to three
	// digits; nil: none up to the largest price of a job.
	Least *Offer `json:"least,omitempty"`
	// Most is the largest price that the ledgers and caps hold, rounded down to
	// three digits, where Least is more; nil also where they hold nothing.
	Most *Offer `json:"most,omitempty"`
}

// maxWants bounds how much may be wanted at once.
const maxWants = 64

// ParseWants reads wants, one a line, each NAME=±HALF, with @95% after it or not,
// and for means and variances with /UNITS at its end.
func ParseWants(text string) (out []Want, err error) {
	for line := range strings.Lines(text) {
		w, ok := parseWant(strings.TrimSpace(line))
		if !ok || len(out) == maxWants {
			return nil, glovebox.Invalid("want", "is not of the form NAME=±HALF@95%%, at most %d of them", maxWants).
				WithFix("such as --want people=±20@95%%; for a mean of keys of 500 units --want income=±100@95%%/500; other confidences than 95%% are not computed")
		}
		out = append(out, w)
	}
	return out, nil
}

func parseWant(s string) (w Want, ok bool) {
	name, rest, ok := strings.Cut(s, "=")
	rest, units, sized := strings.Cut(rest, "/")
	rest = strings.TrimSuffix(rest, "@95%")
	for _, sign := range []string{"±", "+-"} {
		rest = strings.TrimPrefix(rest, sign)
	}
	var err error
	if w.Within, err = strconv.ParseFloat(rest, 64); err != nil || !(w.Within > 0 && w.Within <= math.MaxFloat32) {
		return w, false
	}
	if sized {
		if w.Units, err = strconv.ParseFloat(units, 64); err != nil || !(w.Units >= 1 && w.Units <= math.MaxUint32) {
			return w, false
		}
	}
	w.Of = name
	return w, ok && name != "" && len(name) <= 128
}

// halves are the 95 % errors that facts tell before a run, by figure.
func halves(f *privacy.Facts) map[string]float64 {
	out := map[string]float64{}
	for name, e := range f.Errors {
		out[name] = max(e.Half, e.Ranks)
	}
	for _, c := range f.Combined {
		out[c.Of] = max(c.Half, c.Ranks)
	}
	return out
}

// holds says what the wants come to with these facts, and whether all hold.
func holds(f *privacy.Facts, wants []Want) (errs []Want, all bool) {
	have, all := halves(f), true
	for _, w := range wants {
		half := have[w.Of]
		if w.Units > 0 {
			half /= w.Units
		}
		all = all && half <= w.Within
		errs = append(errs, Want{w.Of, half, w.Units})
	}
	return errs, all
}

// divided are the figures whose error is told as one to be divided by the number
// of the key's units.
func divided(metrics []glovebox.Metric) map[string]bool {
	out := map[string]bool{}
	for _, m := range metrics {
		if m.Kind == glovebox.Mean || m.Kind == glovebox.Variance {
			out[m.Name], out[m.Name+".mean"] = true, true
		}
	}
	return out
}

// checkWants holds wants against what the job has.
func checkWants(r *ask, wants []Want) error {
	f := r.Mode.Facts()
	have, by := halves(&f), divided(r.Job.Output.Metrics)
	for _, w := range wants {
		switch {
		case have[w.Of] == 0:
			names := slices.Sorted(maps.Keys(have))
			return glovebox.Invalid("want", "the job has no figure %q whose error is known before a run", w.Of).WithFix("want one of %v", slices.DeleteFunc(names, func(n string) bool { return have[n] == 0 }))
		case by[w.Of] && w.Units == 0:
			return glovebox.Invalid("want", "the error of %s depends on how many units a key has", w.Of).WithFix("say of how many: %s=±HALF@95%%/UNITS", w.Of)
		case !by[w.Of] && w.Units != 0:
			return glovebox.Invalid("want", "the error of %s does not depend on how many units a key has", w.Of).WithFix("leave /%g out", w.Units)
		}
	}
	return nil
}

// priced is the job's price with another amount, in billionths.
func (r *ask) priced(loss int64) glovebox.ReleaseDef {
	p := r.Job.Release
	if p.Rho != 0 {
		p.Rho = float64(loss) / 1e9
	} else {
		p.Epsilon = float64(loss) / 1e9
	}
	return p
}

// want finds the least price at which wants hold, and the most that can be paid.
// It reads no data: both follow from declarations and ledgers.
func (p *Pipeline) want(ctx context.Context, r *ask, wants []Want) (*Wanted, error) {
	if err := checkWants(r, wants); err != nil {
		return nil, err
	}
	out := &Wanted{Wants: wants}
	good := func(loss int64) bool {
		x, err := r.At(r.priced(loss))
		if err != nil {
			return false
		}
		f := x.Mode.Facts()
		_, all := holds(&f, wants)
		return all
	}
	if loss, ok := least(good); ok {
		var err error
		if out.Least, err = p.offer(ctx, r, loss, wants); err != nil || out.Least.Fits {
			return out, err
		}
	}
	pays := func(loss int64) bool {
		o, err := p.offer(ctx, r, loss, nil)
		return err == nil && o.Fits
	}
	if loss, ok := most(pays); ok {
		var err error
		out.Most, err = p.offer(ctx, r, loss, wants)
		return out, err
	}
	return out, nil
}

// offer is the job at another price.
func (p *Pipeline) offer(ctx context.Context, r *ask, loss int64, wants []Want) (*Offer, error) {
	price := r.priced(loss)
	other := *r
	var err error
	if other.Request, err = r.At(price); err != nil {
		return nil, err
	}
	o := &Offer{Epsilon: price.Epsilon, Rho: price.Rho, Fits: true}
	a, err := p.admit(ctx, &other)
	if err != nil {
		return nil, err
	}
	o.Decision = a.decision()
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		for _, price := range a.prices {
			q, err := quote(tx, a, price)
			if err != nil {
				return err
			}
			o.Fits = o.Fits && (a.paid() || q.Fits)
		}
		return nil
	})
	f := other.Mode.Facts()
	o.Errors, _ = holds(&f, wants)
	return o, err
}

// grid is the i-th price, in billionths, of those of three digits, among which
// prices are looked for: 1, 2, ..., 999, 1000, 1010, ...
func grid(i int) int64 {
	const first, each = 1000, 900 // one digit more: 900 numbers
	if i < first {
		return int64(i)
	}
	n := int64(first/10 + (i-first)%each)
	for range 1 + (i-first)/each {
		n *= 10
	}
	return n
}

// last is the number of the largest price that a job can have.
var last = sortedBy(func(i int) bool { return grid(i) > bill.MaxEpsilon*1e9 }, 10_000) - 1

// sortedBy is the first number from 1 to below n for which past is true, if it is
// for all after it.
func sortedBy(past func(int) bool, n int) int {
	lo, hi := 1, n
	for lo < hi {
		if m := lo + (hi-lo)/2; past(m) {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

// least is the least price for which good is true, and stays so above.
func least(good func(loss int64) bool) (int64, bool) {
	i := sortedBy(func(i int) bool { return good(grid(i)) }, last+1)
	return grid(i), i <= last
}

// most is the largest price for which pays is true, and is so below.
func most(pays func(loss int64) bool) (int64, bool) {
	i := sortedBy(func(i int) bool { return !pays(grid(i)) }, last+1) - 1
	return grid(i), i >= 1
}
