package pipeline

import (
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// TestSpacesPayForGroups: whatever takes from a dataset's ledger takes from that
// of each of its unit spaces, for the group that one of the space's own units is.
func TestSpacesPayForGroups(t *testing.T) {
	d, dir := marriageDomain(t)
	space := func() glovebox.Amount { return balance(t, d, glovebox.SpaceAccount("census-person")).Spent }
	// The counts of marriageDomain: rho 2 for a group of 1 + 2*2 others.
	if got := space(); got.Loss != 2e9*25 {
		t.Errorf("the counts took %v", got)
	}
	before := space()
	run(t, New(d, nil), marriageJob(t, dir, ", unit: other", "rho: 0.1"), "wang")
	if got := space().Sub(before); got.Loss != 100_000_000*25 {
		t.Errorf("a job took %v", got)
	}
	before = space()
	if o := run(t, New(d, nil), marriageJob(t, dir, ", unit: other", "rho: 0.1"), "wang"); !o.Repeated || space() != before {
		t.Errorf("a stored answer took %v", space().Sub(before))
	}
	doc, err := New(d, nil).Fit(t.Context(), user(t, d, "census"), "marriages", glovebox.LedgerZCDP, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	if got := space().Sub(before); got.Loss != 100_000_000*9 || len(doc.Spaces) != 1 || doc.Spaces[0].Amount != got {
		t.Errorf("a fit took %v, its document says %v", got, doc.Spaces)
	}
	if v, err := d.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v %v", v, err)
	}
}

// TestEveryChargePaysItsSpaces looks at all that was ever charged in a domain
// with jobs of every way to spend: each charge of a dataset stands beside one of
// its space.
func TestEveryChargePaysItsSpaces(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	run(t, p, file, "wang")
	if _, err := p.Fit(t.Context(), user(t, d, "census"), "pums", glovebox.LedgerZCDP, 0.01); err != nil {
		t.Fatal(err)
	}
	if n := unpaidSpaces(t, d); n != 0 {
		t.Errorf("%d charges of a dataset without one of its space", n)
	}
}

// unpaidSpaces counts charges of pums beside which its space was not charged.
func unpaidSpaces(t *testing.T, d *domain.Domain) (n int) {
	t.Helper()
	err := d.Store.View(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Charges("")
		paid := map[string]bool{}
		for _, r := range rows {
			if r.Space == "census-person" {
				paid[r.Job] = true
			}
		}
		for _, r := range rows {
			if r.Dataset != "" && !paid[r.Job] {
				n++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
