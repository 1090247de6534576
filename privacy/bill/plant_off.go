//go:build !glovebox_plant

package bill

import "math/big"

// These are the places where the auditor plants faults, to prove that it would
// find them: internal/proof/attack/suite. In the product they give back what they
// are given; the faults are compiled only with the build tag glovebox_plant.

func plantShare(l0 int) int { return l0 }

func plantThreshold() *big.Int { return new(big.Int) }

func plantScale(scale *big.Rat) *big.Rat { return scale }
