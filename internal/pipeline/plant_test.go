//go:build glovebox_plant

package pipeline

import "testing"

// TestPlantRefund: with a refund planted, what TestChannelChargedFirst
// looks at is not as it wants it.
func TestPlantRefund(t *testing.T) {
	planted = true
	defer func() { planted = false }()
	if spent := failedRuns(t); spent[0] != 0 {
		t.Fatalf("spent %d after a refund: the fault is not planted", spent[0])
	}
}
