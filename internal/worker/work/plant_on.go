//go:build glovebox_plant

package work

import (
	"errors"

	"glovebox.example/glovebox/sandbox"
)

// The faults that can be planted here.
const (
	PlantTrap   = "trap visible"
	PlantBlocks = "contiguous blocks"
)

// planted is the fault at hand, and seen how many units the group at hand had;
// the auditor alone compiles this.
var (
	planted string
	at      *group
	seen    int
)

// Plant makes the package faulty, or, with an empty name, sound again. It is
// not for use while anything of the package runs.
func Plant(fault string) { planted = fault }

// plantTrap ends the job where a unit fails.
func plantTrap(o sandbox.Outcome) error {
	if planted == PlantTrap && o != sandbox.OK {
		return errors.New("a unit failed")
	}
	return nil
}

// plantBlock divides units into blocks by their place, two to a block: one unit
// more moves all that come after it.
func plantBlock(p *group, block int) int {
	if planted != PlantBlocks {
		return block
	}
	if p != at {
		at, seen = p, 0
	}
	seen++
	return min(p.from+(seen-1)/2, p.to-1)
}
