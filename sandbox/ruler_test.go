package sandbox

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a hostile module may cost, in what this machine takes for simple work at
// that moment. No figure here is a time: a machine that is three times slower,
// or busy with other work, is slower at both.
const (
	evilFuelOfMiss = 1.0 / 3 // of a load that misses every cache, for each fuel
	evilPage       = 12      // touches of a fresh page, for each page of 4 KiB
	evilPages      = 1_000   // pages beyond those of the manifest
	evilAdmit      = 100     // walks, to admit a module of 1 MiB or less
	evilCompile    = 5_000   // walks, to compile it
)

// ruler is what simple work takes on this machine, in CPU time. A measurement
// is worth something beside another of the same moment only.
type ruler struct {
	miss float64 // one load that misses every cache, and finds no translation of its address
	page float64 // to get a fresh page, touch it and give it back
	walk float64 // to hash 1 MiB, byte by byte
}

// rulerBytes is the memory in which misses are measured, the largest of a guest.
const rulerBytes = 64 << 20

// rulers measures.
type rulers struct {
	wide   []byte // nil: only the walk is measured
	narrow []byte
	now    ruler
	sum    uint64 // so that no loop is left out
}

func newRulers(t *testing.T) *rulers {
	r := &rulers{narrow: make([]byte, 1<<20)}
	r.measure(t)
	return r
}

// widen takes the memory in which misses are measured, before that of a guest is.
func (r *rulers) widen(t *testing.T) {
	t.Helper()
	r.wide = pagesOf(t, rulerBytes)
	for i := 0; i < len(r.wide); i += 1 << 12 {
		r.wide[i] = 1
	}
	r.measure(t)
}

// pagesOf maps fresh memory in small pages, as a guest's are.
func pagesOf(t *testing.T, n int) []byte {
	t.Helper()
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	_ = unix.Madvise(b, unix.MADV_NOHUGEPAGE) // a kernel without large pages says no
	return b
}

// measure takes some milliseconds.
func (r *rulers) measure(t *testing.T) {
	t.Helper()
	from := cpu(t)
	h := r.sum
	for _, b := range r.narrow {
		h = (h ^ uint64(b)) * 1099511628211
	}
	r.sum = h
	at := cpu(t)
	r.now.walk = float64(at - from)
	if r.wide == nil {
		return
	}
	const loads, pages = 10_000, 1 << 10
	a := uint32(h)
	from = cpu(t)
	for range loads {
		a = (a+uint32(r.wide[a&(rulerBytes-4)]))*1664525 + 1013904223
	}
	r.sum += uint64(a)
	at = cpu(t)
	r.now.miss = float64(at-from) / loads
	fresh := pagesOf(t, pages<<12)
	for i := range pages {
		fresh[i<<12] = 1
	}
	if err := unix.Munmap(fresh); err != nil {
		t.Fatal(err)
	}
	r.now.page = float64(cpu(t)-at) / pages
}

// share is how much of what it may take something took: above 1 it is too much.
// What looks like too much is held against a second measurement too, taken now.
func (r *rulers) share(t *testing.T, took time.Duration, may func(ruler) float64) float64 {
	t.Helper()
	s := float64(took) / may(r.now)
	if s > 0.5 {
		r.measure(t)
		s = min(s, float64(took)/may(r.now))
	}
	return s
}

// unitMay is what a unit may take that used so much fuel, of a module of so many
// pages: what it runs, the pages that it touches, and that they are put back.
func unitMay(fuel int64, pages int) func(ruler) float64 {
	return func(r ruler) float64 {
		return float64(fuel)*evilFuelOfMiss*r.miss + float64(pages<<4+evilPages)*evilPage*r.page
	}
}

func admitMay(r ruler) float64   { return evilAdmit * r.walk }
func compileMay(r ruler) float64 { return evilCompile * r.walk }
