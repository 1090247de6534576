//go:build !glovebox_plant

package pipeline

import (
	"context"

	"glovebox.example/glovebox"
)

// plantRefund is where the auditor plants a fault, to prove that a test would
// find it: TestPlantRefund. In the product it gives back the error that it is
// given, and the compiler leaves nothing of it; the fault is compiled only with
// the build tag glovebox_plant, which the auditor alone sets.
func plantRefund(_ context.Context, _ *Pipeline, _ *admission, cause error) error { return cause }

// plantFamily is another: parts of a ledger that outlive the snapshot in which a
// value was a unit's. TestPlantFamily.
func plantFamily(name string) string { return name }

// plantSpaces is another: it forgets the ledgers of unit spaces. TestPlantSpaces.
func plantSpaces(charges []glovebox.Charge) []glovebox.Charge { return charges }
