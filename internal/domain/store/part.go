package store

import (
	"encoding/json"
	"slices"

	"glovebox.example/glovebox"
)

// A charge that names parts is for units of these parts alone: nobody else is in
// what the job reads. The ledger keeps what each part has taken. Parts of one
// family are disjoint, so that a unit is in one of them, and what the family
// took from anybody is the largest of its parts: that is what it adds to the
// ledger's spent (parallel composition, McSherry 2009). Families add up, and
// with them what was charged without parts.

// rise is what a charge adds to what its ledger has spent.
func (t *Tx) rise(c *glovebox.Charge) (glovebox.Amount, error) {
	if c.Parts == nil {
		return c.Amount, nil
	}
	high, mine, err := t.highest(c.Account(), c.Parts)
	if err != nil {
		return glovebox.Amount{}, err
	}
	after := mine.Add(c.Amount)
	return glovebox.Amount{Loss: max(high.Loss, after.Loss), Delta: max(high.Delta, after.Delta)}.Sub(high), nil
}

// Reading is a ledger as a charge finds it: with what has been taken from the
// parts that it names where others took more.
func (t *Tx) Reading(c *glovebox.Charge) (glovebox.Balance, error) {
	b, err := t.Balance(c.Account())
	if err != nil || c.Parts == nil {
		return b, err
	}
	high, mine, err := t.highest(c.Account(), c.Parts)
	b.Spent = b.Spent.Sub(high).Add(mine)
	return b, err
}

// highest is the most that any part of the family has taken, and the most that
// one of those that are named has; loss and delta each by itself.
func (t *Tx) highest(account string, p *glovebox.Parts) (all, mine glovebox.Amount, err error) {
	named := make(map[string]bool, len(p.Values))
	for _, v := range p.Values {
		named[v] = true
	}
	if p.Family == "" || len(named) == 0 || len(named) != len(p.Values) {
		return all, mine, glovebox.Errorf(glovebox.CodeInternal, "a charge names no parts, or one twice")
	}
	rows, err := t.tx.QueryContext(t.ctx, `SELECT value, loss, delta FROM part WHERE account = ? AND family = ?`, account, p.Family)
	if err != nil {
		return all, mine, t.failed("read the parts of a ledger", err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		var a glovebox.Amount
		if err := rows.Scan(&v, &a.Loss, &a.Delta); err != nil {
			return all, mine, t.failed("read the parts of a ledger", err)
		}
		all.Loss, all.Delta = max(all.Loss, a.Loss), max(all.Delta, a.Delta)
		if named[v] {
			mine.Loss, mine.Delta = max(mine.Loss, a.Loss), max(mine.Delta, a.Delta)
		}
	}
	if err := rows.Err(); err != nil {
		return all, mine, t.failed("read the parts of a ledger", err)
	}
	return all, mine, nil
}

// Spent is what a scenario has taken of a dataset's ledger, from anybody at most:
// one developer of it, or for "" all of them. With parts it is what was taken from
// these.
func (t *Tx) Spent(dataset, scenario, developer string, of *glovebox.Parts) (a glovebox.Amount, err error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT loss, delta, parts FROM charge
		WHERE account = ? AND scenario = ? AND ? IN ('', actor)`, dataset, scenario, developer)
	if err != nil {
		return a, t.failed("read charges", err)
	}
	defer rows.Close()
	families := map[string]map[string]glovebox.Amount{}
	for rows.Next() {
		var x glovebox.Amount
		var parts string
		if err := rows.Scan(&x.Loss, &x.Delta, &parts); err != nil {
			return a, t.failed("read charges", err)
		}
		p, err := decodeParts(parts)
		if err != nil {
			return a, err
		}
		if p == nil {
			a = a.Add(x)
			continue
		}
		if families[p.Family] == nil {
			families[p.Family] = map[string]glovebox.Amount{}
		}
		for _, v := range p.Values {
			families[p.Family][v] = families[p.Family][v].Add(x)
		}
	}
	for family, spent := range families {
		var most glovebox.Amount
		for v, x := range spent {
			if of == nil || of.Family != family || slices.Contains(of.Values, v) {
				most.Loss, most.Delta = max(most.Loss, x.Loss), max(most.Delta, x.Delta)
			}
		}
		a = a.Add(most)
	}
	if err := rows.Err(); err != nil {
		return a, t.failed("read charges", err)
	}
	return a, nil
}

// takeParts adds a charge to each part that it names.
func (t *Tx) takeParts(c *glovebox.Charge) error {
	if c.Parts == nil {
		return nil
	}
	for _, v := range c.Parts.Values {
		if _, err := t.tx.ExecContext(t.ctx, `INSERT INTO part (account, family, value, loss, delta) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (account, family, value) DO UPDATE SET loss = loss + excluded.loss, delta = delta + excluded.delta`,
			c.Account(), c.Parts.Family, v, c.Amount.Loss, c.Amount.Delta); err != nil {
			return t.failed("charge a part of "+c.Account(), err)
		}
	}
	return nil
}

// PartRow is what one part of a ledger has taken.
type PartRow struct {
	Dataset string          `json:"dataset,omitempty"`
	Space   string          `json:"space,omitempty"`
	Family  string          `json:"family"`
	Value   string          `json:"value"`
	Spent   glovebox.Amount `json:"spent"`
}

// Parts lists what each part of a ledger has taken.
func (t *Tx) Parts(account string) (out []PartRow, err error) {
	rows, err := t.tx.QueryContext(t.ctx, `SELECT family, value, loss, delta FROM part WHERE account = ? ORDER BY family, value`, account)
	if err != nil {
		return nil, t.failed("read the parts of a ledger", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r PartRow
		r.Dataset, r.Space = glovebox.AccountOf(account)
		if err := rows.Scan(&r.Family, &r.Value, &r.Spent.Loss, &r.Spent.Delta); err != nil {
			return nil, t.failed("read the parts of a ledger", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// encodeParts is how a charge's row holds its parts: "" for none.
func encodeParts(p *glovebox.Parts) (string, error) {
	if p == nil {
		return "", nil
	}
	b, err := Canonical(p)
	return string(b), err
}

func decodeParts(s string) (*glovebox.Parts, error) {
	if s == "" {
		return nil, nil
	}
	p := new(glovebox.Parts)
	if err := json.Unmarshal([]byte(s), p); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a charge in the domain database is damaged").WithFix("run `glovebox audit verify`")
	}
	return p, nil
}
