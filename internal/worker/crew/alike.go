package crew

import (
	"context"
	"encoding/binary"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// Overlap is how many units of a sample two snapshots have, and share.
type Overlap struct{ X, Y, Both int64 }

// alikeSample is how many units are looked at over all parts.
const alikeSample = 4 * role.AlikeUnits

// Alike has a jailed worker count the units that two snapshots of one unit space
// with the same number of parts share, among the first few thousand; open
// returns the descriptors of part i of both, which Alike closes. What the worker
// sends is checked for its form. The counts are exact and not private.
func Alike(ctx context.Context, spec role.AlikeSpec, parts int, open func(part int) ([2]work.Files, error)) (Overlap, error) {
	var sum Overlap
	f, err := spec.Encode()
	if err != nil {
		return sum, err
	}
	defer f.Close()
	p, err := jail.Start(role.Alike, role.Frames(role.Alike), nil)
	if err != nil {
		return sum, err
	}
	defer p.Close()
	stop := kill(ctx, p)
	defer stop()
	err = p.Send(role.MessageAlike, nil, f)
	for part := 0; err == nil && part < parts && sum.X+sum.Y < alikeSample; part++ {
		err = overlapPart(p, part, open, &sum)
	}
	switch {
	case err == nil:
		return sum, nil
	case context.Cause(ctx) != nil:
		return sum, context.Cause(ctx)
	}
	return sum, glovebox.Errorf(glovebox.CodeInternal, "the worker that compares two snapshots was lost").WithFix("load it again; `glovebox doctor` checks the machine")
}

func overlapPart(p *jail.Process, part int, open func(int) ([2]work.Files, error), sum *Overlap) error {
	files, err := open(part)
	defer func() {
		for _, f := range files {
			for _, f := range []*os.File{f.Part, f.Sealed} {
				if f != nil {
					_ = f.Close() // a file in memory
				}
			}
		}
	}()
	if err != nil {
		return err
	}
	data, list := role.PartData(part, files[:])
	if err := p.Send(role.MessagePart, data, list...); err != nil {
		return err
	}
	f, err := p.Next(countWithin)
	if err == nil && f.Kind == jail.Sealed {
		f, err = p.Next(countWithin)
	}
	if err != nil {
		return err
	}
	if f.Kind != role.FrameOverlap || binary.LittleEndian.Uint32(f.Payload) != uint32(part) {
		return jail.ErrFrame
	}
	var n [3]int64
	for i := range n {
		n[i] = int64(binary.LittleEndian.Uint64(f.Payload[4+8*i:]))
		if n[i] < 0 || n[i] > 2*role.AlikeUnits {
			return jail.ErrFrame
		}
	}
	if n[2] > min(n[0], n[1]) {
		return jail.ErrFrame
	}
	sum.X, sum.Y, sum.Both = sum.X+n[0], sum.Y+n[1], sum.Both+n[2]
	return nil
}
