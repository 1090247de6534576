package store

import (
	"database/sql"
	"errors"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/accounting"
)

// openLedger is what Kind.OpenLedger does.
func (t *Tx) openLedger(action, kind, id string, doc any, b glovebox.Balance, spaces []string) error {
	body := ledgerBody(b)
	if len(spaces) > 0 {
		body["spaces"] = spaces
	}
	if err := t.put(action, kind, id, doc, body); err != nil {
		return err
	}
	_, err := t.tx.ExecContext(t.ctx, `INSERT INTO ledger (account, kind, assumed, total_loss, total_delta) VALUES (?, ?, ?, ?, ?)`,
		b.Account(), string(b.Kind), b.Assumed, b.Total.Loss, b.Total.Delta)
	if err != nil {
		return t.failed("open the ledger of "+b.Account(), err)
	}
	return nil
}

// fixLedger is what Kind.FixLedger does. It gives a unit space whose total was assumed the one that the authority
// says, for good: any, while nothing was taken; else one of the same kind that is
// not larger, and not less than what was taken. The bound that held while
// answers were given is never raised.
func (t *Tx) fixLedger(action, kind, id string, doc any, b glovebox.Balance) error {
	old, err := t.Balance(b.Account())
	if err != nil {
		return err
	}
	switch {
	case !old.Assumed:
		return glovebox.Errorf(glovebox.CodeConflict, "the total of unit space %q is fixed", b.Space).WithFix("`glovebox space show %s` tells it", b.Space)
	case old.Spent == (glovebox.Amount{}):
	case b.Kind != old.Kind || !b.Total.Fits(old.Total) || !old.Spent.Fits(b.Total):
		return glovebox.Errorf(glovebox.CodeConflict, "answers were given on unit space %q under the total that stands now: the new one is of another kind, above it, or below what is spent", b.Space).
			WithFix("name a total of kind %s between what is spent and what stands: `glovebox space show %s` tells both", old.Kind, b.Space)
	}
	b.Assumed = false
	if err := t.put(action, kind, id, doc, ledgerBody(b)); err != nil {
		return err
	}
	_, err = t.tx.ExecContext(t.ctx, `UPDATE ledger SET kind = ?, assumed = 0, total_loss = ?, total_delta = ? WHERE account = ?`,
		string(b.Kind), b.Total.Loss, b.Total.Delta, b.Account())
	if err != nil {
		return t.failed("fix the ledger of "+b.Account(), err)
	}
	return nil
}

func ledgerBody(b glovebox.Balance) map[string]any {
	l := map[string]any{"kind": b.Kind, "total": b.Total}
	if b.Assumed {
		l["assumed"] = true
	}
	return map[string]any{"ledger": l}
}

// Balance reads a ledger: that of a dataset by its code, that of a unit space by
// glovebox.SpaceAccount.
func (t *Tx) Balance(account string) (glovebox.Balance, error) {
	var b glovebox.Balance
	b.Dataset, b.Space = glovebox.AccountOf(account)
	err := t.tx.QueryRowContext(t.ctx, `SELECT kind, assumed, total_loss, total_delta, spent_loss, spent_delta FROM ledger WHERE account = ?`, account).
		Scan(&b.Kind, &b.Assumed, &b.Total.Loss, &b.Total.Delta, &b.Spent.Loss, &b.Spent.Delta)
	if errors.Is(err, sql.ErrNoRows) {
		if b.Space != "" {
			return b, glovebox.Errorf(glovebox.CodeNotFound, "unit space %q has no ledger", b.Space).
				WithFix("the authority opens it: `glovebox space add %s`", b.Space)
		}
		return b, glovebox.Errorf(glovebox.CodeNotFound, "no ledger for dataset %q", b.Dataset)
	}
	if err != nil {
		return b, t.failed("read a ledger", err)
	}
	return b, nil
}

// Cap is the most that a scenario may take of a dataset's ledger, or one
// developer under it. It is access control: what keeps the data private is the
// ledger.
type Cap struct {
	Dataset   string
	Developer string // "": all developers of the scenario together
	Most      glovebox.Amount
}

