//go:build !glovebox_plant

package work

import "glovebox/sandbox"

// plantTrap is where the auditor plants a fault, to prove that it would find
// it: internal/auditor/suite. In the product it does nothing, and the compiler
// leaves nothing of it; the fault is compiled only with the build tag
// glovebox_plant, which the auditor alone sets.
func plantTrap(sandbox.Outcome) error { return nil }
