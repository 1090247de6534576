package masking

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestFF1 holds FF1 to samples 1 to 9 that NIST published for SP 800-38G
// (csrc.nist.gov, Examples with Intermediate Values, FF1samples.pdf).
func TestFF1(t *testing.T) {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	const key = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"
	for _, q := range []struct {
		bytes, radix    int
		tweak, in, want string
	}{
		{16, 10, "", "0123456789", "2433477484"},
		{16, 10, "39383736353433323130", "0123456789", "6124200773"},
		{16, 36, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"},
		{24, 10, "", "0123456789", "2830668132"},
		{24, 10, "39383736353433323130", "0123456789", "2496655549"},
		{24, 36, "3737373770717273373737", "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"},
		{32, 10, "", "0123456789", "6657667009"},
		{32, 10, "39383736353433323130", "0123456789", "1001623463"},
		{32, 36, "3737373770717273373737", "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"},
	} {
		k, err1 := hex.DecodeString(key[:2*q.bytes])
		tweak, err2 := hex.DecodeString(q.tweak)
		f, err3 := newFF1(k, q.radix)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(err1, err2, err3)
		}
		word := make([]byte, len(q.in))
		for i, c := range []byte(q.in) {
			word[i] = byte(strings.IndexByte(alphabet, c))
		}
		s := &ff1State{}
		f.start(s, len(word), tweak)
		f.encrypt(s, word)
		for i, d := range word {
			word[i] = alphabet[d]
		}
		if string(word) != q.want {
			t.Errorf("AES-%d, radix %d, tweak %q: got %s, want %s", 8*q.bytes, q.radix, q.tweak, word, q.want)
		}
	}
}

// TestFF1Permutes: with the words that one half ranges over, no two have one
// encryption, and the domain's bounds are kept.
func TestFF1Permutes(t *testing.T) {
	f, err := newFF1(make([]byte, 32), 10)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]bool{0: false, 1: false, 5: false, 6: true, 17: true, 36: true, 37: false} {
		if f.fits(n) != want {
			t.Errorf("words of %d digits: %v", n, !want)
		}
	}
	s := &ff1State{}
	f.start(s, 6, make([]byte, 16))
	seen := make([]bool, 1_000_000)
	for x := range uint64(1_000_000) {
		var word [6]byte
		f.put(word[:], x)
		f.encrypt(s, word[:])
		y := f.number(word[:])
		if seen[y] {
			t.Fatal("two words have one encryption")
		}
		seen[y] = true
	}
}
