package mechanism

import (
	crand "crypto/rand"
	"io"
	"math/big"
	"math/bits"
	"math/rand/v2"

	"glovebox.example/glovebox"
)

// Source is where noise comes from: ChaCha8, a cryptographically strong
// generator, seeded with 256 bits: of the operating system (NewSource), or of a
// secret key and the very numbers that get the noise (Spool.Source). Never is it
// seeded from anything that could be known, nor twice alike for different
// numbers: such noise is no noise. It is for one goroutine.
type Source struct{ c *rand.ChaCha8 }

// NewSource seeds a Source. It fails if the operating system gives no
// randomness; there is no weaker second choice.
func NewSource() (*Source, error) {
	var seed [32]byte
	if _, err := io.ReadFull(crand.Reader, seed[:]); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the operating system gives no randomness").Because(err)
	}
	return SeededSource(seed), nil
}

// SeededSource returns the Source of that seed. Equal seeds give equal noise: a
// test of the architecture lets nothing but package privacy and tests call it;
// that package derives the seed from a secret key and from what gets the noise.
func SeededSource(seed [32]byte) *Source { return &Source{rand.NewChaCha8(plantSeed(seed))} }

// word returns 64 uniform bits.
func (s *Source) word() uint64 { return s.c.Uint64() }

// below returns a uniform integer in [0, n), n > 0 (Lemire 2019: the bias of
// the multiplication is removed by rejection).
func (s *Source) below(n uint64) uint64 {
	hi, lo := bits.Mul64(s.word(), n)
	if lo < n {
		for t := -n % n; lo < t; {
			hi, lo = bits.Mul64(s.word(), n)
		}
	}
	return hi
}

// belowBig returns a uniform integer in [0, n), n > 0, by rejection.
func (s *Source) belowBig(n *big.Int) *big.Int {
	words := make([]big.Word, (n.BitLen()+bits.UintSize-1)/bits.UintSize)
	mask := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(n.BitLen())), big.NewInt(1))
	for {
		for i := range words {
			words[i] = big.Word(s.word())
		}
		r := new(big.Int).SetBits(append([]big.Word(nil), words...))
		if r.And(r, mask).Cmp(n) < 0 {
			return r
		}
	}
}
