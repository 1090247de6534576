//go:build glovebox_plant

package pipeline

import (
	"testing"

	"glovebox.example/glovebox"
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
