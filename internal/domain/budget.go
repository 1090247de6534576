package domain

import (
	"cmp"
	"context"
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// Budget is a reading of ledgers: what they hold, who took what of them, and
// how much of its share each scenario and developer has left.
type Budget struct {
	Balances []glovebox.Balance `json:"balances"`
	Outlooks []Outlook          `json:"outlooks"` // of the unit spaces among them
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
	Dataset   string          `json:"dataset,omitempty"` // whose ledger, or
	Space     string          `json:"space,omitempty"`   // that of a unit space
	Scenario  string          `json:"scenario"`
	Product   string          `json:"product"`
	Developer string          `json:"developer"`
	Charges   int             `json:"charges"`
	Amount    glovebox.Amount `json:"amount"`
	Last      string          `json:"last"` // time of the newest charge, RFC 3339, UTC
}

// Budget reads the ledger of a dataset or of a unit space, or for "" every ledger
// that the user may read. A ledger is for those who answer for it or live on it: the
// authority and auditors read all of them, a provider those of the
// organisation's datasets, an operator those that a scenario of theirs needs,
// a developer those that an active grant of theirs names. Who may read a ledger sees
// all of it, the spending of others too: it is one account, and prices follow
// from declarations alone. Who may read the ledger of a dataset may read those of
// its unit spaces, which its jobs live on too.
func (d *Domain) Budget(ctx context.Context, u glovebox.User, name string) (*Budget, error) {
	b := &Budget{Balances: []glovebox.Balance{}, Outlooks: []Outlook{}, Caps: []CapReading{}, Spenders: []Spender{}, Charges: []store.ChargeRow{}}
	return b, d.Store.View(ctx, func(tx *store.Tx) error {
		r, err := readersOf(tx)
		if err != nil {
			return err
		}
		found := false
		for _, one := range r.accounts {
			dataset, space := glovebox.AccountOf(one)
			if name != "" && dataset != name && space != name {
				continue
			}
			found = true
			if r.may(u, one) {
				if err := b.add(tx, r, one, d.now()); err != nil {
					return err
				}
			} else if name != "" {
				return glovebox.Errorf(glovebox.CodeDenied, "%s may not read the ledger of %s", u.Name, name).
					WithFix("act as the authority, an auditor, its provider, or somebody whose scenario has a grant for it")
			}
		}
		if name != "" && !found {
			return glovebox.Errorf(glovebox.CodeNotFound, "no dataset and no unit space %q in this domain", name).WithFix("`glovebox dataset list` and `glovebox space list` show what there is")
		}
		slices.SortStableFunc(b.Charges, func(x, y store.ChargeRow) int { return cmp.Compare(x.Seq, y.Seq) })
		return nil
	})
}

// MayReadLedger says whether the user may read a ledger.
func MayReadLedger(tx *store.Tx, u glovebox.User, account string) (bool, error) {
	r, err := readersOf(tx)
	return err == nil && r.may(u, account), err
}

// add reads one ledger.
func (b *Budget) add(tx *store.Tx, r *readers, code string, now time.Time) error {
	bal, err := tx.Balance(code)
	if err != nil {
		return err
	}
	rows, err := tx.Charges(code)
	if err != nil {
		return err
	}
	if bal.Space != "" {
		b.Outlooks = append(b.Outlooks, outlook(bal, r.of(bal.Space), rows, now))
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
			if c.Spent, err = tx.Spent(code, c.Scenario, c.Developer, nil); err != nil {
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
			return s.Dataset == c.Dataset && s.Space == c.Space && s.Scenario == c.Scenario && s.Product == c.Product && s.Developer == c.Actor
		})
		if i < 0 {
			i = len(out)
			out = append(out, Spender{Dataset: c.Dataset, Space: c.Space, Scenario: c.Scenario, Product: c.Product, Developer: c.Actor})
		}
		out[i].Charges++
		out[i].Amount, out[i].Last = out[i].Amount.Add(c.Amount), max(out[i].Last, c.At)
	}
	slices.SortFunc(out, func(x, y Spender) int {
		return cmp.Or(cmp.Compare(x.Dataset, y.Dataset), cmp.Compare(x.Space, y.Space), cmp.Compare(x.Scenario, y.Scenario), cmp.Compare(x.Product, y.Product), cmp.Compare(x.Developer, y.Developer))
	})
	return out
}

// readers is what decides who may read a ledger.
type readers struct {
	accounts  []string // ledgers of datasets, then those of unit spaces, each in order
	datasets  map[string]*glovebox.Dataset
	scenarios []ScenarioDoc
	grants    []glovebox.Grant
}

func readersOf(tx *store.Tx) (*readers, error) {
	r := &readers{datasets: map[string]*glovebox.Dataset{}}
	docs, err := Datasets.List(tx)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		r.accounts = append(r.accounts, docs[i].Record.Code)
		r.datasets[docs[i].Record.Code] = &docs[i].Record
	}
	spaces, err := Spaces.List(tx)
	if err != nil {
		return nil, err
	}
	for _, s := range spaces {
		r.accounts = append(r.accounts, glovebox.SpaceAccount(s.Name))
	}
	if r.scenarios, err = Scenarios.List(tx); err != nil {
		return nil, err
	}
	r.grants, err = Grants.List(tx)
	return r, err
}

// of lists the datasets that have units of a space.
func (r *readers) of(space string) (out []string) {
	for _, a := range r.accounts {
		if rec := r.datasets[a]; rec != nil && slices.Contains(spacesOf(rec), space) {
			out = append(out, a)
		}
	}
	return out
}

// may says whether the user may read a ledger: of a unit space whoever may read
// that of one of its datasets, and whoever may read all.
func (r *readers) may(u glovebox.User, account string) bool {
	code, space := glovebox.AccountOf(account)
	if space != "" {
		if slices.Contains(u.Roles, glovebox.RoleAuthority) || slices.Contains(u.Roles, glovebox.RoleAuditor) {
			return true
		}
		return slices.ContainsFunc(r.of(space), func(code string) bool { return r.may(u, code) })
	}
	if r.datasets[code] == nil {
		return false
	}
	for _, role := range u.Roles {
		switch role {
		case glovebox.RoleAuthority, glovebox.RoleAuditor:
			return true
		case glovebox.RoleProvider:
			if r.datasets[code].Provider == u.Org {
				return true
			}
		case glovebox.RoleOperator:
			if slices.ContainsFunc(r.scenarios, func(s ScenarioDoc) bool { return s.Operator == u.Name && s.Needs[code] != nil }) {
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
