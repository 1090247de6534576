//go:build !glovebox_plant

package privacy

import (
	"glovebox.example/glovebox/privacy/mechanism"
)

// These are the places where the auditor plants faults, to prove that it would
// find them: internal/proof/attack/suite. In the product they give back what they
// are given, and the compiler leaves nothing of them; the faults are compiled
// only with the build tag glovebox_plant, which the auditor alone sets.

func plantL0(l0 int) int { return l0 }

func plantRows(*Bounder, int, []byte) bool { return false }

func plantFloat(sum, _ mechanism.Int128, _ int64) mechanism.Int128 { return sum }

func plantKeep(keep bool) bool { return keep }

func plantReuse(s *mechanism.Source) *mechanism.Source { return s }

func plantRound(share, _ int64) int64 { return share }

func plantAgain(times int) int { return times }
