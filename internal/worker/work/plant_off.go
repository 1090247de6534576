//go:build !glovebox_plant

package work

import "glovebox.example/glovebox/sandbox"

// These are the places where the auditor plants faults, to prove that it would
// find them: internal/proof/attack/suite. In the product they do nothing, and the
// compiler leaves nothing of them; the faults are compiled only with the build
// tag glovebox_plant, which the auditor alone sets.

func plantTrap(sandbox.Outcome) error { return nil }

func plantBlock(_ *group, block int) int { return block }
