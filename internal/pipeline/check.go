package pipeline

import (
	"context"
	"fmt"
	"runtime"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/sandbox"
)

// Quote is what a job would take from one ledger, and whether it would pass.
type Quote struct {
	Price
	Fits bool `json:"fits"` // the ledger and every cap of the grant hold the price
	// Caps are the grant's own limits: of the scenario, of the developer.
	Caps []domain.CapReading `json:"caps"`
	// Spenders are all who took from this ledger so far.
	Spenders []domain.Spender `json:"spenders"`
}

// CheckReport is what Check found.
type CheckReport struct {
	Job      string            `json:"job"`
	Decision glovebox.Decision `json:"decision"`
	Prices   []Quote           `json:"prices"` // of the ledgers that the user may read
	Stored   bool              `json:"stored"` // the answer is there already: a run is free
	// Grant is the smallest grant that the job needs: of its columns and prices alone.
	Grant *glovebox.Grant `json:"grant"`
	// Warnings say what is allowed, and better otherwise.
	Warnings []glovebox.Text `json:"warnings,omitempty"`
	// Privacy says how the table would be made, and with which error.
	Privacy privacy.Facts `json:"privacy"`
	// Usual is how many seconds the module's work takes if every unit uses all
	// its fuel, of a module that mostly computes: from public facts, to choose a
	// deadline by. 0: the number of units is not known.
	Usual float64 `json:"usual,omitempty"`
	// Longest bounds the same for every module: one whose loads all miss the
	// caches, and that touches all its memory and all of its stack for each
	// unit. It is measured on this machine: see sandbox.Rates.
	Longest float64 `json:"longest,omitempty"`
	// Wanted answers what was wanted of its figures; nil: nothing was.
	Wanted *Wanted `json:"wanted,omitempty"`
}

// Check reads a job, asks the policy and prices it. It charges and reads
// nothing, and records nothing: nobody acts on its answer, and the decision
// that a run acts on is made again. A refusal is in the report, not an error. An
// admitted job is built as a run would build it, up to a worker that has started
// the module: what fails there is an error, the same that a run would give. With
// wants it says what they would cost, too.
func (p *Pipeline) Check(ctx context.Context, s request.Submission, u glovebox.User, wants ...Want) (*CheckReport, error) {
	r, err := p.prepare(ctx, s, domain.Looking(u))
	if err != nil {
		return nil, err
	}
	defer r.close()
	a, err := p.admit(ctx, r)
	if err == nil {
		err = over(&a.doc)
	}
	if err == nil {
		err = p.builds(ctx, r, a)
	}
	if err != nil {
		return nil, err
	}
	rep := &CheckReport{Job: a.doc.ID, Decision: a.decision(), Prices: []Quote{}, Stored: a.stored, Privacy: r.Facts(r.Mode.Facts())}
	rep.Warnings = warnings(r)
	rep.Grant = p.smallest(r, a)
	if len(wants) > 0 {
		if rep.Wanted, err = p.want(ctx, r, wants); err != nil {
			return nil, err
		}
	}
	if rep.Usual, rep.Longest, err = p.time(r); err != nil {
		return nil, err
	}
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		if err := p.nearlyFull(tx, a, rep); err != nil {
			return err
		}
		for _, price := range a.prices {
			may, err := domain.MayReadLedger(tx, u, price.account())
			if err != nil {
				return err
			}
			if !may {
				continue
			}
			if a.paid() {
				price.Price = glovebox.Amount{}
			}
			q, err := quote(tx, a, price)
			if err != nil {
				return err
			}
			rep.Prices = append(rep.Prices, q)
		}
		return nil
	})
	return rep, err
}

// largeDelta is the most delta that a job declares without a warning, in parts of
// one over the number of units. The policy refuses ten times as much.
const largeDelta = 0.1

// warnings says of a job that may run what somebody who knows would change.
func warnings(r *ask) (out []glovebox.Text) {
	for _, code := range r.Codes() {
		d := r.Datasets[code]
		switch {
		case d.Snapshot == nil || r.Job.Release.Delta == 0:
			continue
		case d.Snapshot.NoisyUnits == 0:
			out = append(out, glovebox.Text{
				EN: fmt.Sprintf("how many units %s has is not known here: make sure that delta %g is far below one over that", code, r.Job.Release.Delta),
				ZH: fmt.Sprintf("此处不知 %s 的单元数：请确保 delta %g 远小于其倒数", code, r.Job.Release.Delta),
			})
			continue
		case r.Job.Release.Delta*float64(d.Snapshot.NoisyUnits) <= largeDelta:
			continue
		}
		out = append(out, glovebox.Text{
			EN: fmt.Sprintf("delta %g is above a tenth of one over the %d units of %s: declare a lower one", r.Job.Release.Delta, d.Snapshot.NoisyUnits, code),
			ZH: fmt.Sprintf("delta %g 大于 %s 单元数 %d 的倒数的十分之一：请降低 delta", r.Job.Release.Delta, code, d.Snapshot.NoisyUnits),
		})
	}
	return out
}

