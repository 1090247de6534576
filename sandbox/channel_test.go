package sandbox

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Each test is named after a channel of the threat model's table. The modules
// are those of the hostile suite: each runs under every way of resetting, and
// each unit must give the same records for the same fuel as it gives alone.

func TestChannelStateMemory(t *testing.T) { channel(t, "channel-memory-*", "channel-stack-pointer") }

func TestChannelStateGlobals(t *testing.T) { channel(t, "channel-global*") }

func TestChannelStateSize(t *testing.T) { channel(t, "channel-size", "channel-grow*") }

func TestChannelStateWindowLeftovers(t *testing.T) {
	channel(t, "channel-window-leftovers", "channel-output-leftovers", "lie-region-dirty")
}

func TestChannelStateTables(t *testing.T) {
	channel(t, "channel-table-*", "channel-ref-*", "channel-passive-elem")
}

func TestChannelStateDroppedSegments(t *testing.T) {
	channel(t, "channel-data-drop", "channel-elem-drop", "channel-memory-init", "channel-passive-data")
}

func TestChannelFuelLeft(t *testing.T) { channel(t, "channel-fuel-*", "channel-slow") }

func TestChannelStackDepth(t *testing.T) {
	channel(t, "channel-stack-*", "channel-depth-counter", "channel-helper-call")
}

func TestChannelTrap(t *testing.T) {
	channel(t, "channel-trap*", "channel-status", "channel-malformed", "channel-endless", "lie-metric-minus-zero")
}

// There is nothing to ask: any import is refused, the host's own too, but for a
// WASI whose answers are constants.
func TestChannelClockRandomFiles(t *testing.T) { channel(t, "import-*", "wasi-*") }

func TestChannelMissingValues(t *testing.T) {
	// Arrow keeps bytes under a missing value. A mask that removed a value by
	// its validity bit alone must not be undone by reading them.
	a := memory.NewGoAllocator()
	prog := compile(t, nullable(t), nil)
	for _, how := range resets {
		g := start(t, prog, nullableBinding(), &GuestOptions{Reset: how})
		for row, want := range map[int]float64{0: 11, 1: 0, 2: 33} {
			unit := [][]Span{{{Batch: hiddenBatch(t, a, 11, 22, 33), From: row, To: row + 1}}}
			if m := metric(t, g, unit); m != want {
				t.Errorf("reset %s: row %d reads as %v, want %v", how, row, m, want)
			}
		}
	}
}

// refused wants a module to be refused with this code.
func refused(t *testing.T, wasm []byte, code string) {
	t.Helper()
	_, err := Admit(wasm, nil)
	for _, r := range Refusals(err) {
		if string(r.Code) == code {
			return
		}
	}
	t.Errorf("not refused with %s: %v", code, err)
}
