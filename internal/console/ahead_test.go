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
