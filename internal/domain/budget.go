package domain

import (
	"cmp"
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// Budget is a reading of ledgers: what they hold, who took what of them, and
// how much of its share each scenario and developer has left.
type Budget struct {
	Balances []glovebox.Balance `json:"balances"`
	Caps     []CapReading       `json:"caps"`
	Spenders []Spender          `json:"spenders"`
	Charges  []store.ChargeRow  `json:"charges"` // oldest first
}

// CapReading is a grant's cap beside what was spent under it.
type CapReading struct {
	Dataset   string          `json:"dataset"`
	Scenario  string          `json:"scenario"`
	Developer string          `json:"developer,omitempty"` // "": all developers of the scenario
	Most      glovebox.Amount `json:"most"`
	Spent     glovebox.Amount `json:"spent"`
}

// Spender is what one developer took of a ledger for one product.
type Spender struct {
	Dataset   string          `json:"dataset"`
	Scenario  string          `json:"scenario"`
	Product   string          `json:"product"`
	Developer string          `json:"developer"`
	Charges   int             `json:"charges"`
	Amount    glovebox.Amount `json:"amount"`
	Last      string          `json:"last"` // time of the newest charge, RFC 3339, UTC
}

// Budget reads the ledger of a dataset, or for "" of every dataset whose ledger
// the user may read. A ledger is for those who answer for it or live on it: the
// authority and auditors read all of them, a provider those of the
// organisation's datasets, an operator those that a scenario of theirs needs,
// a developer those that an active grant of theirs names. Who may read a ledger sees
// all of it, the spending of others too: it is one account, and prices follow
// from declarations alone.
func (d *Domain) Budget(ctx context.Context, u glovebox.User, code string) (*Budget, error) {
	b := &Budget{Balances: []glovebox.Balance{}, Caps: []CapReading{}, Spenders: []Spender{}, Charges: []store.ChargeRow{}}
	return b, d.Store.View(ctx, func(tx *store.Tx) error {
		r, err := readersOf(tx)
		if err != nil {
			return err
		}
		if code != "" && r.datasets[code] == nil {
			return glovebox.Errorf(glovebox.CodeNotFound, "no dataset %q in this domain", code).WithFix("`glovebox dataset list` shows what there is")
		}
		for _, one := range r.codes {
			if code != "" && one != code {
				continue
			}
			if r.may(u, one) {
				if err := b.add(tx, r, one); err != nil {
					return err
				}
			} else if code != "" {
				return glovebox.Errorf(glovebox.CodeDenied, "%s may not read the ledger of %s", u.Name, code).
					WithFix("act as the authority, an auditor, its provider, or somebody whose scenario has a grant for it")
			}
		}
		slices.SortStableFunc(b.Charges, func(x, y store.ChargeRow) int { return cmp.Compare(x.Seq, y.Seq) })
		return nil
	})
}

// MayReadLedger says whether the user may read the ledger of a dataset.
func MayReadLedger(tx *store.Tx, u glovebox.User, code string) (bool, error) {
	r, err := readersOf(tx)
	return err == nil && r.datasets[code] != nil && r.may(u, code), err
}

// add reads one ledger.
func (b *Budget) add(tx *store.Tx, r *readers, code string) error {
	bal, err := tx.Balance(code)
	if err != nil {
		return err
	}
	rows, err := tx.Charges(code)
	if err != nil {
		return err
	}
	b.Balances = append(b.Balances, bal)
	b.Charges = append(b.Charges, rows...)
	b.Spenders = append(b.Spenders, SpendersOf(rows)...)
	for _, g := range r.grants {
		part, ok := g.Datasets[code]
		if !ok {
			continue
		}
		caps := []CapReading{{Dataset: code, Scenario: g.Scenario}}
		shares := []glovebox.Share{part.Share()}
		if part.PerDeveloper != nil {
			for _, dev := range slices.Sorted(slices.Values(g.Developers)) {
				caps = append(caps, CapReading{Dataset: code, Scenario: g.Scenario, Developer: dev})
				shares = append(shares, *part.PerDeveloper)
			}
		}
		for i, c := range caps {
			var given bool
			if c.Most, given, err = shares[i].Amount(bal.Kind); err != nil {
				return err
			}
			if c.Spent, err = tx.Spent(code, c.Scenario, c.Developer); err != nil {
				return err
			}
			if given {
				b.Caps = append(b.Caps, c)
			}
		}
	}
	return nil
}

// SpendersOf adds charges up by dataset, scenario, product and developer, in
// this order.
func SpendersOf(rows []store.ChargeRow) []Spender {
	out := []Spender{}
	for _, c := range rows {
		i := slices.IndexFunc(out, func(s Spender) bool {
			return s.Dataset == c.Dataset && s.Scenario == c.Scenario && s.Product == c.Product && s.Developer == c.Actor
		})
		if i < 0 {
			i = len(out)
			out = append(out, Spender{Dataset: c.Dataset, Scenario: c.Scenario, Product: c.Product, Developer: c.Actor})
		}
		out[i].Charges++
		out[i].Amount, out[i].Last = out[i].Amount.Add(c.Amount), max(out[i].Last, c.At)
	}
	slices.SortFunc(out, func(x, y Spender) int {
		return cmp.Or(cmp.Compare(x.Dataset, y.Dataset), cmp.Compare(x.Scenario, y.Scenario), cmp.Compare(x.Product, y.Product), cmp.Compare(x.Developer, y.Developer))
	})
	return out
}

// readers is what decides who may read a ledger.
type readers struct {
	codes     []string // in order
	datasets  map[string]*glovebox.Dataset
	scenarios []glovebox.Scenario
	grants    []glovebox.Grant
}

func readersOf(tx *store.Tx) (*readers, error) {
	r := &readers{datasets: map[string]*glovebox.Dataset{}}
	docs, err := Datasets.List(tx)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		r.codes = append(r.codes, docs[i].Record.Code)
		r.datasets[docs[i].Record.Code] = &docs[i].Record
	}
	if r.scenarios, err = Scenarios.List(tx); err != nil {
		return nil, err
	}
	r.grants, err = Grants.List(tx)
	return r, err
}

func (r *readers) may(u glovebox.User, code string) bool {
	for _, role := range u.Roles {
		switch role {
		case glovebox.RoleAuthority, glovebox.RoleAuditor:
			return true
		case glovebox.RoleProvider:
			if r.datasets[code].Provider == u.Org {
				return true
			}
		case glovebox.RoleOperator:
			if slices.ContainsFunc(r.scenarios, func(s glovebox.Scenario) bool { return s.Operator == u.Name && s.Needs[code] != nil }) {
				return true
			}
		case glovebox.RoleDeveloper:
			if slices.ContainsFunc(r.grants, func(g glovebox.Grant) bool {
				_, named := g.Datasets[code]
				return named && g.State == glovebox.GrantActive && slices.Contains(g.Developers, u.Name)
			}) {
				return true
			}
		}
	}
	return false
}
