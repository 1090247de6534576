package domain

import (
	"context"
	"os"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
)

// claimFile is locked byte by byte: one byte for each job that runs.
const claimFile = "jobs.lock"

// Claim is one process's right to run a job. The kernel takes it back when the
// process ends, however it ends.
type Claim struct{ f *os.File }

// Close gives the job free.
func (c *Claim) Close() { freeByte(c.f) }

// Claim takes a job to run, or returns nil if somebody runs it already. What
// was known of the job before may have changed until then.
func (d *Domain) Claim(job string) (*Claim, error) {
	at, err := strconv.ParseUint(strings.TrimPrefix(job, "j-"), 16, 64)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "%q is not the name of a job", job)
	}
	// Two jobs on one byte, once in 2^62 pairs, wait for each other.
	f, err := d.lockByte(claimFile, int64(at>>2))
	if f == nil {
		return nil, err
	}
	return &Claim{f}, nil
}

// AwaitClaim waits until nobody runs the job.
func (d *Domain) AwaitClaim(ctx context.Context, job string) error {
	return await(ctx, "job "+job+", which is running", func() (bool, error) {
		c, err := d.Claim(job)
		if c != nil {
			c.Close()
		}
		return c != nil, err
	})
}
