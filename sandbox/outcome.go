package sandbox

// Outcome says how a unit ended. Anything but OK means the unit's default
// contribution; which one it was is for runs on sample data only.
type Outcome uint8

// Outcomes of a unit.
const (
	OK        Outcome = iota
	Status            // the guest returned a status other than 0
	Trap              // the guest trapped, or its calls went too deep
	OutOfFuel         // the guest used up its fuel
	Malformed         // the guest's records are not as the contract says
	Oversize          // a string of the unit is longer than its bound, or a block larger than its bounds; nothing ran
)

// String names the outcome.
func (o Outcome) String() string {
	switch o {
	case OK:
		return "ok"
	case Status:
		return "status"
	case Trap:
		return "trap"
	case OutOfFuel:
		return "out of fuel"
	case Malformed:
		return "malformed output"
	case Oversize:
		return "string too long, or block too large"
	}
	return "unknown"
}

// Result is what one unit gave.
type Result struct {
	Outcome Outcome
	N       int    // records; 0 unless OK
	Records []byte // N records of Guest.Records().Size() bytes; valid until the next Run
	Fuel    int64  // fuel used; for runs on sample data only
	Printed int64  // bytes that the guest printed; 0 unless GuestOptions have Logs
	// Cause says more about an outcome other than OK, in the runtime's words;
	// empty unless GuestOptions have Logs.
	Cause string
}
