package sample

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
)

// dice is a stream of pseudo-random numbers that has a name. What it gives is
// fixed by the name for good: nothing here depends on how a library draws
// numbers below a bound.
type dice struct{ src *rand.ChaCha8 }

// roll returns the stream of a seed and a name. The words of a name are told
// apart by their lengths.
func roll(seed uint64, name string, numbers ...uint64) dice {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 64), seed)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(name)))
	b = append(b, name...)
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return dice{rand.NewChaCha8(sha256.Sum256(b))}
}

// below returns a number from 0 to n-1; n is above 0. Its bias is below n/2^64.
func (d dice) below(n uint64) uint64 {
	hi, _ := bits.Mul64(d.src.Uint64(), n)
	return hi
}

// int is below for ints.
func (d dice) int(n int) int { return int(d.below(uint64(n))) }

// one says yes once in n times.
func (d dice) one(n int) bool { return d.below(uint64(n)) == 0 }

// float returns a number from 0 up to but not 1.
func (d dice) float() float64 { return float64(d.src.Uint64()>>11) * 0x1p-53 }

// pick returns one of a list.
func pick[T any](d dice, from []T) T { return from[d.int(len(from))] }

// wide is the width of a range from which values are drawn evenly; of a wider
// one they are drawn evenly by order of magnitude, as amounts of money are.
const wide = 1000

// between returns a whole number from lo to hi, now and then lo or hi itself.
func (d dice) between(lo, hi int64) int64 {
	span := uint64(hi) - uint64(lo) // also right where the difference overflows
	switch edge := d.below(64); {
	case edge == 0:
		return lo
	case edge == 1:
		return hi
	case span == math.MaxUint64:
		return int64(d.src.Uint64())
	case span <= wide:
		return lo + int64(d.below(span+1))
	}
	step := uint64(math.Expm1(d.float() * math.Log1p(float64(span))))
	return lo + int64(min(step, span))
}

// real returns a number from lo to hi with at most two decimals, now and then
// lo or hi itself.
func (d dice) real(lo, hi float64) float64 {
	x := d.float()
	switch edge, span := d.below(64), hi-lo; {
	case edge == 0:
		return lo
	case edge == 1:
		return hi
	case math.IsInf(span, 0):
		return lo*(1-x) + hi*x
	case span <= wide:
		x *= span
	default:
		x = math.Expm1(x * math.Log1p(span))
	}
	v := lo + x
	if r := math.Round(v*100) / 100; r >= lo && r <= hi {
		v = r
	}
	return min(max(v, lo), hi)
}
