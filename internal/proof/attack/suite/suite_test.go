package main

import (
	"math/big"
	"testing"

	"glovebox.example/glovebox/internal/proof/attack"
)

// The audits of this package raise a false alarm with a probability of 1e-8
// each; a run of the tests has fewer than 50.

// TestAuditShort is make audit with few samples: a gross fault of any
// mechanism, or of a job, raises an alarm here already.
func TestAuditShort(t *testing.T) {
	rows := audit(targets(20_000))
	if len(rows) > attack.MaxAudits {
		t.Fatalf("%d audits, the false alarm rate is stated for %d", len(rows), attack.MaxAudits)
	}
	for i := range rows {
		if text, ok := rows[i].verdict(); !ok {
			t.Errorf("%s: %s (%+v)", rows[i].name, text, rows[i].found)
		}
	}
}

// TestLaplaceIsTight: of a million samples a side the auditor proves 95 % of
// what discrete Laplace noise loses, and never more than that. The share is
// 0.988 with a standard deviation of 0.002.
func TestLaplaceIsTight(t *testing.T) {
	r := laplaceAudit(t, big.NewRat(1, 1), 1)
	if r.Alarm() || r.Share() < 0.95 {
		t.Errorf("at least %.4f of 1", r.Bound)
	}
}

// TestUnderNoiseIsCaught: noise that is 2 % too small. The bound comes out 8
// standard deviations above the claim.
func TestUnderNoiseIsCaught(t *testing.T) {
	if r := laplaceAudit(t, big.NewRat(200, 98), 2); !r.Alarm() {
		t.Errorf("at least %.4f, claimed %g", r.Bound, r.Claim.Epsilon)
	}
}

// laplaceAudit audits noise made for one epsilon under the claim of another.
func laplaceAudit(t *testing.T, made *big.Rat, claimed float64) *attack.Result {
	t.Helper()
	l, err := laplace("", made, 1, 0, attack.DefaultSamples)
	if err != nil {
		t.Fatal(err)
	}
	l.claim.Epsilon = claimed
	r, err := l.run()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
