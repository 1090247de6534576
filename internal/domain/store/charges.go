package store

import (
	"database/sql"
	"fmt"

	"glovebox.example/glovebox"
)

// ChargeRow is one line of a ledger's account.
type ChargeRow struct {
	Job      string          `json:"job"`               // or CODE@VERSION of the snapshot whose units were counted, CODE@VERSION.fit of one that was fitted
	Dataset  string          `json:"dataset,omitempty"` // whose ledger paid, or
	Space    string          `json:"space,omitempty"`   // that of a unit space
	Scenario string          `json:"scenario"`          // "" where units were counted
	Product  string          `json:"product"`
	Actor    string          `json:"actor"`
	Amount   glovebox.Amount `json:"amount"`
	Parts    *glovebox.Parts `json:"parts,omitempty"` // those that paid; nil: all of the ledger
	At       string          `json:"at"`              // RFC 3339, UTC
	Seq      int64           `json:"seq"`
	Index    *int64          `json:"index"` // entry of the log; nil until published
}

// Charges lists the charges of a ledger, or of all for "", oldest first.
func (t *Tx) Charges(account string) ([]ChargeRow, error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT c.job, c.account, c.scenario, coalesce(json_extract(d.body, '$.product'), ''), c.actor, c.loss, c.delta, c.parts,
			json_extract(CAST(o.entry AS TEXT), '$.time'), c.seq, o.idx
		FROM charge c JOIN outbox o ON o.seq = c.seq LEFT JOIN doc d ON d.kind = 'job' AND d.id = c.job
		WHERE ? IN ('', c.account) ORDER BY c.seq, c.account`, account)
	if err != nil {
		return nil, t.failed("read charges", err)
	}
	defer rows.Close()
	var out []ChargeRow
	for rows.Next() {
		var r ChargeRow
		var account, parts string
		if err := rows.Scan(&r.Job, &account, &r.Scenario, &r.Product, &r.Actor, &r.Amount.Loss, &r.Amount.Delta, &parts, &r.At, &r.Seq, &r.Index); err != nil {
			return nil, t.failed("read charges", err)
		}
		r.Dataset, r.Space = glovebox.AccountOf(account)
		if r.Parts, err = decodeParts(parts); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Receipt rebuilds the proof of a job's charge. It fails with CodeConflict
// while the charge is not in the log yet.
func (t *Tx) Receipt(job string) (glovebox.Receipt, error) {
	r := glovebox.Receipt{Job: job}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT c.account, l.kind, c.loss, c.delta, c.parts, o.idx, json_extract(CAST(o.entry AS TEXT), '$.time')
		FROM charge c JOIN ledger l ON l.account = c.account JOIN outbox o ON o.seq = c.seq WHERE c.job = ? ORDER BY c.account`, job)
	if err != nil {
		return r, t.failed("read charges", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c glovebox.Charge
		var account, parts string
		var idx sql.NullInt64
		if err := rows.Scan(&account, &c.Kind, &c.Amount.Loss, &c.Amount.Delta, &parts, &idx, &r.At); err != nil {
			return r, t.failed("read charges", err)
		}
		c.Dataset, c.Space = glovebox.AccountOf(account)
		if c.Parts, err = decodeParts(parts); err != nil {
			return r, err
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
