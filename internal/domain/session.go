package domain

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"golang.org/x/sys/unix"
)

// apartAfter is how long a session that steps apart keeps the writer's lock.
// Giving it up and taking it again costs more than a short piece of work.
const apartAfter = 100 * time.Millisecond

// Session is one piece of work on a domain: while it lasts, no other process
// writes to the domain, but for the time that the session steps apart. Several
// goroutines may have sessions of one Domain at once.
type Session struct {
	d    *Domain
	in   bool
	left bool // the last step apart gave up the lock
}

// Enter begins a session.
func (d *Domain) Enter(ctx context.Context) (*Session, error) {
	s := &Session{d: d}
	return s, s.enter(ctx)
}

// End ends a session; a second call does nothing.
func (s *Session) End() {
	if s.in {
		s.in = false
		s.d.leave(false)
	}
}

// Apart runs fn, which must not write to the domain, and lets other processes
// write meanwhile: from a fixed time after its start on, so that when the lock
// is given up tells nothing about fn. The rules and records may have changed
// when it returns, if the session Left.
func (s *Session) Apart(ctx context.Context, fn func() error) error {
	s.in, s.left = false, false
	left := make(chan struct{})
	timer := time.AfterFunc(apartAfter, func() { s.d.leave(true); close(left) })
	err := fn()
	if timer.Stop() {
		s.in = true
		return err
	}
	<-left
	s.left = true
	return errors.Join(err, s.back(ctx))
}

// Left says whether the lock was given up while the session was apart last: if
// not, nobody has written meanwhile.
func (s *Session) Left() bool { return s.left }

// back enters again after a step apart.
func (s *Session) back(ctx context.Context) error {
	err := s.enter(ctx)
	s.d.mu.Lock()
	s.d.apart--
	s.d.mu.Unlock()
	return err
}

// enter takes the writer's lock if this process has given it up, and finishes
// what another process left that was killed.
func (s *Session) enter(ctx context.Context) error {
	d := s.d
	if d.logKey.Load() == nil || d.readOnly {
		return glovebox.Errorf(glovebox.CodeInternal, "the domain is open for reading only")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log == nil {
		if err := d.take(ctx); err != nil {
			return err
		}
	}
	d.inside++
	s.in = true
	return nil
}

// leave ends a session's presence. The lock is given up when nobody of this
// process is inside any more and somebody is apart.
func (d *Domain) leave(apart bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	if apart {
		d.apart++
	}
	if d.inside == 0 && d.apart > 0 {
		// What could not be signed is signed when the log is opened again.
		_ = d.give()
	}
}

// take takes the lock, opens the log and puts into it what waits for that.
func (d *Domain) take(ctx context.Context) (err error) {
	if d.lock, err = lock(ctx, filepath.Join(d.Dir, lockFile), nil); err != nil {
		return err
	}
	if err = d.rekey(ctx); err == nil {
		d.log, err = audit.Open(ctx, d.LogDir(), d.logKey.Load(), nil)
	}
	if err == nil {
		err = d.Store.Publish(ctx, d.log)
	}
	if err != nil {
		return errors.Join(err, d.give())
	}
	return nil
}

// give closes the log and gives up the lock.
func (d *Domain) give() error {
	var errs []error
	if d.log != nil {
		// The last checkpoint must be signed even if the caller was interrupted.
		errs = append(errs, d.log.Close(context.Background()))
	}
	if d.lock != nil {
		// Closing alone would leave the lock with a process that is being started.
		_ = unix.Flock(int(d.lock.Fd()), unix.LOCK_UN)
		errs = append(errs, d.lock.Close())
	}
	d.log, d.lock = nil, nil
	return errors.Join(errs...)
}

// rekey takes the signing key anew: another process may have replaced it.
func (d *Domain) rekey(ctx context.Context) error {
	if err := d.Vault.Reload(); err != nil {
		return err
	}
	return d.openKeys(ctx)
}
