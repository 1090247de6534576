package domain

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// placeFile is locked byte by byte: one byte for each run at a time.
const placeFile = "runs.lock"

// Bounds of how many jobs run at once.
const (
	// MaxRunsBound is the most that domain.json may ask for.
	MaxRunsBound = 1000
	// RunMemory is what the workers of one run and its supervisor may need
	// together, in bytes: a job over the data of a city stays below.
	RunMemory = 2 << 30
)

// defaultRuns is how many jobs run at once where domain.json does not say: as
// many as the machine has cores, which further runs would only share, or fewer
// if its memory holds RunMemory fewer times; one at least.
func defaultRuns() int { return runsFor(runtime.NumCPU(), memory()) }

func runsFor(cores int, bytes uint64) int {
	return int(max(1, min(uint64(cores), bytes/RunMemory, MaxRunsBound)))
}

// memory is that of the machine, or of the container that this process is in.
func memory() uint64 {
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) != nil {
		return 0
	}
	all := s.Totalram * uint64(s.Unit)
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil { // "max" is no number
			all = min(all, n)
		}
	}
	return all
}

// Place is one of the MaxRuns places of jobs that run. The kernel takes it back
// when the process ends, however it ends.
type Place struct{ f *os.File }

// Close gives the place free.
func (p *Place) Close() { freeByte(p.f) }

// Place takes a place, or returns nil if all are taken.
func (d *Domain) Place() (*Place, error) {
	for i := range d.MaxRuns {
		f, err := d.lockByte(placeFile, int64(i))
		if err != nil {
			return nil, err
		}
		if f != nil {
			return &Place{f}, nil
		}
	}
	return nil, nil
}

// AwaitPlace waits until a place is free. Who gets it, of several who wait, is
// not said.
func (d *Domain) AwaitPlace(ctx context.Context) error {
	return await(ctx, "a place: as many jobs run as the domain allows", func() (bool, error) {
		p, err := d.Place()
		if p != nil {
			p.Close()
		}
		return p != nil, err
	})
}
