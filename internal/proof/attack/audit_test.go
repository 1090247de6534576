package attack

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// coin is randomised response: it tells its side with a probability of p.
func coin(p float64) Draw {
	return func(side int) (Output, error) {
		if rand.Float64() >= p {
			side = 1 - side
		}
		return Output{float64(side)}, nil
	}
}

// TestAuditOfRandomisedResponse: the loss is ln(p/(1-p)), and the bound comes
// near it from below, or passes the claim if that is too low. A false alarm has
// a probability of 1e-8.
func TestAuditOfRandomisedResponse(t *testing.T) {
	loss := math.Log(3)
	for _, c := range []struct {
		claim float64
		alarm bool
	}{{loss, false}, {0.95 * loss, true}, {2 * loss, false}} {
		r, err := Audit(Claim{Epsilon: c.claim}, coin(0.75), &Options{Samples: 200_000})
		if err != nil {
			t.Fatal(err)
		}
		if r.Alarm() != c.alarm || r.Bound > loss || r.Bound < 0.95*loss {
			t.Errorf("claim %.3f: at least %.4f, the loss is %.4f", c.claim, r.Bound, loss)
		}
	}
}

// TestDeltaIsAllowed: what happens with a probability of delta on one side
// alone proves nothing; twice that does.
func TestDeltaIsAllowed(t *testing.T) {
	leak := func(p float64) Draw {
		return func(side int) (Output, error) {
			if side == 1 && rand.Float64() < p {
				return Output{1}, nil
			}
			return Output{0}, nil
		}
	}
	for p, alarm := range map[float64]bool{0.01: false, 0.02: true} {
		r, err := Audit(Claim{Epsilon: 1, Delta: 0.01}, leak(p), &Options{Samples: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		if r.Alarm() != alarm {
			t.Errorf("a leak of probability %g: at least %.3f", p, r.Bound)
		}
	}
}

// TestEventsOfEachKind: leaks of different shapes are each seen by the feature
// that is made for it.
func TestEventsOfEachKind(t *testing.T) {
	flat := rand.Float64
	for want, draw := range map[string]Draw{
		"figure": func(side int) (Output, error) { return Output{flat() + float64(side)}, nil },
		"last bits": func(side int) (Output, error) {
			return Output{math.Floor(flat()*64)/64 + float64(side)*math.Ldexp(1, -30)}, nil
		},
		"difference": func(side int) (Output, error) { x := 100 * flat(); return Output{x, x + float64(side)}, nil },
		"likelihood": func(side int) (Output, error) {
			o := make(Output, 12)
			for i := range o {
				o[i] = float64(rand.IntN(1000) + side*(100-200*(i%2)))
			}
			return o, nil
		},
	} {
		r, err := Audit(Claim{Epsilon: 0.1}, draw, &Options{Samples: 20_000})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Alarm() || r.Event != want {
			t.Errorf("%s: %+v", want, r)
		}
	}
}

// TestFalseAlarms: of many audits of a mechanism that leaks just what it
// claims, with an alpha large enough to be hit, no more than alpha of them
// alarm. By Chernoff's bound 60 or more of 400 at 0.05 have a probability below
// 1e-10.
func TestFalseAlarms(t *testing.T) {
	alarms := 0
	for range 400 {
		r, err := Audit(Claim{Epsilon: math.Log(3)}, coin(0.75), &Options{Samples: 2000, Alpha: 0.05})
		if err != nil {
			t.Fatal(err)
		}
		if r.Alarm() {
			alarms++
		}
	}
	if alarms >= 60 {
		t.Errorf("%d of 400 audits raised a false alarm", alarms)
	}
}

func TestAuditRefuses(t *testing.T) {
	ok := Claim{Epsilon: 1}
	for what, c := range map[string]Claim{"no epsilon": {}, "not a number": {Epsilon: math.NaN()}, "delta of one": {Epsilon: 1, Delta: 1}} {
		if _, err := Audit(c, coin(0.5), nil); err == nil {
			t.Errorf("%s is no claim", what)
		}
	}
	if _, err := Audit(ok, coin(0.5), &Options{Samples: -1}); err == nil {
		t.Error("fewer than no samples")
	}
	if _, err := Audit(ok, coin(0.5), &Options{Alpha: 2}); err == nil {
		t.Error("an alpha above 1")
	}
	fail := errors.New("no output")
	if _, err := Audit(ok, func(int) (Output, error) { return nil, fail }, nil); !errors.Is(err, fail) {
		t.Errorf("got %v", err)
	}
}
