package jail

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Limits bound one worker. The zero value of a field means its default.
type Limits struct {
	// CPU is the worker's processor time in seconds. Default DefaultCPU.
	CPU uint64
	// Memory bounds, in bytes, the private memory that the worker can write
	// (RLIMIT_DATA: unlike RLIMIT_AS it does not count address space that
	// Go's runtime reserves and never touches; memory that is shared, which it
	// does not count either, cannot be had). Default DefaultMemory.
	Memory uint64
}

// Defaults of Limits and what is the same for all workers.
const (
	DefaultCPU    = 24 * 3600
	DefaultMemory = 4 << 30
	maxOpenFiles  = 256 // two descriptors an input and part, and the program's own
	maxThreads    = 128 // counted per account and user namespace
	cacheBytes    = MaxCached + 1<<20
	// MaxCached bounds, in bytes, each file that a compiler writes to CacheDir.
	MaxCached = 64 << 20
	// ScratchBytes bounds, in bytes, each file in memory that a loader writes.
	ScratchBytes = 64 << 20
)

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	if l.CPU == 0 {
		l.CPU = DefaultCPU
	}
	if l.Memory == 0 {
		l.Memory = DefaultMemory
	}
	return l
}

// set applies the limits that hold from the start. Threads are limited only
// where the worker has an account of its own.
func (l Limits) set(threads bool) error {
	lim := map[int]uint64{unix.RLIMIT_CPU: l.CPU, unix.RLIMIT_NOFILE: maxOpenFiles,
		unix.RLIMIT_CORE: noCore, unix.RLIMIT_MEMLOCK: 0, unix.RLIMIT_MSGQUEUE: 0}
	if threads {
		lim[unix.RLIMIT_NPROC] = maxThreads
	}
	return setLimits(lim)
}

// seal applies the others: until then the worker may write its code cache.
func (l Limits) seal(fileSize uint64) error {
	return setLimits(map[int]uint64{unix.RLIMIT_DATA: l.Memory, unix.RLIMIT_FSIZE: fileSize})
}

// setLimits sets limits, or keeps one that is lower already: whoever started
// this process may have bounded it, and nobody but root can raise that again.
func setLimits(lim map[int]uint64) error {
	var errs []error
	for what, n := range lim {
		var now unix.Rlimit
		if err := unix.Getrlimit(what, &now); err == nil {
			n = min(n, now.Max)
		}
		errs = append(errs, unix.Prlimit(0, what, &unix.Rlimit{Cur: n, Max: n}, nil))
	}
	return errors.Join(errs...)
}

// tight says whether this process was started under limits that a worker may not
// live under.
func tight() bool {
	for what, least := range map[int]uint64{unix.RLIMIT_AS: unix.RLIM_INFINITY, unix.RLIMIT_DATA: DefaultMemory, unix.RLIMIT_NOFILE: maxOpenFiles, unix.RLIMIT_NPROC: maxThreads} {
		var l unix.Rlimit
		if unix.Getrlimit(what, &l) == nil && l.Cur < least {
			return true
		}
	}
	return false
}

// noCore is a limit for core dumps below which there are none. 0 would not do:
// where the kernel hands dumps to a program (core_pattern with a pipe) it does
// not look at the limit, unless it is 1, which means none.
const noCore = 1

// NoCore keeps this process from leaving its memory, which may hold keys, on a
// disk when it crashes. Its workers never do.
func NoCore() error { return setLimits(map[int]uint64{unix.RLIMIT_CORE: noCore}) }
