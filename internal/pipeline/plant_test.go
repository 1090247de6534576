//go:build glovebox_plant

package pipeline

import (
	"os"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
)

// TestPlantRefund: with a refund planted, what TestChannelChargedFirst
// looks at is not as it wants it.
func TestPlantRefund(t *testing.T) {
	planted = true
	defer func() { planted = false }()
	if spent := failedRuns(t); spent[0] != 0 {
		t.Fatalf("spent %d after a refund: the fault is not planted", spent[0])
	}
}

// TestPlantSpaces: where jobs forget the ledgers of unit spaces, the policy
// refuses them; the check of the log finds it where the policy does not.
func TestPlantSpaces(t *testing.T) {
	d, file := pumsDomain(t)
	unpaid = true
	defer func() { unpaid = false }()
	if _, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang")); glovebox.CodeOf(err) != glovebox.CodeDenied && glovebox.CodeOf(err) != glovebox.CodeBudget {
		t.Fatalf("a job that pays no space runs: %v", err)
	}
}

// TestPlantFamily: where parts of a ledger outlive the snapshot in which a value was
// a unit's, somebody who moves loses more than the ledger says; what
// TestTownsPayForThemselves looks at is not as it wants it.
func TestPlantFamily(t *testing.T) {
	settled = true
	defer func() { settled = false }()
	c := newTown(t)
	run(t, c.p, c.job(t, "by-town", "town = '沙河镇'", "0.1"), "wang")
	if err := c.load(t, "by-town", map[int]string{0: "常乐镇"}); err != nil {
		t.Fatal(err)
	}
	run(t, c.p, c.job(t, "by-town", "town = '常乐镇'", "0.1"), "wang")
	if got := c.spent(t, "by-town"); got[0] != 100 {
		t.Fatalf("%d is spent: the fault is not planted", got[0])
	}
}

// TestPlantPeriods: where a job that reads two periods pays for one of them alone,
// the other gives more than the ledger says; what TestPeriodsRenew looks at is not
// as it wants it.
func TestPlantPeriods(t *testing.T) {
	firstPeriod = true
	defer func() { firstPeriod = false }()
	c := newTown(t)
	run(t, c.p, c.job(t, "by-year", "year = 2024", "0.3"), "wang")
	run(t, c.p, c.job(t, "by-year", "year in (2023, 2024)", "0.2"), "wang")
	if got := c.spent(t, "by-year"); got[0] != 300 { // 500 is what 2024 gave
		t.Fatalf("%d is spent: the fault is not planted", got[0])
	}
}

// TestPlantTune: where jobs that measure pay nothing, the ledger that TestTuneMeasures
// looks at is not as it wants it, or nothing comes out without a receipt.
func TestPlantTune(t *testing.T) {
	freeTune = true
	defer func() { freeTune = false }()
	d, dir := marriageDomain(t)
	file := marriageJob(t, dir, ", unit: other", "rho: 20")
	data, _, err := catalog.Tuned(file, read(t, file), glovebox.ReleaseDef{Rho: 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	before := balance(t, d, "marriages").Spent.Loss
	_, err = New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
	if got := balance(t, d, "marriages").Spent.Loss - before; got != 0 {
		t.Fatalf("it took %d: the fault is not planted", got)
	}
	if err == nil {
		t.Fatal("a job that paid nothing has a release: nothing but the ledger finds it")
	}
}
