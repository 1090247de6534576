//go:build glovebox_plant

package privacy

import (
	"glovebox.example/glovebox/privacy/mechanism"
)

// The faults that can be planted here.
const (
	PlantL0    = "off-by-one L0"
	PlantRows  = "rows instead of units"
	PlantFloat = "float sum"
	PlantKeys  = "unfiltered key"
	PlantReuse = "reused noise"
	PlantRound = "a round takes the whole price"
	PlantSpill = "keys on the disk counted again"
)

// planted is the fault at hand; the auditor alone compiles this.
var planted string

// Plant makes the package faulty, or, with an empty name, sound again. It is
// not for use while anything of the package runs.
func Plant(fault string) { planted = fault }

// plantL0 keeps one key more than was declared.
func plantL0(l0 int) int {
	if planted == PlantL0 {
		return l0 + 1
	}
	return l0
}

// plantRows bounds each record as if it were a unit.
func plantRows(b *Bounder, n int, records []byte) bool {
	if planted != PlantRows || n < 2 || n*b.size != len(records) {
		return false
	}
	token := b.last
	for i := range n {
		token[15]++
		b.Unit(token, 1, records[i*b.size:(i+1)*b.size])
	}
	return true
}

// plantFloat adds in float32. In float64 the same happens with 2^26 units and
// more, which takes too long to show in every run.
func plantFloat(sum, old mechanism.Int128, steps int64) mechanism.Int128 {
	if planted != PlantFloat {
		return sum
	}
	return mechanism.NewInt128(int64(float32(old.Float64()) + float32(steps)))
}

// plantKeep shows every private key that occurs.
func plantKeep(keep bool) bool { return keep || planted == PlantKeys }

// plantReuse draws the same noise for every number of a table.
func plantReuse(s *mechanism.Source) *mechanism.Source {
	if planted != PlantReuse {
		return s
	}
	return s.Again()
}

// plantRound makes the noise of each round of mode train for the price of all.
func plantRound(share, whole int64) int64 {
	if planted == PlantRound {
		return whole
	}
	return share
}

// plantAgain writes what goes to the disk four times.
func plantAgain(times int) int {
	if planted == PlantSpill {
		return 4 * times
	}
	return times
}
