package role

import (
	"context"
	"encoding/binary"
	"errors"
	"math"

	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// serveUpdate is a worker of one step.
func serveUpdate(in *jail.Inside, m *jail.Message, cache string) error {
	p, err := readSealed(m.Files[0], work.MaxSpec)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	u, err := work.UpdateOf(p)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	ctx := context.Background()
	next, ok, err := u.Run(ctx, cache)
	if err != nil && cache != "" {
		next, ok, err = u.Run(ctx, "") // code of another processor
	}
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultModule))
	}
	var payload []byte
	if ok {
		for _, v := range next {
			payload = binary.LittleEndian.AppendUint64(payload, math.Float64bits(v))
		}
	}
	return in.Send(jail.Frame{Kind: FrameUpdated, Payload: payload})
}
