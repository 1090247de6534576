package crew

import (
	"context"
	"encoding/binary"
	"os"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// countWithin is how long a part may take to count.
const countWithin = 10 * time.Minute

// Count has a jailed worker count how a snapshot falls into the bins of a
// layout, part by part; open returns a part's descriptors, which Count closes.
// What the worker sends is checked for its form: every unit of a part is in
// one bin of each column. The counts are exact and not private.
func Count(ctx context.Context, l *fit.Layout, spec role.FitSpec, parts int, open func(part int) (work.Files, error)) ([]uint64, jail.Walls, error) {
	f, err := spec.Encode()
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	p, err := jail.Start(role.Fit, role.Frames(role.Fit), nil)
	if err != nil {
		return nil, 0, err
	}
	defer p.Close()
	stop := kill(ctx, p)
	defer stop()
	err = p.Send(role.MessageFit, nil, f)
	total := make([]uint64, l.Size())
	for part := 0; err == nil && part < parts; part++ {
		err = countPart(p, l, total, part, open)
	}
	switch {
	case err == nil:
		return total, p.Walls(), nil
	case context.Cause(ctx) != nil:
		return nil, 0, context.Cause(ctx)
	case glovebox.CodeOf(err) != "" && glovebox.CodeOf(err) != glovebox.CodeInternal:
		return nil, 0, err
	}
	return nil, 0, glovebox.Errorf(glovebox.CodeInternal, "the worker that counts was lost").
		WithFix("run it again: it is charged already and costs nothing more; `glovebox doctor` checks the machine")
}

func countPart(p *jail.Process, l *fit.Layout, total []uint64, part int, open func(int) (work.Files, error)) error {
	files, err := open(part)
	defer func() {
		for _, f := range []*os.File{files.Part, files.Sealed} {
			if f != nil {
				_ = f.Close() // a file in memory
			}
		}
	}()
	if err != nil {
		return err
	}
	data, list := role.PartData(part, []work.Files{files})
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
	if f.Kind != role.FramePartial || len(f.Payload) != 4+8*len(total) || binary.LittleEndian.Uint32(f.Payload) != uint32(part) {
		return jail.ErrFrame
	}
	counts := make([]uint64, len(total))
	for i := range counts {
		counts[i] = binary.LittleEndian.Uint64(f.Payload[4+8*i:])
	}
	if !l.Consistent(counts) {
		return jail.ErrFrame
	}
	for i, c := range counts {
		total[i] += c
	}
	return nil
}
