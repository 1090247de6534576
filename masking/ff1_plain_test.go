package masking

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"math/big"
	"testing"
)

// plainFF1 is Algorithm 7 of SP 800-38G as it is printed, in large numbers, with
// nothing done once for several words.
func plainFF1(t *testing.T, key []byte, radix int64, tweak, word []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	num := func(digits []byte) *big.Int {
		x := new(big.Int)
		for _, d := range digits {
			x.Add(x.Mul(x, big.NewInt(radix)), big.NewInt(int64(d)))
		}
		return x
	}
	n := len(word)
	u := n / 2
	v := n - u
	a, b := word[:u], word[u:]
	power := new(big.Int).Exp(big.NewInt(radix), big.NewInt(int64(v)), nil)
	size := (new(big.Int).Sub(power, big.NewInt(1)).BitLen() + 7) / 8
	d := 4*((size+3)/4) + 4
	be := func(x uint64, n int) []byte { return new(big.Int).SetUint64(x).FillBytes(make([]byte, n)) }
	p := bytes.Join([][]byte{{1, 2, 1}, be(uint64(radix), 3), {10, byte(u)}, be(uint64(n), 4), be(uint64(len(tweak)), 4)}, nil)
	for i := range 10 {
		pad := (16 - (len(tweak)+size+1)%16) % 16
		q := bytes.Join([][]byte{tweak, make([]byte, pad), {byte(i)}, num(b).FillBytes(make([]byte, size))}, nil)
		r := make([]byte, 16)
		for in := append(bytes.Clone(p), q...); len(in) > 0; in = in[16:] {
			for k := range r {
				r[k] ^= in[k]
			}
			block.Encrypt(r, r)
		}
		m := u
		if i%2 == 1 {
			m = v
		}
		y := new(big.Int).SetBytes(r[:d])
		y.Add(y, num(a)).Mod(y, new(big.Int).Exp(big.NewInt(radix), big.NewInt(int64(m)), nil))
		c := make([]byte, m)
		for k := m - 1; k >= 0; k-- {
			rest := new(big.Int)
			y.DivMod(y, big.NewInt(radix), rest)
			c[k] = byte(rest.Int64())
		}
		a, b = b, c
	}
	return append(bytes.Clone(a), b...)
}

// TestFF1AsPrinted: words of every length under tweaks that end before, in and
// behind a block are what the recommendation's steps give. The nine samples have
// two lengths and three tweaks.
func TestFF1AsPrinted(t *testing.T) {
	key := make([]byte, 32)
	tweak := make([]byte, 40)
	word := make([]byte, 40)
	for _, b := range [][]byte{key, tweak, word} {
		if _, err := rand.Read(b); err != nil {
			t.Fatal(err)
		}
	}
	for _, radix := range []int{10, 36, 62} {
		f, err := newFF1(key, radix)
		if err != nil {
			t.Fatal(err)
		}
		tried := 0
		for n := range len(word) {
			if !f.fits(n) {
				continue
			}
			tried++
			for k := range len(tweak) {
				in := make([]byte, n)
				for i := range in {
					in[i] = word[i] % byte(radix)
				}
				if n%2 == 0 && k%2 == 0 { // the largest halves
					for i := range in {
						in[i] = byte(radix - 1)
					}
				}
				want := plainFF1(t, key, int64(radix), tweak[:k], in)
				s := &ff1State{}
				f.start(s, n, tweak[:k])
				f.encrypt(s, in)
				if !bytes.Equal(in, want) {
					t.Fatalf("radix %d, %d digits, a tweak of %d bytes: %v, want %v", radix, n, k, in, want)
				}
			}
		}
		// A million words or more: 6 digits, or 4 of the larger radices.
		least := map[int]int{10: 6, 36: 4, 62: 4}[radix]
		if f.fits(least-1) || !f.fits(least) || tried < 16 {
			t.Errorf("radix %d: %d lengths, %d digits fit: %v", radix, tried, least-1, f.fits(least-1))
		}
	}
}