// charge is what Kind.Charge does.
func (t *Tx) charge(action, kind, id string, doc any, scenario string, charges []glovebox.Charge, caps []Cap) error {
	if len(charges) == 0 {
		return glovebox.Errorf(glovebox.CodeInternal, "%s %s has nothing to be charged to", kind, id)
	}
	var n int
	if err := t.tx.QueryRowContext(t.ctx, `SELECT count(*) FROM charge WHERE job = ?`, id).Scan(&n); err != nil {
		return t.failed("read charges", err)
	}
	if n > 0 {
		return glovebox.Errorf(glovebox.CodeConflict, "%s %s is already charged", kind, id)
	}
	taken := make([]glovebox.Amount, len(charges))
	for i := range charges {
		var err error
		if taken[i], err = t.takes(&charges[i]); err != nil {
			return err
		}
		if err := t.within(scenario, charges[i], caps); err != nil {
			return err
		}
	}
	body := map[string]any{"charges": charges}
	if scenario != "" {
		body["scenario"] = scenario
	}
	if err := t.put(action, kind, id, doc, body); err != nil {
		return err
	}
	var seq int64
	if err := t.tx.QueryRowContext(t.ctx, `SELECT max(seq) FROM outbox`).Scan(&seq); err != nil {
		return t.failed("read the outbox", err)
	}
	for i := range charges {
		if err := t.take(&charges[i], taken[i], id, scenario, seq); err != nil {
			return err
		}
	}
	return nil
}

// takes is what a charge adds to what its ledger has spent; CodeBudget if the
// ledger does not hold it.
func (t *Tx) takes(c *glovebox.Charge) (glovebox.Amount, error) {
	b, err := t.Balance(c.Account())
	if err != nil {
		return glovebox.Amount{}, err
	}
	taken, err := t.rise(c)
	if err != nil {
		return taken, err
	}
	if b.Kind != c.Kind || c.Amount.Loss < 0 || c.Amount.Delta < 0 || !accounting.Fits(b, taken) {
		if b.Space != "" {
			return taken, glovebox.Errorf(glovebox.CodeBudget, "the ledger of unit space %s does not hold this price", b.Space).
				WithFix("`glovebox budget show %s` tells what is left", b.Space)
		}
		return taken, glovebox.Errorf(glovebox.CodeBudget, "the ledger of %s does not hold this price", b.Dataset).
			WithFix("`glovebox budget show` tells what is left")
	}
	return taken, nil
}

// take writes a charge that its ledger holds.
func (t *Tx) take(c *glovebox.Charge, taken glovebox.Amount, id, scenario string, seq int64) error {
	parts, err := encodeParts(c.Parts)
	if err != nil {
		return err
	}
	if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO charge (job, account, scenario, actor, loss, delta, parts, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		id, c.Account(), scenario, t.actor, c.Amount.Loss, c.Amount.Delta, parts, seq); err != nil {
		return t.failed("charge "+c.Account(), err)
	}
	if err := t.takeParts(c); err != nil {
		return err
	}
	if _, err := t.tx.ExecContext(t.ctx, `UPDATE ledger SET spent_loss = spent_loss + ?, spent_delta = spent_delta + ? WHERE account = ?`,
		taken.Loss, taken.Delta, c.Account()); err != nil {
		return t.failed("charge "+c.Account(), err)
	}
	return nil
}

// within fails with CodeBudget if a charge goes beyond a cap of its dataset.
func (t *Tx) within(scenario string, c glovebox.Charge, caps []Cap) error {
	for _, k := range caps {
		if k.Dataset != c.Account() {
			continue
		}
		spent, err := t.Spent(c.Dataset, scenario, k.Developer, c.Parts)
		if err != nil {
			return err
		}
		if !accounting.Fits(glovebox.Balance{Kind: c.Kind, Total: k.Most, Spent: spent}, c.Amount) {
			return glovebox.Errorf(glovebox.CodeBudget, "the scenario's grant does not allow the price of this job on %s", c.Dataset).
				WithFix("`glovebox job check` tells what is left")
		}
	}
	return nil
}
