//go:build !glovebox_plant

package privacy

import "math/big"

// These are the places where the auditor plants faults, to prove that it would
// find them: internal/auditor/suite. In the product they give back what they
// are given, and the compiler leaves nothing of them; the faults are compiled
// only with the build tag glovebox_plant, which the auditor alone sets.

func plantL0(l0 int) int { return l0 }

func plantRows(*Bounder, int, []byte) bool { return false }

func plantFloat(sum, _ Int128, _ int64) Int128 { return sum }

func plantKeep(keep bool) bool { return keep }

func plantReuse(s *Source) *Source { return s }

func plantSeed(seed [32]byte) [32]byte { return seed }

func plantScale(scale *big.Rat) *big.Rat { return scale }

func plantRound(share, _ int64) int64 { return share }

func plantAgain(times int) int { return times }