// builds says whether an admitted job can be done: it builds the very work that
// a run would do, compiles and starts the module without data, and lets go of it.
func (p *Pipeline) builds(ctx context.Context, r *ask, a *admission) error {
	if !a.decision().Allow || a.stored {
		return nil
	}
	if err := p.holds(ctx, r, a); err != nil {
		return err
	}
	w, err := p.newWork(ctx, r, a)
	if err != nil {
		return err
	}
	w.close()
	return nil
}

// holds says whether the domain keeps what the job will have stored, of a job that
// is not paid for. The charge asks again.
func (p *Pipeline) holds(ctx context.Context, r *ask, a *admission) error {
	if a.paid() {
		return nil
	}
	return p.d.Store.View(ctx, func(tx *store.Tx) error { return p.d.Holds(tx, a.by.Name, r.room()) })
}

// nearlyFull warns a developer before their jobs are refused for what is stored.
func (p *Pipeline) nearlyFull(tx *store.Tx, a *admission, rep *CheckReport) error {
	s, err := p.d.Stored(tx, a.by.Name)
	if err != nil || s.Releases < s.MaxReleases/10*9 && s.Bytes < s.MaxBytes/10*9 {
		return err
	}
	const mib = 1 << 20
	rep.Warnings = append(rep.Warnings, glovebox.Text{
		EN: fmt.Sprintf("%d of at most %d releases of yours are stored, with %d of %d MiB: whoever operates the domain can raise max_releases and max_stored in its domain.json", s.Releases, s.MaxReleases, s.Bytes/mib, s.MaxBytes/mib),
		ZH: fmt.Sprintf("您的发布已存 %d 个（上限 %d），占 %d MiB（上限 %d MiB）：域的运维者可调高其 domain.json 的 max_releases 与 max_stored", s.Releases, s.MaxReleases, s.Bytes/mib, s.MaxBytes/mib),
	})
	return nil
}

// room bounds what the job will have stored: its release and its module.
func (r *ask) room() int64 { return r.RoomBytes() + int64(len(r.Wasm)) }

// time is CheckReport.Usual and CheckReport.Longest.
func (p *Pipeline) time(r *ask) (usual, longest float64, err error) {
	units := int64(0)
	for _, doc := range r.Datasets {
		if doc.Snapshot == nil || doc.Snapshot.NoisyUnits == 0 {
			return 0, 0, nil
		}
		units += doc.Snapshot.NoisyUnits // no unit is in two inputs, at worst
	}
	pages := r.Module.Manifest().Pages
	rates, err := sandbox.MeasureRates(pages)
	if err != nil {
		return 0, 0, err
	}
	cores := p.o.Workers
	if cores == 0 {
		cores = runtime.NumCPU()
	}
	at := float64(min(cores, p.d.Parts))
	usual = r.Mode.MostWork(r.Module, &r.Function, units, func(fuel int64) float64 { return float64(fuel) * sandbox.UsualFuel }) / at
	// Parts hold units by chance, and the last one may run alone.
	longest = r.Mode.MostWork(r.Module, &r.Function, units, func(fuel int64) float64 { return rates.Unit(fuel, pages) }) * (1/at + 1/float64(p.d.Parts))
	return usual, max(usual, longest), nil
}

// quote compares a price with what a ledger and the grant's caps hold.
func quote(tx *store.Tx, a *admission, price Price) (Quote, error) {
	fits := func(total, spent glovebox.Amount) bool {
		return accounting.Fits(glovebox.Balance{Kind: price.Kind, Total: total, Spent: spent}, price.Price)
	}
	q := Quote{Price: price, Fits: fits(price.Total, price.Spent), Caps: []domain.CapReading{}}
	for _, c := range a.caps {
		if c.Dataset != price.account() {
			continue
		}
		spent, err := tx.Spent(c.Dataset, a.doc.Scenario, c.Developer, price.Parts)
		if err != nil {
			return q, err
		}
		q.Fits = q.Fits && fits(c.Most, spent)
		q.Caps = append(q.Caps, domain.CapReading{Dataset: c.Dataset, Scenario: a.doc.Scenario, Developer: c.Developer, Most: c.Most, Spent: spent})
	}
	rows, err := tx.Charges(price.account())
	q.Spenders = domain.SpendersOf(rows)
	return q, err
}
