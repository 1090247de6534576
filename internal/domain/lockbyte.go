package domain

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// pollEvery is how often something that is taken is asked for again.
const pollEvery = 20 * time.Millisecond

// lockByte locks one byte of a file of the domain, for as long as the returned
// file is open, or returns nil if somebody holds it. The kernel lets go of it
// when the process ends, however it ends.
func (d *Domain) lockByte(name string, at int64) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(d.Dir, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: d.Dir, Msg: "the domain cannot be written"}).WithFix("use the account that owns it")
	}
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Whence: 0, Start: at, Len: 1})
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES):
		return nil, f.Close()
	}
	return nil, errors.Join(glovebox.Errorf(glovebox.CodeInternal, "a part of %s cannot be locked", name).Because(err), f.Close())
}

// freeByte lets go of a locked byte. Closing the file alone would not, for as long
// as a process that is being started elsewhere in this one has the file too.
func freeByte(f *os.File) {
	_ = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_UNLCK, Whence: 0})
	_ = f.Close() // of an unwritten file
}

// await calls free until it says true. what is what is waited for.
func await(ctx context.Context, what string, free func() (bool, error)) error {
	for {
		if ok, err := free(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return glovebox.Errorf(glovebox.CodeInternal, "gave up waiting for %s", what).Because(ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}
