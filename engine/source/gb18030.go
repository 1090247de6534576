package source

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

//go:generate go run gb18030gen.go

// GB 18030 has 23,940 two-byte and 1,587,600 four-byte codes. x/text lacks 2,067
// of the former: the user-defined areas, where police systems keep rare names,
// and the rest of the private-use characters. They are in gb18030data.go.
const (
	gbTrails   = 190 // trail bytes 40..7E, 80..FE
	gbTwo      = 126 * gbTrails
	gbFour     = 39420  // four-byte codes of the basic plane
	gbPlanes   = 189000 // the first one of the others
	gbPlaneEnd = gbPlanes + 0x100000
)

// gbMoved are the two-byte codes that stood for a private-use character in the
// first edition and stand for an assigned one now: A8BC since 2005, the others
// since 2022.
var gbMoved = map[uint16]uint16{
	0xA8BC: 0x1E3F,
	0xA6D9: 0xFE10, 0xA6DA: 0xFE12, 0xA6DB: 0xFE11, 0xA6DC: 0xFE13, 0xA6DD: 0xFE14,
	0xA6DE: 0xFE15, 0xA6DF: 0xFE16, 0xA6EC: 0xFE17, 0xA6ED: 0xFE18, 0xA6F3: 0xFE19,
	0xFE59: 0x9FB4, 0xFE61: 0x9FB5, 0xFE66: 0x9FB6, 0xFE67: 0x9FB7,
	0xFE6D: 0x9FB8, 0xFE7E: 0x9FB9, 0xFE90: 0x9FBA, 0xFEA0: 0x9FBB,
}

// gbTables are the characters of both kinds of codes in the basic plane.
type gbTables struct {
	two  [gbTwo]uint16
	four [gbFour]uint16
}

// gbCodes makes the tables. The four-byte codes stand, in order, for the
// characters that had no two-byte code in the first edition. The 2005 edition
// gave 8135F437 the private-use character that A8BC had. The 2022 edition does
// the same with the four-byte codes of the 18 characters that it moved; here
// they keep the assigned ones, as the Unicode Consortium recommends (L2/23-003R):
// files written after the older editions say U+9FB4 by them, and one character
// must not be read as two.
var gbCodes = sync.OnceValue(func() *gbTables {
	t := &gbTables{}
	d := simplifiedchinese.GB18030.NewDecoder()
	for i := range t.two {
		c := gbCode(i)
		if b, err := d.Bytes([]byte{byte(c >> 8), byte(c)}); err == nil {
			if r, n := utf8.DecodeRune(b); n == len(b) && r != utf8.RuneError {
				t.two[i] = uint16(r)
			}
		}
	}
	for _, p := range gbPrivate {
		for i, at := uint16(0), gbIndex(byte(p.code>>8), byte(p.code)); i < p.n; i++ {
			t.two[at+int(i)] = p.char + i
		}
	}
	taken := make([]bool, 1<<16)
	for _, r := range t.two {
		taken[r] = true
	}
	n := 0
	for r := 0x80; r < 1<<16; r++ {
		if !taken[r] && (r < 0xD800 || r > 0xDFFF) && n < gbFour {
			t.four[n] = uint16(r)
			n++
		}
	}
	t.four[gbLinear(0x81, 0x35, 0xF4, 0x37)] = t.two[gbIndex(0xA8, 0xBC)]
	for c, r := range gbMoved {
		t.two[gbIndex(byte(c>>8), byte(c))] = r
	}
	return t
})

// gbIndex numbers the two-byte codes; -1 for what is none.
func gbIndex(lead, trail byte) int {
	if lead < 0x81 || lead > 0xFE || trail < 0x40 || trail == 0x7F || trail > 0xFE {
		return -1
	}
	at := int(trail) - 0x40
	if trail > 0x7F {
		at--
	}
	return int(lead-0x81)*gbTrails + at
}

// gbCode is the code of a number that gbIndex gives.
func gbCode(i int) uint16 {
	trail := i%gbTrails + 0x40
	if trail >= 0x7F {
		trail++
	}
	return uint16(i/gbTrails+0x81)<<8 | uint16(trail)
}

// gbLinear numbers the four-byte codes.
func gbLinear(a, b, c, d byte) int {
	return ((int(a)-0x81)*10+int(b)-0x30)*1260 + (int(c)-0x81)*10 + int(d) - 0x30
}

// gbDecoder turns GB 18030 into UTF-8. A byte that begins no code becomes U+FFFD
// alone: what follows it, such as a delimiter, is read as it stands.
type gbDecoder struct {
	transform.NopResetter
	t *gbTables
}

// decode returns the character at the start of b and the length of its code. n
// is 0 if b is only the beginning of a code.
func (g gbDecoder) decode(b []byte) (r rune, n int) {
	if b[0] < 0x80 {
		return rune(b[0]), 1
	}
	if b[0] == 0x80 || b[0] == 0xFF {
		return utf8.RuneError, 1
	}
	if len(b) < 2 {
		return 0, 0
	}
	if i := gbIndex(b[0], b[1]); i >= 0 {
		return rune(g.t.two[i]), 2
	}
	if b[1] < '0' || b[1] > '9' {
		return utf8.RuneError, 1
	}
	if len(b) > 2 && (b[2] < 0x81 || b[2] > 0xFE) || len(b) > 3 && (b[3] < '0' || b[3] > '9') {
		return utf8.RuneError, 1
	}
	if len(b) < 4 {
		return 0, 0
	}
	switch i := gbLinear(b[0], b[1], b[2], b[3]); {
	case i < gbFour:
		return rune(g.t.four[i]), 4
	case i >= gbPlanes && i < gbPlaneEnd:
		return rune(0x10000 + i - gbPlanes), 4
	}
	return utf8.RuneError, 1
}

// Transform implements transform.Transformer.
func (g gbDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, n := g.decode(src[nSrc:])
		switch {
		case n == 0 && !atEOF:
			return nDst, nSrc, transform.ErrShortSrc
		case n == 0:
			r, n = utf8.RuneError, 1
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += n
	}
	return nDst, nSrc, nil
}
