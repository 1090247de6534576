package console

import (
	"testing"
	"time"

	"glovebox.example/glovebox"
)

// TestWhereABudgetLeads: the ledger of a dataset has a projection as a space's has.
func TestWhereABudgetLeads(t *testing.T) {
	now := time.Date(2026, 12, 1, 4, 0, 0, 0, time.UTC)
	v := &view{c: &Console{o: Options{Now: func() time.Time { return now }}}}
	b := &budget{Balances: []glovebox.Balance{{Dataset: "d", Kind: glovebox.LedgerPure, Total: glovebox.Amount{Loss: 8e9}, Spent: glovebox.Amount{Loss: 4e9}}}}
	for i := range 4 { // a half in 40 days: the other half lasts 40 days more
		b.Charges = append(b.Charges, charge{Dataset: "d", Amount: glovebox.Amount{Loss: 1e9}, At: now.AddDate(0, 0, -40+10*i).Format(time.RFC3339)})
	}
	c := v.spending(b, "d")
	if c == nil || c.Ends != "2027-01-10" || c.Ahead == "" {
		t.Errorf("the projection: %+v", c)
	}
	// Delta ends first where it is spent faster: 3/4 of it in these 40 days.
	b.Balances[0].Total.Delta, b.Balances[0].Spent.Delta = 400, 300
	for i := range b.Charges {
		b.Charges[i].Amount.Delta = 75
	}
	if c := v.spending(b, "d"); c.Ends != "2026-12-14" {
		t.Errorf("the projection of delta: %q", c.Ends)
	}
	b.Balances[0].Spent.Loss = 1e9 // each value of a column pays for itself
	if c := v.spending(b, "d"); c.Ends != "" || c.Ahead != "" {
		t.Errorf("charges that do not add up to what is spent lead to %q", c.Ends)
	}
	b.Charges = b.Charges[:1]
	b.Charges[0].At = now.AddDate(-3, 0, 0).Format(time.RFC3339)
	if c := v.spending(b, "d"); c.Ends != "" || c.Ahead != "" {
		t.Errorf("nothing was charged of late, and it says %q", c.Ends)
	}
	b.Charges = nil
	if c := v.spending(b, "d"); c.Ends != "" || c.Ahead != "" {
		t.Errorf("nothing was charged, and it says %q", c.Ends)
	}
}

// TestWhereASpaceLeads: the page of a space says the day that the core says.
func TestWhereASpaceLeads(t *testing.T) {
	now := time.Date(2026, 12, 1, 4, 0, 0, 0, time.UTC)
	v := &view{c: &Console{o: Options{Now: func() time.Time { return now }}}}
	b := &budget{Balances: []glovebox.Balance{{Space: "s", Kind: glovebox.LedgerPure, Total: glovebox.Amount{Loss: 8e9}, Spent: glovebox.Amount{Loss: 4e9}}},
		Charges: []charge{{Space: "s", Amount: glovebox.Amount{Loss: 4e9}, At: now.AddDate(0, 0, -40).Format(time.RFC3339)}}, Outlooks: []outlook{{Space: "s", Ends: "2026-12-20"}}}
	if c := v.spending(b, "s"); c.Ends != "2026-12-20" {
		t.Errorf("%q", c.Ends)
	}
	b.Outlooks[0].Ends = ""
	if c := v.spending(b, "s"); c.Ends != "" {
		t.Errorf("the core sees no end, the page %q", c.Ends)
	}
}
