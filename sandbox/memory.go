package sandbox

import (
	"sync"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// linear is a guest's memory: address space reserved once for all that the
// guest may ever have, so that growing copies nothing and the memory never
// moves. Pages take room only once they are written. It implements wazero's
// LinearMemory.
type linear struct {
	buf  []byte
	free sync.Once
}

func newLinear(bytes int) (*linear, error) {
	b, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot reserve %d bytes of guest memory", bytes).Because(err)
	}
	return &linear{buf: b}, nil
}

// Reallocate returns the first size bytes, or nil beyond the reservation.
func (l *linear) Reallocate(size uint64) []byte {
	if size > uint64(len(l.buf)) {
		return nil
	}
	return l.buf[:size:len(l.buf)]
}

// Free gives the memory back. Both the runtime and the guest may call it, and
// the runtime does not where instantiation fails.
func (l *linear) Free() {
	l.free.Do(func() {
		b := l.buf
		l.buf = nil
		// Unmapping a mapping of our own cannot fail.
		_ = unix.Munmap(b)
	})
}
