package crew

import (
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// probeWithin is how long a probe may take; it takes some milliseconds.
const probeWithin = 30 * time.Second

// Probe starts a worker to see which walls this machine gives, and which ways
// of putting a guest back work behind them: see sandbox.Ways.
func Probe() (jail.Walls, []string, error) {
	p, err := jail.Start(role.Probe, role.Frames(role.Probe), nil)
	if err != nil {
		return 0, nil, err
	}
	defer p.Close()
	f, err := p.Next(probeWithin)
	if err == nil && f.Kind == jail.Sealed {
		f, err = p.Next(probeWithin)
	}
	if err != nil {
		return 0, nil, err
	}
	ways, ok := role.ReadWays(f.Payload)
	if f.Kind != role.FrameWays || !ok {
		return 0, nil, glovebox.Errorf(glovebox.CodeInternal, "a worker answers a probe with something else").Because(jail.ErrFrame)
	}
	return p.Walls(), ways, nil
}
