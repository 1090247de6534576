package domain

import (
	"math"

	"golang.org/x/sys/unix"
)

// Bounds of the disk that running jobs take for keys beyond their memory.
const (
	// MaxDiskGiB is the most that domain.json may ask for.
	MaxDiskGiB = 1 << 20
	// DefaultDisk, in bytes, is what they take together where domain.json does not
	// say, or a quarter of the domain's file system where that is less.
	DefaultDisk = 64 << 30
)

// RunDisk is how many bytes of disk one run may take: its share among MaxRuns of
// what all runs together may take. So nobody fills the disk, however many jobs
// they run at once, and how much one has does not depend on what others do.
func (d *Domain) RunDisk() int64 { return d.MaxDisk / int64(d.MaxRuns) }

// defaultDisk is MaxDisk where domain.json does not say, and defaultStored is
// MaxStored. They follow from the size of the file system, not from what is free
// on it.
func defaultDisk(dir string) int64   { return diskFor(fileSystem(dir)) }
func defaultStored(dir string) int64 { return storedFor(fileSystem(dir)) }

// fileSystem is the size of dir's file system in bytes; the largest number where
// the kernel does not say.
func fileSystem(dir string) uint64 {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return math.MaxUint64
	}
	return s.Blocks * uint64(s.Bsize)
}

func diskFor(bytes uint64) int64   { return int64(min(DefaultDisk, bytes/4)) }
func storedFor(bytes uint64) int64 { return int64(min(DefaultStored, bytes/16)) }
