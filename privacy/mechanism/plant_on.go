//go:build glovebox_plant

package mechanism

import "math/rand/v2"

// PlantSeed is the fault that can be planted here.
const PlantSeed = "noise from a known seed"

// planted is the fault at hand; the auditor alone compiles this.
var planted string

// Plant makes the package faulty, or, with an empty name, sound again. It is
// not for use while anything of the package runs.
func Plant(fault string) { planted = fault }

// plantSeed takes the randomness of the operating system away.
func plantSeed(seed [32]byte) [32]byte {
	if planted == PlantSeed {
		return [32]byte{}
	}
	return seed
}

// Again returns a source of the very words that come next from s, for a fault of
// package privacy.
func (s *Source) Again() *Source {
	again := rand.ChaCha8{}
	state, err := s.c.MarshalBinary()
	if err == nil {
		err = again.UnmarshalBinary(state)
	}
	if err != nil {
		panic(err)
	}
	return &Source{&again}
}
