package domain

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glovebox"
)

// claimFile is locked byte by byte: one byte for each job that runs.
const claimFile = "jobs.lock"

// Claim is one process's right to run a job. The kernel takes it back when the
// process ends, however it ends.
type Claim struct{ f *os.File }

// Release gives the job free.
func (c *Claim) Release() { _ = c.f.Close() } // closing an unwritten file

// Claim takes a job to run, or returns nil if somebody runs it already.
func (d *Domain) Claim(job string) (*Claim, error) {
	at, err := strconv.ParseUint(strings.TrimPrefix(job, "j-"), 16, 64)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "%q is not the name of a job", job)
	}
	f, err := os.OpenFile(filepath.Join(d.Dir, claimFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: d.Dir, Msg: "the domain cannot be written"}).WithFix("use the account that owns it")
	}
	// Two jobs on one byte, once in 2^62 pairs, wait for each other.
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Whence: 0, Start: int64(at >> 2), Len: 1})
	switch {
	case err == nil:
		return &Claim{f}, nil
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES):
		return nil, f.Close()
	}
	return nil, errors.Join(glovebox.Errorf(glovebox.CodeInternal, "a job cannot be claimed").Because(err), f.Close())
}

// AwaitClaim waits until nobody runs the job.
func (d *Domain) AwaitClaim(ctx context.Context, job string) error {
	for {
		c, err := d.Claim(job)
		if err != nil {
			return err
		}
		if c != nil {
			c.Release()
			return nil
		}
		select {
		case <-ctx.Done():
			return glovebox.Errorf(glovebox.CodeInternal, "gave up waiting for job %s, which is running", job).Because(ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
