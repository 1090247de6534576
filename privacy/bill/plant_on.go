//go:build glovebox_plant

package bill

import "math/big"

// The faults that can be planted here.
const (
	PlantShare = "delta of all keys for each"
	PlantLow   = "threshold one too low"
	PlantScale = "noise 2 % too small"
)

// planted is the fault at hand; the auditor alone compiles this.
var planted string

// Plant makes the package faulty, or, with an empty name, sound again. It is
// not for use while anything of the package runs.
func Plant(fault string) { planted = fault }

// plantShare gives each of a unit's keys the delta that is for all of them.
func plantShare(l0 int) int {
	if planted == PlantShare {
		return 1
	}
	return l0
}

// plantThreshold is how much too low a threshold is.
func plantThreshold() *big.Int {
	if planted == PlantLow {
		return big.NewInt(1)
	}
	return new(big.Int)
}

// plantScale makes Laplace noise 2 % too small.
func plantScale(scale *big.Rat) *big.Rat {
	if planted == PlantScale {
		return new(big.Rat).Mul(scale, big.NewRat(98, 100))
	}
	return scale
}
