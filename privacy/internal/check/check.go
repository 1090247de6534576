// Package check is what the tests of package privacy and of those below it share:
// statistical checks of a known false-alarm rate, laws by other ways of
// computing, and values of other libraries.
package check

import (
	"math"
	"testing"

	"glovebox.example/glovebox"
)

// Alarm is the probability with which one statistical check fails although
// everything is right. The checks of one run, of all these packages, number well
// below 5,000, so a run raises a false alarm with a probability below 5e-7. Noise
// in those tests comes from the operating system, so every run is a new one.
const Alarm = 1e-10

// Share fails if k successes in n independent trials are too unlikely for
// a success probability in [low, high]. By Chernoff's bound the probability of
// a share that far from p or farther is at most exp(-n*KL(k/n, p)) on each side,
// so this is no approximation.
func Share(t *testing.T, what string, k, n int, low, high float64) {
	t.Helper()
	share := float64(k) / float64(n)
	p := math.Min(math.Max(share, low), high)
	if float64(n)*divergence(share, p) > math.Log(2/Alarm) {
		t.Errorf("%s: %d of %d, a share of %.6g, for a probability in [%.6g, %.6g]", what, k, n, share, low, high)
	}
}

// divergence is the Kullback-Leibler divergence of Bernoulli(q) from Bernoulli(p).
func divergence(q, p float64) float64 {
	term := func(q, p float64) float64 {
		if q == 0 {
			return 0
		}
		return q * math.Log(q/p)
	}
	return term(q, p) + term(1-q, 1-p)
}

// Must returns v, or stops the test that set up something impossible.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Code fails if the error has another code.
func Code(t *testing.T, what string, err error, code glovebox.Code) {
	t.Helper()
	if glovebox.CodeOf(err) != code {
		t.Errorf("%s: error %v, want code %s", what, err, code)
	}
}
