package pipeline

import (
	"context"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// spent is what the ledger of pums has lost.
func spent(t *testing.T, p *Pipeline) (a glovebox.Amount) {
	t.Helper()
	err := p.d.Store.View(context.Background(), func(tx *store.Tx) error {
		b, err := tx.Balance("pums")
		a = b.Spent
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestFitIsChargedFirstAndOnce: a fit that a crash left charged is finished
// without a second charge, and nothing of it shows before it is finished.
func TestFitIsChargedFirstAndOnce(t *testing.T) {
	d, _ := pumsDomain(t)
	p, ctx, u := New(d, nil), context.Background(), user(t, d, "census")
	ds, err := d.Dataset(ctx, "pums")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := p.fitDoc(ctx, "pums", 1)
	if err != nil {
		t.Fatal(err)
	}
	l := fit.NewLayout(&ds.Record)
	if err := p.chargeFit(ctx, u, doc, &ds, 100_000_000, l); err != nil {
		t.Fatal(err)
	}
	if got := spent(t, p); got.Loss != 100_000_000 {
		t.Fatalf("%d is charged", got.Loss)
	}
	if _, _, err := p.Fitted(ctx, "pums"); glovebox.CodeOf(err) != glovebox.CodeNotFound {
		t.Fatalf("a fit that is not finished shows: %v", err)
	}
	if err := p.chargeFit(ctx, u, doc, &ds, 100_000_000, l); err == nil {
		t.Fatal("a fit was charged twice")
	}
	for range 2 { // finished, and then answered from the store
		if doc, err = p.Fit(ctx, u, "pums", glovebox.LedgerZCDP, 0.3); err != nil || doc.State != job.FitDone {
			t.Fatalf("%v %+v", err, doc)
		}
		if got := spent(t, p); got.Loss != 100_000_000 {
			t.Fatalf("%d is charged", got.Loss)
		}
	}
	m, _, err := p.Fitted(ctx, "pums")
	if err != nil || len(m.Columns) != 6 || len(m.Tree) != 5 {
		t.Fatalf("%v %+v", err, m)
	}
	// 1,000 units; six columns share a third of rho 0.1: a count's noise has
	// deviation below 10, and the 41 counts of education and all other columns'
	// sums lie within 1,000 with probability far above 1 - 1e-9.
	total := int64(0)
	for _, c := range m.Single[2] {
		total += c
	}
	if total < 500 || total > 1500 {
		t.Errorf("the fit has %d units", total)
	}
	v, err := d.Verify(ctx)
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("%v %v", err, v.Problems)
	}
}

// TestChannelOneFit: of two requests that count at once one stores its model, and
// that is what both get: two models with fresh noise would tell more than was
// paid for.
func TestChannelOneFit(t *testing.T) {
	d, _ := pumsDomain(t)
	p, ctx, u := New(d, nil), context.Background(), user(t, d, "census")
	ds, err := d.Dataset(ctx, "pums")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := p.fitDoc(ctx, "pums", 1)
	if err != nil {
		t.Fatal(err)
	}
	l := fit.NewLayout(&ds.Record)
	if err := p.chargeFit(ctx, u, doc, &ds, 100_000_000, l); err != nil {
		t.Fatal(err)
	}
	other := *doc
	for _, one := range []*job.FitDoc{doc, &other} {
		if err := p.measure(ctx, u, one, &ds, l); err != nil {
			t.Fatal(err)
		}
	}
	stored, err := p.fitDoc(ctx, "pums", 1)
	if err != nil || doc.Model == "" || doc.Model != other.Model || stored.Model != doc.Model {
		t.Errorf("models %s and %s, %s is stored: %v", doc.Model, other.Model, stored.Model, err)
	}
}

// TestFitIsForProviders: nobody else spends a ledger on samples.
func TestFitIsForProviders(t *testing.T) {
	d, _ := pumsDomain(t)
	p := New(d, nil)
	for _, who := range []string{"wang", "zhao", "liu", "sun"} {
		if _, err := p.Fit(context.Background(), user(t, d, who), "pums", glovebox.LedgerZCDP, 0.1); glovebox.CodeOf(err) != glovebox.CodeDenied {
			t.Errorf("%s: %v", who, err)
		}
	}
	if got := spent(t, p); got.Loss != 0 {
		t.Errorf("%d was charged", got.Loss)
	}
}

// TestFitOfSeveralUnitColumns: whoever stands in a row in any place is paid
// for as a group, and the noise is that of the price for one.
func TestFitOfSeveralUnitColumns(t *testing.T) {
	d, _ := marriageDomain(t)
	p, u := New(d, nil), user(t, d, "census")
	before := balance(t, d, "marriages").Spent
	doc, err := p.Fit(t.Context(), u, "marriages", glovebox.LedgerZCDP, 10)
	if err != nil {
		t.Fatal(err)
	}
	// A person is a one, and the other in one row: 1 + 2*1 steps.
	if doc.Group != 3 || doc.Charge.Amount.Loss != 9*10e9 || doc.UnitLoss() != 10e9 {
		t.Errorf("%+v", doc)
	}
	if got := balance(t, d, "marriages").Spent.Sub(before); got.Loss != 9*10e9 || got.Delta != 0 {
		t.Errorf("charged %+v", got)
	}
	m, _, err := p.Fitted(t.Context(), "marriages")
	if err != nil {
		t.Fatal(err)
	}
	// All 150 ones have educ 16. Two columns share a third of rho 10: the noise
	// of a count has variance 2/(2*10/3) = 0.3, and is beyond 9 with probability
	// below 1e-50.
	if n := m.Single[0][15]; n < 141 || n > 159 {
		t.Errorf("the fit has %d ones", n)
	}
	if _, err := p.Fit(t.Context(), u, "marriages", glovebox.LedgerZCDP, 10); err != nil || balance(t, d, "marriages").Spent.Loss != before.Loss+9*10e9 {
		t.Errorf("%v: a second request costs something", err)
	}
	other := job.FitDoc{Group: 5, Charge: glovebox.Charge{Kind: glovebox.LedgerPure, Amount: glovebox.Amount{Loss: 35}}}
	if n := other.UnitLoss(); n != 7 {
		t.Errorf("of a pure charge %d is for one unit", n)
	}
}

// TestFitGroupIsRefusedBeyondTheLedger: a price that the ledger holds for one
// unit but not for the group is refused, and nothing is charged.
func TestFitGroupIsRefusedBeyondTheLedger(t *testing.T) {
	d, _ := marriageDomain(t)
	before := balance(t, d, "marriages").Spent
	if _, err := New(d, nil).Fit(t.Context(), user(t, d, "census"), "marriages", glovebox.LedgerZCDP, 200); glovebox.CodeOf(err) != glovebox.CodeBudget {
		t.Errorf("%v", err)
	}
	if got := balance(t, d, "marriages").Spent; got != before {
		t.Errorf("charged: %+v", got)
	}
}
