package store

import (
	"database/sql"
	"errors"
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/accounting"
)

// openLedger is what Kind.OpenLedger does.
func (t *Tx) openLedger(action, kind string, doc any, b glovebox.Balance) error {
	body := map[string]any{"ledger": map[string]any{"kind": b.Kind, "total": b.Total}}
	if err := t.put(action, kind, b.Dataset, doc, body); err != nil {
		return err
	}
	_, err := t.tx.ExecContext(t.ctx, `INSERT INTO ledger (dataset, kind, total_loss, total_delta) VALUES (?, ?, ?, ?)`,
		b.Dataset, string(b.Kind), b.Total.Loss, b.Total.Delta)
	if err != nil {
		return t.failed("open the ledger of "+b.Dataset, err)
	}
	return nil
}

// Balance reads a dataset's ledger.
func (t *Tx) Balance(dataset string) (glovebox.Balance, error) {
	b := glovebox.Balance{Dataset: dataset}
	err := t.tx.QueryRowContext(t.ctx, `SELECT kind, total_loss, total_delta, spent_loss, spent_delta FROM ledger WHERE dataset = ?`, dataset).
		Scan(&b.Kind, &b.Total.Loss, &b.Total.Delta, &b.Spent.Loss, &b.Spent.Delta)
	if errors.Is(err, sql.ErrNoRows) {
		return b, glovebox.Errorf(glovebox.CodeNotFound, "no ledger for dataset %q", dataset)
	}
	if err != nil {
		return b, t.failed("read a ledger", err)
	}
	return b, nil
}

// Spent is what a scenario has taken of a dataset's ledger: one developer of
// it, or for "" all of them.
func (t *Tx) Spent(dataset, scenario, developer string) (glovebox.Amount, error) {
	var a glovebox.Amount
	err := t.tx.QueryRowContext(t.ctx, `SELECT coalesce(sum(loss), 0), coalesce(sum(delta), 0) FROM charge
		WHERE dataset = ? AND scenario = ? AND ? IN ('', actor)`, dataset, scenario, developer).Scan(&a.Loss, &a.Delta)
	if err != nil {
		return a, t.failed("read charges", err)
	}
	return a, nil
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
	for _, c := range charges {
		b, err := t.Balance(c.Dataset)
		if err != nil {
			return err
		}
		if b.Kind != c.Kind || !accounting.Fits(b, c.Amount) {
			return glovebox.Errorf(glovebox.CodeBudget, "the ledger of %s does not hold this price", c.Dataset).
				WithFix("`glovebox budget show` tells what is left")
		}
		if err := t.within(scenario, c, caps); err != nil {
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
	for _, c := range charges {
		if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO charge (job, dataset, scenario, actor, loss, delta, seq) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			id, c.Dataset, scenario, t.actor, c.Amount.Loss, c.Amount.Delta, seq); err != nil {
			return t.failed("charge "+c.Dataset, err)
		}
		if _, err := t.tx.ExecContext(t.ctx, `UPDATE ledger SET spent_loss = spent_loss + ?, spent_delta = spent_delta + ? WHERE dataset = ?`,
			c.Amount.Loss, c.Amount.Delta, c.Dataset); err != nil {
			return t.failed("charge "+c.Dataset, err)
		}
	}
	return nil
}

// within fails with CodeBudget if a charge goes beyond a cap of its dataset.
func (t *Tx) within(scenario string, c glovebox.Charge, caps []Cap) error {
	for _, k := range caps {
		if k.Dataset != c.Dataset {
			continue
		}
		spent, err := t.Spent(c.Dataset, scenario, k.Developer)
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

// ChargeRow is one line of a ledger's account.
type ChargeRow struct {
	Job      string          `json:"job"` // or CODE@VERSION of the snapshot whose units were counted, CODE@VERSION.fit of one that was fitted
	Dataset  string          `json:"dataset"`
	Scenario string          `json:"scenario"` // "" where units were counted
	Product  string          `json:"product"`
	Actor    string          `json:"actor"`
	Amount   glovebox.Amount `json:"amount"`
	At       string          `json:"at"` // RFC 3339, UTC
	Seq      int64           `json:"seq"`
	Index    *int64          `json:"index"` // entry of the log; nil until published
}

// Charges lists the account of a dataset, or of all for "", oldest first.
func (t *Tx) Charges(dataset string) ([]ChargeRow, error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT c.job, c.dataset, c.scenario, coalesce(json_extract(d.body, '$.product'), ''), c.actor, c.loss, c.delta,
			json_extract(CAST(o.entry AS TEXT), '$.time'), c.seq, o.idx
		FROM charge c JOIN outbox o ON o.seq = c.seq LEFT JOIN doc d ON d.kind = 'job' AND d.id = c.job
		WHERE ? IN ('', c.dataset) ORDER BY c.seq, c.dataset`, dataset)
	if err != nil {
		return nil, t.failed("read charges", err)
	}
	defer rows.Close()
	var out []ChargeRow
	for rows.Next() {
		var r ChargeRow
		if err := rows.Scan(&r.Job, &r.Dataset, &r.Scenario, &r.Product, &r.Actor, &r.Amount.Loss, &r.Amount.Delta, &r.At, &r.Seq, &r.Index); err != nil {
			return nil, t.failed("read charges", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Receipt rebuilds the proof of a job's charge. It fails with CodeConflict
// while the charge is not in the log yet.
func (t *Tx) Receipt(job string) (glovebox.Receipt, error) {
	r := glovebox.Receipt{Job: job}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT c.dataset, l.kind, c.loss, c.delta, o.idx, json_extract(CAST(o.entry AS TEXT), '$.time')
		FROM charge c JOIN ledger l ON l.dataset = c.dataset JOIN outbox o ON o.seq = c.seq WHERE c.job = ? ORDER BY c.dataset`, job)
	if err != nil {
		return r, t.failed("read charges", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c glovebox.Charge
		var idx sql.NullInt64
		if err := rows.Scan(&c.Dataset, &c.Kind, &c.Amount.Loss, &c.Amount.Delta, &idx, &r.At); err != nil {
			return r, t.failed("read charges", err)
		}
		if !idx.Valid {
			return r, glovebox.Errorf(glovebox.CodeConflict, "the charge of job %s is not in the log yet", job)
		}
		r.Index = uint64(idx.Int64)
		r.Charges = append(r.Charges, c)
	}
	if err := rows.Err(); err != nil {
		return r, t.failed("read charges", err)
	}
	if len(r.Charges) == 0 {
		return r, fmt.Errorf("receipt: %w", glovebox.Errorf(glovebox.CodeNotFound, "job %s was never charged", job))
	}
	return r, nil
}
