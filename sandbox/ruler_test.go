package sandbox

import (
	"runtime"
	"testing"
	"time"

	"glovebox.example/glovebox/sandbox/wasmbin"
)

// What a hostile module may cost, in what this machine takes for simple work at
// that moment; Rates.Unit says what a unit may. No figure here is a time: a
// machine that is three times slower, or busy with other work, is slower at
// both.
const (
	evilAdmit   = 100   // walks, to admit a module of 1 MiB or less
	evilCompile = 5_000 // walks, to compile it
)

// rulers measures simple work on this machine. A measurement is worth something
// beside another of the same moment only.
type rulers struct {
	wide   []byte // nil: only the walk is measured
	narrow []byte
	rates  Rates
	walk   float64 // seconds to hash 1 MiB, byte by byte
	sum    uint64  // so that no loop is left out
}

func newRulers(t *testing.T) *rulers {
	r := &rulers{narrow: make([]byte, 1<<20)}
	r.measure(t)
	return r
}

// widen takes the memory in which loads are measured, before that of a guest is.
func (r *rulers) widen(t *testing.T, pages int) {
	t.Helper()
	var err error
	if r.wide, err = smallPagesOf(pages * wasmbin.PageBytes); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(r.wide); i += osPage {
		r.wide[i] = 1
	}
	r.measure(t)
}

// measure takes some milliseconds.
func (r *rulers) measure(t *testing.T) {
	t.Helper()
	from := cpu(t)
	for _, b := range r.narrow {
		r.sum = (r.sum ^ uint64(b)) * 1099511628211
	}
	r.walk = (cpu(t) - from).Seconds()
	if r.wide == nil {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var err error
	if r.rates, err = measureRates(r.wide); err != nil {
		t.Fatal(err)
	}
}

// share is how much of what it may take something took: above 1 it is too much.
// What looks like too much is held against a second measurement too, taken now.
func (r *rulers) share(t *testing.T, took time.Duration, may func() float64) float64 {
	t.Helper()
	s := took.Seconds() / may()
	if s > 0.5 {
		r.measure(t)
		s = min(s, took.Seconds()/may())
	}
	return s
}

// unitMay is what a unit may take that used so much fuel, of a module of so many
// pages.
func (r *rulers) unitMay(fuel int64, pages int) func() float64 {
	return func() float64 { return r.rates.Unit(fuel, pages) }
}

func (r *rulers) admitMay() float64   { return evilAdmit * r.walk }
func (r *rulers) compileMay() float64 { return evilCompile * r.walk }
