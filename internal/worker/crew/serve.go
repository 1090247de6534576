package crew

import (
	"context"
	"encoding/binary"
	"os"
	"time"

	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// try works on one group, with the worker p or a new one if it is nil, and gives
// its answer to take. It returns the worker, which is nil only if none was
// started.
func (r *run) try(ctx context.Context, p *jail.Process, number int, take func(partial []byte, number int, pieces *pieces) error) (*jail.Process, error) {
	if p == nil {
		var err error
		if p, err = r.begin(ctx); err != nil {
			return p, err
		}
	}
	stop := kill(ctx, p)
	defer stop()
	pieces := &pieces{make: r.t.Spool}
	defer pieces.close()
	var answer []byte
	for i := range r.per {
		var err error
		if answer, err = r.part(ctx, p, number*r.per+i, i == r.per-1, pieces); err != nil {
			return p, err
		}
	}
	return p, take(answer, number, pieces)
}

// patience is how long a worker may show no progress.
func (r *run) patience(p *jail.Process) time.Duration {
	if r.c.o.patience != nil {
		return r.c.o.patience(p)
	}
	return r.silence
}

// part hands a part to a worker and waits for its answer: a partial aggregate
// after the last part of a group, nothing after the others.
func (r *run) part(ctx context.Context, p *jail.Process, part int, last bool, pieces *pieces) ([]byte, error) {
	var files []work.Files
	defer func() {
		for _, f := range files {
			for _, x := range []*os.File{f.Part, f.Sealed} {
				if x != nil {
					_ = x.Close() // a file in memory
				}
			}
		}
	}()
	for _, name := range r.t.Job.Part(r.t.Inputs, part) {
		f, err := r.t.Open(ctx, name)
		files = append(files, f)
		if err != nil {
			return nil, err
		}
	}
	data, list := role.PartData(part, files)
	if p.Send(role.MessagePart, data, list...) != nil {
		return nil, &lost{jail.ErrGone.Error()}
	}
	for range maxBeats {
		f, err := p.Next(r.patience(p))
		switch {
		case err != nil:
			return nil, &lost{err.Error()}
		case f.Kind == jail.Beat:
			continue
		case f.Kind == jail.Failure:
			return nil, failure(f)
		case f.Kind == role.FrameReady && !last:
			return nil, nil
		case f.Kind == role.FramePiece && r.per == 1:
			if err := pieces.add(f.Payload, part); err != nil {
				return nil, err
			}
			continue
		case f.Kind == role.FramePartial && last:
			if rest, ok := ofPart(f.Payload, part); ok {
				return rest, nil
			}
		}
		return nil, &lost{jail.ErrFrame.Error()}
	}
	return nil, &lost{jail.ErrHang.Error()}
}

// take hands a group's answer on.
func (r *run) take(partial []byte, number int, pieces *pieces) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := pieces.handOver(number, partial, r.t); err != nil {
		return err
	}
	if r.left--; r.left == 0 {
		close(r.done)
	}
	return nil
}

// ofPart returns the partial aggregate in a frame.
func ofPart(payload []byte, part int) ([]byte, bool) {
	if len(payload) < 4 || binary.LittleEndian.Uint32(payload) != uint32(part) {
		return nil, false
	}
	return payload[4:], true
}

// begin makes a worker ready for parts.
func (r *run) begin(ctx context.Context) (*jail.Process, error) {
	p, err := r.c.worker()
	if err != nil {
		return nil, err
	}
	stop := kill(ctx, p)
	defer stop()
	files := []*os.File{r.spec}
	if r.t.Code != nil {
		files = append(files, r.t.Code)
	}
	if p.Send(role.MessageJob, nil, files...) != nil {
		return p, &lost{jail.ErrGone.Error()}
	}
	f, err := p.Next(r.patience(p))
	switch {
	case err != nil:
		return p, &lost{err.Error()}
	case f.Kind == jail.Failure:
		return p, failure(f)
	case f.Kind != jail.Sealed:
		return p, &lost{jail.ErrFrame.Error()}
	}
	f, err = p.Next(r.patience(p))
	switch {
	case err != nil:
		return p, &lost{err.Error()}
	case f.Kind == jail.Failure:
		return p, failure(f)
	case f.Kind != role.FrameReady:
		return p, &lost{jail.ErrFrame.Error()}
	}
	return p, nil
}

// failure is what a worker says about itself, in words of ours. It is believed
// only as far as a lost worker is: the same part may go well with another.
func failure(f jail.Frame) error {
	if why := jail.Fault(f.Payload[0]); why.Known() {
		return &lost{why.String()}
	}
	return &lost{jail.ErrFrame.Error()}
}
