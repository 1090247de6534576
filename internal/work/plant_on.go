//go:build glovebox_plant

package work

import (
	"errors"

	"glovebox/sandbox"
)

// PlantTrap is the fault that can be planted here.
const PlantTrap = "trap visible"

// planted is the fault at hand; the auditor alone compiles this.
var planted string

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
