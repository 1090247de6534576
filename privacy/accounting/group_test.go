package accounting

import (
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

func TestGroup(t *testing.T) {
	unit := func(space string, rows int) glovebox.Unit { return glovebox.Unit{Space: space, MaxRows: rows} }
	marriage := glovebox.Dataset{Unit: unit("person", 5), OtherUnits: []glovebox.Unit{unit("person", 2)}}
	work := glovebox.Dataset{Unit: unit("person", 9), OtherUnits: []glovebox.Unit{unit("firm", 1000)}}
	firms := glovebox.Dataset{Unit: unit("firm", 1000), OtherUnits: []glovebox.Unit{unit("person", 9)}}
	alone := glovebox.Dataset{Unit: unit("person", 100_000)}
	for _, c := range []struct {
		records []glovebox.Dataset
		want    int64
	}{
		{[]glovebox.Dataset{alone}, 1},
		{[]glovebox.Dataset{alone, alone}, 1},
		{[]glovebox.Dataset{marriage}, 1 + 2*2},
		{[]glovebox.Dataset{marriage, alone}, 1 + 2*2},
		{[]glovebox.Dataset{marriage, marriage}, 1 + 2*2 + 2*2},
		{[]glovebox.Dataset{work}, 2 * 1000},
		{[]glovebox.Dataset{firms}, 2 * 9},
		{[]glovebox.Dataset{marriage, work}, 2 * 1000},
		{[]glovebox.Dataset{{Unit: unit("firm", 3), OtherUnits: []glovebox.Unit{unit("person", 1), unit("person", 2)}}}, 2*1 + 2*2},
	} {
		if got := GroupSize(c.records); got != c.want {
			t.Errorf("%+v: %d, want %d", c.records, got, c.want)
		}
	}
	price := glovebox.Amount{Loss: 100}
	if a := check.Must(Group(glovebox.LedgerPure, price, 5)); a != (glovebox.Amount{Loss: 500}) {
		t.Errorf("pure: %v", a)
	}
	if a := check.Must(Group(glovebox.LedgerZCDP, price, 5)); a != (glovebox.Amount{Loss: 2500}) {
		t.Errorf("zcdp: %v", a)
	}
	both := glovebox.Amount{Loss: 100, Delta: 7}
	if a := check.Must(Group(glovebox.LedgerZCDP, both, 1)); a != both {
		t.Errorf("a group of one: %v", a)
	}
	_, err := Group(glovebox.LedgerPure, both, 2)
	check.Code(t, "a delta", err, glovebox.CodeInvalid)
	_, err = Group(glovebox.LedgerZCDP, glovebox.Amount{Loss: 1e12}, 800_000)
	check.Code(t, "beyond any ledger", err, glovebox.CodeInvalid)
	_, err = Group(glovebox.LedgerPure, price, 0)
	check.Code(t, "no size", err, glovebox.CodeInternal)
}

// TestConvert: epsilon in a ledger of rho costs half its square, never less, and
// rho has no price in epsilon.
func TestConvert(t *testing.T) {
	for _, x := range []struct{ eps, rho int64 }{{0, 0}, {1, 1}, {1_000_000_000, 500_000_000}, {44_721, 1}, {44_722, 2}, {3, 1}} {
		got, err := Convert(glovebox.LedgerPure, glovebox.LedgerZCDP, glovebox.Amount{Loss: x.eps, Delta: 7})
		if err != nil || got != (glovebox.Amount{Loss: x.rho, Delta: 7}) {
			t.Errorf("%d: %v, %v, want %d", x.eps, got, err, x.rho)
		}
	}
	a := glovebox.Amount{Loss: 5, Delta: 1}
	for _, k := range []glovebox.LedgerKind{glovebox.LedgerPure, glovebox.LedgerZCDP} {
		if got, err := Convert(k, k, a); err != nil || got != a {
			t.Errorf("%s: %v, %v", k, got, err)
		}
	}
	for _, bad := range []func() (glovebox.Amount, error){
		func() (glovebox.Amount, error) { return Convert(glovebox.LedgerZCDP, glovebox.LedgerPure, a) },
		func() (glovebox.Amount, error) {
			return Convert(glovebox.LedgerPure, glovebox.LedgerZCDP, glovebox.Amount{Loss: 1 << 59})
		},
		func() (glovebox.Amount, error) {
			return Convert(glovebox.LedgerPure, glovebox.LedgerZCDP, glovebox.Amount{Loss: -1})
		},
	} {
		if got, err := bad(); err == nil {
			t.Errorf("%v", got)
		}
	}
}
