package jail

// Fault is what a worker says when it cannot do its work: one byte of a fixed
// vocabulary, so that no data can ride on an error.
type Fault uint8

const (
	FaultInternal Fault = 1 // anything not below
	FaultModule   Fault = 2 // the module is not valid
	FaultData     Fault = 3 // a part is not what its manifest says
	FaultFilter   Fault = 4 // a row filter failed
	FaultWalls    Fault = 5 // the wall seccomp could not be raised
	FaultLimits   Fault = 6 // the wall limits could not be raised
)

// String says it in words.
func (f Fault) String() string {
	switch f {
	case FaultModule:
		return "the module is not valid"
	case FaultData:
		return "a part of a snapshot is not what its manifest says"
	case FaultFilter:
		return "a row filter failed"
	case FaultWalls:
		return "the wall seccomp could not be raised"
	case FaultLimits:
		return "the wall limits could not be raised"
	}
	return "internal failure"
}

// Known says whether the vocabulary holds f.
func (f Fault) Known() bool { return f >= FaultInternal && f <= FaultLimits }
