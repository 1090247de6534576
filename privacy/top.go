package privacy

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/mechanism"
)

// MaxTop is the largest k of a top.
const MaxTop = 1000

// top is how the keys with the largest figures are found.
//
// Where keys are public, or k is not far below L0, all keys are released as
// without it and the table is cut, which is free. Else keys are chosen first, in k
// rounds of permute-and-flip among those that occur, by their exact scores; then
// only the chosen ones get figures. The price of a round does not depend on L0,
// because one unit raises every score by D at most and lowers none, and one unit
// has a part in the figures of k keys alone. Rounds need a wider gap between
// scores than noisy figures of the same scale; so they are taken where they make
// the noise of figures half as large, on average: Plan.addBudget.
//
// Which keys occur is private too: a key that one unit alone has must not show.
// So in every round there is one more candidate, no key at all, with a public
// score: threshold. If it is chosen, that is the end. Let D' have one unit more
// than D. Keys of that unit alone score D at most, so that each one's coin falls
// heads with probability exp(-epsilon*(threshold/D - 1)) at most, epsilon that of
// a round. There are L0 of them and k rounds, and
//
//	threshold >= D * (1 + ln(k*L0/delta)/epsilon)
//
// bounds the chance of any such head by delta. If there is none, D' is treated as
// if those keys did not exist: the candidates are those of D, and their scores
// differ as a round allows. Whatever those rounds choose, no head falls with a
// probability of 1-delta at least, because coins are independent. So M(D') is a
// mixture of a share 1-delta of a mechanism that is k*epsilon-differentially
// private (and k*epsilon^2/2-zCDP) beside M(D), and of delta of something else:
// (k*epsilon, delta)-differential privacy, and delta-approximate zCDP. This is
// the treatment of unknown domains of Durfee and Rogers, "Practical Differentially
// Private Top-k Selection with Pay-what-you-get Composition" (2019), with
// permute-and-flip in place of Gumbel noise.
type top struct {
	k, metric int
	rounds    bool // chosen before figures are made
	choice    *mechanism.Chooser
	epsilon   *big.Rat // of a round
	shift     uint     // of scores, to the right
	threshold int64    // score of no key
}

// maxScoreBits bounds the sensitivity of a score, so that scores of 2^40 units
// fit an int64.
const maxScoreBits = 20

func (p *Plan) addTop(t *glovebox.Top) error {
	p.shown = p.l0
	if t == nil {
		return nil
	}
	if t.K < 1 || t.K > MaxTop {
		return glovebox.Invalid("output.top.k", "%d is outside 1..%d", t.K, MaxTop)
	}
	p.top = &top{k: t.K, metric: -1}
	for i := range p.metrics {
		if m := &p.metrics[i]; m.Name == t.By && m.Compared() {
			p.top.metric = i
		}
	}
	switch {
	case len(p.fields) == 0:
		return glovebox.Invalid("output.top", "without key fields there is one key").WithFix("remove it")
	case p.top.metric < 0:
		return glovebox.Invalid("output.top.by", "%s is no count of the output, and no sum whose min is 0 or above", t.By)
	}
	return nil
}

// inRounds says whether keys are chosen in rounds.
func (p *Plan) inRounds() bool { return p.top != nil && p.top.rounds }

// sensitivity is D, the most by which one unit raises a score, after the shift.
func (t *top) sensitivity(p *Plan) int64 {
	m := &p.metrics[t.metric]
	if m.grid < 0 {
		return 1
	}
	reach := p.grids[m.grid].reach()
	t.shift = uint(max(0, bits.Len64(uint64(reach))-maxScoreBits))
	return (reach-1)>>t.shift + 1
}

// price makes the rounds from their part of the price.
func (t *top) price(p *Plan, loss, delta int64) error {
	// epsilon/k, or sqrt(2*rho/k), rounded down to a multiple of 2^-32.
	x := big.NewInt(loss)
	if p.budget.Gaussian {
		x.Lsh(x, 65)
		x.Sqrt(x.Quo(x, big.NewInt(int64(t.k)*1e9)))
	} else {
		x.Lsh(x, 32)
		x.Quo(x, big.NewInt(int64(t.k)*1e9))
	}
	if x.Sign() == 0 {
		return glovebox.Invalid(p.budget.Field(), "is too small for %d rounds", t.k)
	}
	t.epsilon = new(big.Rat).SetFrac(x, new(big.Int).Lsh(big.NewInt(1), 32))
	d := t.sensitivity(p)
	var err error
	if t.choice, err = mechanism.NewChooser(t.epsilon, uint64(d), true); err != nil {
		return err
	}
	// A float has this within a billionth of it; one D more is more than that.
	e, _ := t.epsilon.Float64()
	rounds := math.Log(float64(t.k)*float64(p.l0)/(float64(delta)*glovebox.DeltaUnit)) / e
	if rounds > 1<<30 {
		return glovebox.Invalid(p.budget.Field(), "is too small for %d rounds", t.k)
	}
	t.threshold = d * (2 + int64(math.Ceil(rounds)))
	return nil
}

// score is what key number i is chosen by.
func (t *top) score(p *Plan, part *Partial, i int) int64 {
	m := &p.metrics[t.metric]
	if m.grid < 0 {
		return int64(part.cell(i)[0])
	}
	s := part.sum(i, p.grids[m.grid].cell) // not below 0
	if t.shift > 0 {
		return int64(s.Lo>>t.shift | uint64(s.Hi)<<(64-t.shift))
	}
	return int64(s.Lo) // a reach below 2^20, of at most 2^40 units
}

// choose returns the numbers of the chosen keys in the order of keys.
func (t *top) choose(p *Plan, part *Partial, src *mechanism.Source) ([]int, error) {
	order := part.order(p.compare) // so that equal partials are treated alike
	chosen, err := t.pick(func(f func(int64)) error {
		for _, i := range order {
			f(t.score(p, part, i))
		}
		return nil
	}, src)
	for j, c := range chosen {
		chosen[j] = order[c]
	}
	return chosen, err
}

// cut keeps the k rows with the largest figure, largest first; equal ones stay in
// the order of keys.
func (t *top) cut(p *Plan, rows []Row) []Row {
	f := p.metrics[t.metric].first
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(b.Cells[f].Value, a.Cells[f].Value) })
	return rows[:min(t.k, len(rows))]
}
