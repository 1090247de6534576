package console

import (
	"cmp"
	"net/http"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// ledgerRow is a ledger beside how it stands.
type ledgerRow struct {
	glovebox.Balance
	Name    string
	Percent int
	Outlook *outlook
}

func ledgers(v *view) error {
	var b budget
	if err := v.get("/budgets", nil, &b); err != nil {
		return err
	}
	var all []ledgerRow
	for _, x := range b.Balances {
		r := ledgerRow{Balance: x, Name: x.Account(), Percent: share(x.Spent, x.Total)}
		for i := range b.Outlooks {
			if b.Outlooks[i].Space == x.Space && x.Space != "" {
				r.Outlook = &b.Outlooks[i]
			}
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b ledgerRow) int { return cmp.Compare(b.Percent, a.Percent) })
	v.Section = "budget"
	v.show(http.StatusOK, "ledgers", v.T("Budget"), paged(v, all, func(r ledgerRow, q string) bool { return has(q, r.Name) }))
	return nil
}

// ledgerPage is one ledger over time.
type ledgerPage struct {
	ledgerRow
	Chart    *lineChart
	Caps     []capReading
	Spenders []spender
	Charges  *list[charge]
	// MoreCaps and MoreSpenders are not shown.
	MoreCaps, MoreSpenders int
}

func ledgerShow(v *view) error {
	account := v.r.PathValue("account")
	if kind := v.r.PathValue("kind"); kind == "space" {
		account = glovebox.SpaceAccount(account)
	}
	var b budget
	if err := v.get("/budgets", nil, &b); err != nil {
		return err
	}
	p := &ledgerPage{}
	found := false
	for _, x := range b.Balances {
		if x.Account() == account {
			p.ledgerRow, found = ledgerRow{Balance: x, Name: account, Percent: share(x.Spent, x.Total)}, true
		}
	}
	if !found {
		return notThere()
	}
	mine := func(dataset, space string) bool { return dataset == p.Dataset && space == p.Space }
	for i := range b.Outlooks {
		if p.Space != "" && b.Outlooks[i].Space == p.Space {
			p.Outlook = &b.Outlooks[i]
		}
	}
	for _, c := range b.Caps {
		if p.Dataset != "" && c.Dataset == p.Dataset {
			p.Caps = append(p.Caps, c)
		}
	}
	for _, s := range b.Spenders {
		if mine(s.Dataset, s.Space) {
			p.Spenders = append(p.Spenders, s)
		}
	}
	slices.SortStableFunc(p.Spenders, func(a, b spender) int { return cmp.Compare(b.Amount.Loss, a.Amount.Loss) })
	p.Caps, p.MoreCaps = few(p.Caps)
	p.Spenders, p.MoreSpenders = few(p.Spenders)
	name := p.Dataset
	if p.Space != "" {
		name = p.Space
	}
	p.Chart = v.spending(&b, name)
	var own []charge
	for _, c := range slices.Backward(b.Charges) {
		if mine(c.Dataset, c.Space) {
			own = append(own, c)
		}
	}
	p.Charges = paged(v, own, nil)
	v.Section = "budget"
	v.show(http.StatusOK, "ledger", v.T("Budget of %s", name), p)
	return nil
}

func notThere() error {
	return &api.Failure{Problem: api.ProblemOf(glovebox.Errorf(glovebox.CodeNotFound, "there is no such page").WithFix("go back to the inbox"))}
}
