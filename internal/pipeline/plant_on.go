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
// all snapshots; a test alone compiles and sets them.
var planted, unpaid, settled bool

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
