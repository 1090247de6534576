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

// plantPeriods is another: a job that reads several periods pays for the first
// alone. TestPlantPeriods.
func plantPeriods(values []string) []string { return values }

// plantTune is another: a job that measures pays nothing. TestPlantTune.
func plantTune(_ string, charges []glovebox.Charge) []glovebox.Charge { return charges }

// plantSpaces is another: it forgets the ledgers of unit spaces. TestPlantSpaces.
func plantSpaces(charges []glovebox.Charge) []glovebox.Charge { return charges }
