package privacy

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"glovebox.example/glovebox/privacy/mechanism"
)

// scores hand the score of every key to f, each time in the same order.
type scores func(f func(score int64)) error

// scored is a key's number and its score.
type scored struct {
	score int64
	n     int
}

// pick chooses keys in rounds: see top. It returns their numbers, ascending. It
// goes over the scores once for each round, and once before them, and keeps k
// of them: a round's choice is mechanism.Chooser.Choose among those that are left, and the
// best of these is among the k+1 largest of all.
func (t *top) pick(list scores, src *mechanism.Source) (chosen []int, err error) {
	largest, err := t.largest(list)
	if err != nil {
		return nil, err
	}
	for range t.k {
		best := t.threshold
		for _, x := range largest {
			if _, gone := slices.BinarySearch(chosen, x.n); !gone {
				best = max(best, x.score)
			}
		}
		round := t.choice.Round(best, src)
		round.Offer(0, t.threshold) // no key at all
		n, gone := 0, chosen        // not yet passed
		err := list(func(score int64) {
			if n++; len(gone) > 0 && gone[0] == n-1 {
				gone = gone[1:]
				return
			}
			round.Offer(n, score)
		})
		if err != nil {
			return nil, err
		}
		key := round.Picked() - 1
		if key < 0 {
			break
		}
		at, _ := slices.BinarySearch(chosen, key)
		chosen = slices.Insert(chosen, at, key)
	}
	return chosen, nil
}

// largest are the k+1 largest scores, ascending, or all if there are fewer.
func (t *top) largest(list scores) (r []scored, err error) {
	n := 0
	err = list(func(score int64) {
		n++
		if len(r) > t.k {
			if score <= r[0].score {
				return
			}
			r = slices.Delete(r, 0, 1)
		}
		at, _ := slices.BinarySearchFunc(r, score, func(x scored, s int64) int { return cmp.Compare(x.score, s) })
		r = slices.Insert(r, at, scored{score, n - 1})
	})
	return r, err
}

// scoreBytes is how much of the scores is written at a time.
const scoreBytes = 1 << 16

// top makes the rows of a top that is chosen in rounds among keys that lie in
// spills: one spill at a time is in memory, and the scores alone go to a spill
// of their own, for the rounds.
func (s *Spool) top(r *releaser) (err error) {
	spill, err := s.o.Create()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spill.Close()) }()
	first, n := make([]int, len(s.spills)+1), 0 // number of each spill's first key
	var buf []byte
	for i := range s.spills {
		first[i] = n
		part, err := s.load(i)
		if err != nil {
			return err
		}
		for _, k := range part.order(s.plan.compare) {
			buf = binary.LittleEndian.AppendUint64(buf, uint64(r.Plan.top.score(s.plan, part, k)))
			if n++; len(buf) >= scoreBytes {
				if err := spill.Append(buf); err != nil {
					return err
				}
				buf = buf[:0]
			}
		}
	}
	first[len(s.spills)] = n
	if err := spill.Append(buf); err != nil {
		return err
	}
	chosen, err := r.Plan.top.pick(func(f func(int64)) error {
		return spill.Each(func(record []byte) error {
			for ; len(record) >= 8; record = record[8:] {
				f(int64(binary.LittleEndian.Uint64(record)))
			}
			return nil
		})
	}, r.src)
	if err != nil {
		return err
	}
	return s.rowsOf(r, first, chosen)
}

// rowsOf makes the rows of the keys of these numbers, ascending.
func (s *Spool) rowsOf(r *releaser, first, chosen []int) error {
	for i := range s.spills {
		if len(chosen) == 0 || chosen[0] >= first[i+1] {
			continue
		}
		part, err := s.load(i)
		if err != nil {
			return err
		}
		part.done = true
		r.readFrom(part)
		order := part.order(s.plan.compare)
		for len(chosen) > 0 && chosen[0] < first[i+1] {
			k := order[chosen[0]-first[i]]
			if err := r.row(part.key(k), k); err != nil {
				return err
			}
			chosen = chosen[1:]
		}
	}
	return nil
}
