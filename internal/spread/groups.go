package spread

import (
	"crypto/rand"
	"encoding/binary"
	"strings"
)

// twice: one group in so many, at least one, is done twice in every run. That
// shows a node that lies, and hides from the engine how many groups there are of
// which time: a task that is a repeat looks like any other.
const twice = 16

// tasks gives each group to a task, in random order, some of them twice.
func tasks(groups int) []int {
	out := make([]int, 0, groups+groups/twice+1)
	for g := range groups {
		out = append(out, g)
	}
	shuffle(out)
	out = append(out, out[:max(1, groups/twice)]...)
	shuffle(out)
	return out
}

// shuffle brings a list into an order that nobody can foresee.
func shuffle(list []int) {
	for i := len(list) - 1; i > 0; i-- {
		j := below(uint64(i + 1))
		list[i], list[j] = list[j], list[i]
	}
}

// below draws a number below n, each as likely.
func below(n uint64) uint64 {
	most := ^uint64(0) - ^uint64(0)%n
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		if x := binary.LittleEndian.Uint64(b[:]); x < most {
			return x % n
		}
	}
}

// newName draws the name of a run: 130 bits.
func newName() string { return "r-" + strings.ToLower(rand.Text()) }
