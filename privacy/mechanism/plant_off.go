//go:build !glovebox_plant

package mechanism

// plantSeed is where the auditor plants a fault, to prove that it would find it:
// see package privacy.
func plantSeed(seed [32]byte) [32]byte { return seed }
