//go:build glovebox_plant

package pipeline

import (
	"context"
	"errors"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// planted says whether failed jobs get their price back, unpaid whether unit
// spaces are not charged, settled whether parts of a ledger are the same for
// all snapshots, firstPeriod whether a job pays for the first of its periods alone,
// freeTune whether jobs that measure pay nothing; a test alone compiles and sets them.
var planted, unpaid, settled, firstPeriod, freeTune bool

// plantPeriods forgets all periods but the first.
func plantPeriods(values []string) []string {
	if firstPeriod {
		return values[:1]
	}
	return values
}

// plantTune lets jobs that measure go free.
func plantTune(mode string, charges []glovebox.Charge) []glovebox.Charge {
	if freeTune && mode == glovebox.ModeTune {
		return nil
	}
	return charges
}

// plantFamily takes the version off the name of a family.
func plantFamily(name string) string {
	if settled {
		name, _, _ = strings.Cut(name, "@")
	}
	return name
}

// plantSpaces forgets the ledgers of unit spaces.
func plantSpaces(charges []glovebox.Charge) []glovebox.Charge {
	if unpaid {
		return nil
	}
	return charges
}

// plantRefund gives a failed job its price back.
func plantRefund(ctx context.Context, p *Pipeline, a *admission, cause error) error {
	if !planted {
		return cause
	}
	return errors.Join(cause, p.d.Effect(ctx, a.by, func(tx *store.Tx) error { return tx.PlantRefund(a.doc.ID) }))
}
