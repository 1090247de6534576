package sandbox

import (
	"runtime"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// Rates are what simple work takes on this machine at this moment, in seconds
// of processor time. They bound from above what any module takes: what a load
// costs depends on data, and what a page costs on the kernel, so fuel, which
// must depend on neither, is no measure of time.
type Rates struct {
	// Load is one load from a place that nothing foretells, in a memory as
	// large as the module's: where that is large, it misses every cache.
	Load float64
	// Page is to get a fresh page of 4 KiB, touch it and give it back.
	Page float64
}

// How much simple work a module can make of its fuel and its pages. The hostile
// suite holds every module to these, and every machine that runs it.
const (
	// UsualFuel is what one fuel takes of a core in seconds, but for loads that
	// miss every cache; RATIONALE.md has the table.
	UsualFuel = 0.35e-9

	loadsPerFuel  = 1.5     // a chain of loads pays one fuel each, a call of the host 300
	touchesOfPage = 8       // to touch a page of the guest, and to put it back
	smallPages    = 32      // the boundary itself: window, output, what every unit leaves
	stackPages    = 1_000   // the host stack, which grows with the calls
	stackPerFuel  = 1. / 64 // pages of it for each fuel
)

// Unit bounds the seconds of processor time that a guest takes for one unit: to
// run with so much fuel in a memory of so many pages of 64 KiB, and to be put
// back. Starts of guests and the host's reading of data are not in it.
func (r Rates) Unit(fuel int64, pages int) float64 {
	touched := float64(pages*(wasmbin.PageBytes/osPage)) + smallPages + min(stackPages, float64(fuel)*stackPerFuel)
	return float64(fuel)*loadsPerFuel*r.Load + touched*touchesOfPage*r.Page
}

// MeasureRates measures for a memory of so many pages of 64 KiB, 1 to 1024. It
// takes some milliseconds, and as much memory as it measures for. What other
// work of the machine does to caches and memory meanwhile is in the rates.
func MeasureRates(pages int) (Rates, error) {
	if pages < 1 || pages > abi.MaxPages {
		return Rates{}, glovebox.Errorf(glovebox.CodeInternal, "rates for %d pages of memory", pages)
	}
	// The clock is that of the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	wide, err := smallPagesOf(pages * wasmbin.PageBytes)
	if err != nil {
		return Rates{}, err
	}
	defer func() { _ = unix.Munmap(wide) }()
	for i := 0; i < len(wide); i += osPage {
		wide[i] = 1
	}
	return measureRates(wide)
}

// measureRates measures in memory that is in use.
func measureRates(wide []byte) (r Rates, err error) {
	const loads, fresh = 10_000, 1 << 10
	var clock threadClock
	a := uint32(1)
	size := uint32(len(wide))
	clock.start()
	for range loads {
		a = (a+uint32(wide[uint64(a)*uint64(size)>>32]))*1664525 + 1013904223
	}
	r.Load = clock.stop() / loads
	runtime.KeepAlive(a) // so that the loop is not left out
	clock.start()
	b, err := smallPagesOf(fresh * osPage)
	if err != nil {
		return r, err
	}
	for i := range fresh {
		b[i*osPage] = 1
	}
	err = unix.Munmap(b)
	r.Page = clock.stop() / fresh
	if err == nil {
		err = clock.err
	}
	if err != nil {
		return r, glovebox.Errorf(glovebox.CodeInternal, "what this machine takes for simple work cannot be measured").Because(err)
	}
	return r, nil
}

// smallPagesOf maps fresh memory in small pages, as a guest's are.
func smallPagesOf(n int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no memory to measure this machine with").Because(err)
	}
	_ = unix.Madvise(b, unix.MADV_NOHUGEPAGE) // a kernel without large pages says no
	return b, nil
}

// threadClock counts the processor time of a thread, in seconds.
type threadClock struct {
	at  float64
	err error
}

func (c *threadClock) now() float64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		c.err = err
	}
	return float64(ts.Nano()) / 1e9
}

func (c *threadClock) start()        { c.at = c.now() }
func (c *threadClock) stop() float64 { return c.now() - c.at }
