//go:build glovebox_plant

package pipeline

import (
	"context"
	"errors"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// planted says whether failed jobs get their price back, unpaid whether unit
// spaces are not charged; a test alone compiles and sets them.
var planted, unpaid bool

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
