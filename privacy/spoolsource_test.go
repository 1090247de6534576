package privacy

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestSpoolSource: equal numbers, round and key draw the same noise, however
// they came together; any others draw another.
func TestSpoolSource(t *testing.T) {
	p, q := jobs()["no key"], check.Must(NewPlan(output(1, nil, unitCount, unitSum), laplace(1, 0), nil))
	r := rand.New(rand.NewPCG(21, 22))
	units := randomUnits(p, r, 90)
	spool := func(p *Plan, parts ...[]unitData) *Spool {
		s := p.NewSpool(nil)
		for _, u := range parts {
			if err := s.Add(bound(p, u)); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	wide := check.Must(mechanism.NewLaplace(new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 90))))
	word := func(s *Spool, key byte, round int) mechanism.Int128 {
		return wide.Draw(check.Must(s.Source([32]byte{key}, round)))
	}
	whole := spool(p, units)
	first := word(whole, 1, 3)
	if word(whole, 1, 3) != first || word(spool(p, units[60:], units[:60]), 1, 3) != first {
		t.Error("equal numbers draw different noise")
	}
	for what, other := range map[string]mechanism.Int128{
		"key": word(whole, 2, 3), "round": word(whole, 1, 4), "set of units": word(spool(p, units[1:]), 1, 3), "declaration": word(spool(q), 1, 3),
	} {
		if other == first {
			t.Errorf("another %s draws the same noise", what)
		}
	}
	if _, err := whole.Release(check.Must(mechanism.NewSource())); err != nil {
		t.Fatal(err)
	}
	_, err := whole.Source([32]byte{1}, 3)
	check.Code(t, "after the release", err, glovebox.CodeConflict)
}
