package crew

import (
	"errors"

	"glovebox.example/glovebox/internal/worker/jail"
)

// pieces are what came of a part that is too large for one frame. They wait on
// the disk until the part is complete: a worker can be lost before that, and
// then the part is done again from its beginning.
type pieces struct {
	make  func() (Spool, error)
	spool Spool // nil: none came
}

// add takes a Piece frame.
func (p *pieces) add(payload []byte, part int) (err error) {
	data, ok := ofPart(payload, part)
	if !ok {
		return &lost{jail.ErrFrame.Error()}
	}
	if p.spool == nil {
		if p.spool, err = p.make(); err != nil {
			return err
		}
	}
	return p.spool.Append(data)
}

// handOver is done, and bytes that are no partial aggregate are a lost worker.
func (p *pieces) handOver(group int, rest []byte, t *Task) error {
	err := p.done(group, rest, t)
	if errors.Is(err, ErrPartial) {
		return &lost{ErrPartial.Error()}
	}
	return err
}

// done hands over the pieces and the rest of the part, all or nothing: they
// are looked at before the first of them counts.
func (p *pieces) done(group int, rest []byte, t *Task) error {
	if p.spool == nil {
		return t.Done(group, rest, true)
	}
	if err := p.spool.Each(t.Check); err != nil {
		return err
	}
	if err := t.Check(rest); err != nil {
		return err
	}
	if err := p.spool.Each(func(data []byte) error { return t.Done(group, data, false) }); err != nil {
		return err
	}
	return t.Done(group, rest, true)
}

func (p *pieces) close() {
	if p.spool != nil {
		_ = p.spool.Close() // a file without a name
	}
}
