//go:build glovebox_plant

package sandbox

import (
	"sync"
	"time"
)

// The faults that can be planted here.
const (
	PlantState = "state kept between units"
	PlantClock = "wall-clock limit"
)

// planted is the fault at hand, and began when each meter began its unit; the
// auditor alone compiles this.
var (
	planted string
	began   sync.Map
)

// Plant makes the package faulty, or, with an empty name, sound again. It is
// not for use while anything of the package runs.
func Plant(fault string) { planted = fault }

// plantState leaves the guest as its unit left it.
func plantState(reset bool) bool { return reset && planted != PlantState }

// plantClock ends a unit that takes longer than a millisecond, whatever fuel
// it has left.
func plantClock(m *meter) {
	if planted != PlantClock {
		return
	}
	now := time.Now()
	if m.reserve+int64(m.fuel.Get()) == m.budget { // the unit begins
		began.Store(m, now)
	} else if at, ok := began.Load(m); ok && now.Sub(at.(time.Time)) > time.Millisecond {
		panic(errOutOfFuel)
	}
}
