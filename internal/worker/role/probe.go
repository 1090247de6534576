package role

import (
	"slices"

	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/sandbox"
)

// ways are those of a Ways frame; their order is that of its numbers: append
// only.
var ways = []sandbox.Reset{sandbox.ResetInstance, sandbox.ResetTracked, sandbox.ResetCow, sandbox.ResetCopy}

// probe runs the sandbox's self-test behind all walls.
func probe(in *jail.Inside) error {
	if err := in.Seal(); err != nil {
		return err
	}
	var found []byte
	for _, r := range sandbox.Ways() {
		found = append(found, byte(slices.Index(ways, r)))
	}
	return in.Send(jail.Frame{Kind: FrameWays, Payload: found})
}

// ReadWays reads the payload of a Ways frame. ok is false if it names what
// there is not.
func ReadWays(payload []byte) (names []string, ok bool) {
	for _, b := range payload {
		if int(b) >= len(ways) {
			return nil, false
		}
		names = append(names, string(ways[b]))
	}
	return names, true
}
