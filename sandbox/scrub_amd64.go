package sandbox

// scrub sets to zero the registers that guests compute in, so that none of
// them holds a number of the last unit when the next one begins. Only the
// runtime's own steps into the guest follow, which touch no data. Compiled code
// must never read a register that it has not set; where a fault of the compiler
// lets it, there is nothing to read (docs/threat-model.md, registers).
func scrub()
