package domain

import (
	"context"
	"sync"
)

// publisher moves the outbox into the log for all that wait for it at a time: the
// first does it for those that came by then, and hands the next turn to the first
// of those that came meanwhile. Many acts at once so share the waits for the disk.
type publisher struct {
	work sync.Mutex // held while the outbox is moved

	mu      sync.Mutex
	busy    bool
	waiting []chan turn
}

// turn is what somebody who waited is told.
type turn struct {
	lead bool // it is theirs to publish, for themselves and all that wait
	err  error
}

// publish moves the outbox into the log. It returns once whatever was committed
// before the call is there, durably. It does not end with the caller's context:
// what is committed belongs into the log, and others wait for it too.
func (d *Domain) publish(ctx context.Context) error {
	p := &d.publishing
	p.mu.Lock()
	if p.busy {
		mine := make(chan turn, 1)
		p.waiting = append(p.waiting, mine)
		p.mu.Unlock()
		if t := <-mine; !t.lead {
			return t.err
		}
		p.mu.Lock()
	}
	p.busy = true
	group := p.waiting
	p.waiting = nil
	p.mu.Unlock()

	err := d.publishAll(context.WithoutCancel(ctx))

	for _, x := range group {
		x <- turn{err: err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.busy = false
		return err
	}
	next := p.waiting[0]
	p.waiting = p.waiting[1:]
	next <- turn{lead: true}
	return err
}

func (d *Domain) publishAll(ctx context.Context) error {
	d.publishing.work.Lock()
	defer d.publishing.work.Unlock()
	d.turning.RLock()
	defer d.turning.RUnlock()
	return d.Store.Publish(ctx, d.log)
}
