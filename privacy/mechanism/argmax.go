package mechanism

import (
	"math"
	"math/big"

	"glovebox.example/glovebox"
)

// Argmax finds which of several public candidates has the largest count, or
// the largest few. It is report-noisy-max with exponential noise, which has the
// very law of permute-and-flip (Ding, Kifer, Saghaian, Steinke, Wang, Xiao and Zhang,
// "The Permute-and-Flip Mechanism Is Identical to Report-Noisy-Max with
// Exponential Noise", 2021) and is drawn that way: exactly, and with nothing
// that could tie. Nothing but the winner is released: no count and no margin.
type Argmax struct{ round *Chooser }

// NewArgmax makes an epsilon-differentially private argmax of counts of units.
// Each is a number of units that have something, and one unit more can raise
// any of them, even all, by at most most, and lowers none: the price does not
// grow with the number of candidates that one unit touches. Neighbours differ
// by one unit added or removed.
func NewArgmax(epsilon *big.Rat, most uint64) (*Argmax, error) {
	c, err := NewChooser(epsilon, most, true)
	return &Argmax{c}, err
}

// NewVote makes an epsilon-differentially private winner of a vote among a
// fixed number of voters, such as the blocks of blocks mode: one unit, added or
// removed, changes the vote of at most changed voters, so a count rises or falls
// by that many.
func NewVote(epsilon *big.Rat, changed uint64) (*Argmax, error) {
	c, err := NewChooser(epsilon, changed, false)
	return &Argmax{c}, err
}

// First returns the number of the candidate that wins.
func (a *Argmax) First(counts []uint64, src *Source) (int, error) {
	u, err := utilities(counts)
	if err != nil {
		return 0, err
	}
	return a.round.Choose(u, src)
}

// Top returns k different candidates, the winner first: k rounds, each among
// those that are left. It costs k times epsilon.
func (a *Argmax) Top(k int, counts []uint64, src *Source) ([]int, error) {
	if k < 1 || k > len(counts) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the top %d of %d candidates do not exist", k, len(counts))
	}
	u, err := utilities(counts)
	if err != nil {
		return nil, err
	}
	index := make([]int, len(u))
	for i := range index {
		index[i] = i
	}
	var top []int
	for range k {
		i, err := a.round.Choose(u, src)
		if err != nil {
			return nil, err
		}
		top = append(top, index[i])
		last := len(u) - 1
		u[i], index[i] = u[last], index[last]
		u, index = u[:last], index[:last]
	}
	return top, nil
}

func utilities(counts []uint64) ([]int64, error) {
	u := make([]int64, len(counts))
	for i, n := range counts {
		if n > math.MaxInt64 {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a count is above 2^63")
		}
		u[i] = int64(n)
	}
	return u, nil
}
