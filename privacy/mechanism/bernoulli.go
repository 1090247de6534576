package mechanism

import (
	"math/big"
	"math/bits"
)

// ratio is true with probability exactly num/den, for 0 <= num <= den, den > 0.
//
// It compares a uniform real U in [0, 1) with num/den, drawing the bits of U
// in words only as far as they are needed.
func (s *Source) ratio(num, den uint64) bool {
	for {
		yes, open, rest := ratioStep(s.word(), num, den)
		if !open {
			return yes
		}
		num = rest
	}
}

// ratioStep looks at one word w of U. U*den lies in [w*den, (w+1)*den) / 2^64;
// if num is not inside that interval the answer is known. Else (probability
// below 2^-63) the rest of U, uniform again, is to be compared with rest/den.
func ratioStep(w, num, den uint64) (yes, open bool, rest uint64) {
	hi, lo := bits.Mul64(w, den)
	if hi >= num {
		return false, false, 0 // w*den >= num*2^64
	}
	if hi+1 < num || lo <= -den {
		return true, false, 0 // (w+1)*den <= num*2^64
	}
	return false, true, -lo // num*2^64 - w*den, which is below den
}

// uint128 is an unsigned integer of 128 bits.
type uint128 struct{ hi, lo uint64 }

func (a uint128) less(b uint128) bool { return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo }

func (a uint128) big() *big.Int {
	r := new(big.Int).SetUint64(a.hi)
	return r.Lsh(r, 64).Or(r, new(big.Int).SetUint64(a.lo))
}

// ratio128 is ratio for 128 bits, with den < 2^127.
func (s *Source) ratio128(num, den uint128) bool {
	for {
		yes, open, rest := ratioStep128(s.word(), num, den)
		if !open {
			return yes
		}
		num = rest
	}
}

// ratioStep128 is ratioStep for 128 bits.
func ratioStep128(w uint64, num, den uint128) (yes, open bool, rest uint128) {
	// p = w*den in three words.
	h0, p0 := bits.Mul64(w, den.lo)
	h1, l1 := bits.Mul64(w, den.hi)
	p1, c := bits.Add64(h0, l1, 0)
	p2 := h1 + c
	if !(uint128{p2, p1}).less(num) {
		return false, false, rest // p >= num*2^64
	}
	// q = p + den, which is below 2^192.
	q0, c := bits.Add64(p0, den.lo, 0)
	q1, c := bits.Add64(p1, den.hi, c)
	q2 := p2 + c
	if (uint128{q2, q1}).less(num) || q2 == num.hi && q1 == num.lo && q0 == 0 {
		return true, false, rest // p + den <= num*2^64
	}
	// num*2^64 - p, which is below den and so fits two words.
	r0, b := bits.Sub64(0, p0, 0)
	r1, _ := bits.Sub64(num.lo, p1, b)
	return false, true, uint128{r1, r0}
}

// expOne is true with probability exactly exp(-1).
//
// This and the functions below are algorithm 1 of Canonne, Kamath and Steinke,
// "The Discrete Gaussian for Differential Privacy" (2020): with K the first
// index at which Bernoulli(x/K) fails, K is odd with probability exp(-x), for
// x in [0, 1].
func (s *Source) expOne() bool {
	k := uint64(2) // Bernoulli(1/1) does not fail
	for s.ratio(1, k) {
		k++
	}
	return k&1 == 1
}

// expFrac is true with probability exactly exp(-num/den), 0 <= num <= den.
func (s *Source) expFrac(num, den uint64) bool {
	k := uint64(1)
	for s.ratio(num, den) && (k == 1 || s.ratio(1, k)) {
		k++
	}
	return k&1 == 1
}

// expFrac128 is expFrac for 128 bits, with den < 2^127.
func (s *Source) expFrac128(num, den uint128) bool {
	k := uint64(1)
	for s.ratio128(num, den) && (k == 1 || s.ratio(1, k)) {
		k++
	}
	return k&1 == 1
}

// expBig is true with probability exactly exp(-num/den), for any num >= 0 and
// den > 0.
func (s *Source) expBig(num, den *big.Int) bool {
	whole, rest := new(big.Int).QuoRem(num, den, new(big.Int))
	one := big.NewInt(1)
	for ; whole.Sign() > 0; whole.Sub(whole, one) {
		if !s.expOne() {
			return false
		}
	}
	k := uint64(1)
	for s.belowBig(den).Cmp(rest) < 0 && (k == 1 || s.ratio(1, k)) {
		k++
	}
	return k&1 == 1
}
