package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// scripts are those in everyday use (UAX 31, table 5) and those of China's
// national minorities, beside Latin, Greek and the East Asian ones.
var scripts = []*unicode.RangeTable{
	unicode.Arabic, unicode.Armenian, unicode.Bengali, unicode.Cyrillic, unicode.Devanagari, unicode.Ethiopic,
	unicode.Georgian, unicode.Gujarati, unicode.Gurmukhi, unicode.Hebrew, unicode.Kannada, unicode.Khmer, unicode.Lao,
	unicode.Malayalam, unicode.Mongolian, unicode.Myanmar, unicode.New_Tai_Lue, unicode.Oriya, unicode.Sinhala, unicode.Tai_Le,
	unicode.Tamil, unicode.Telugu, unicode.Thaana, unicode.Thai, unicode.Tibetan, unicode.Yi,
}

// Scripts of a word as bits: East Asian ones count as one, since they are
// written together.
const (
	latin = 1 << iota
	greek
	eastAsian
	other // the first of scripts
)

// script returns the bit of a letter's script, 0 for what belongs to all; ok is
// false for a script that is in no everyday use.
func script(r rune) (bit uint64, ok bool) {
	switch {
	case r < utf8.RuneSelf || unicode.Is(unicode.Latin, r):
		return latin, !unicode.Is(phonetic, r)
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Hangul, late):
		return eastAsian, true
	case unicode.Is(unicode.Greek, r):
		return greek, true
	case unicode.In(r, unicode.Common, unicode.Inherited):
		return 0, true
	}
	for i, s := range scripts {
		if unicode.Is(s, r) {
			return other << i, true
		}
	}
	return 0, false
}

// phonetic are Latin letters of dictionaries and old books: they look like
// everyday ones.
var phonetic = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0250, Hi: 0x02ff, Stride: 1}, {Lo: 0x1d00, Hi: 0x1dbf, Stride: 1}, {Lo: 0x2c60, Hi: 0x2c7f, Stride: 1},
		{Lo: 0xa720, Hi: 0xa7ff, Stride: 1}, {Lo: 0xab30, Hi: 0xab6f, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x10780, Hi: 0x107bf, Stride: 1}, {Lo: 0x1df00, Hi: 0x1dfff, Stride: 1}},
}

// likeLatin are Cyrillic, Greek and Armenian letters that look like Latin ones.
var likeLatin = func() map[rune]bool {
	m := map[rune]bool{}
	for _, r := range "аеорсухіјѕһԁԛԝҽӏүґԍꙇАВЕЅІЈКМНОРСТУХҮԌԚԜӀ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονϲϳϹͿ" + "օսոհցյգքՕՏՍԼՈ" {
		m[r] = true
	}
	return m
}()

// likeMark are marks that look like the ASCII hyphen, and strokes through a
// letter.
var likeMark = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x0335, Hi: 0x0338, Stride: 1}, {Lo: 0x2010, Hi: 0x2012, Stride: 1}, {Lo: 0x2043, Hi: 0x2044, Stride: 1}, {Lo: 0x2212, Hi: 0x2212, Stride: 1},
	{Lo: 0x2215, Hi: 0x2215, Stride: 1},
}}

// words judges the letters and digits of a text, word by word.
func words(s string) Fault {
	var w word
	digits := rune(-1) // the zero of the text's digits
	for _, r := range s {
		if unicode.Is(likeMark, r) {
			return Variant
		}
		if unicode.Is(unicode.Nd, r) {
			zero := zeroOf(r)
			if digits >= 0 && zero != digits {
				return Mixed
			}
			digits = zero
		}
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			if f := w.end(); f != "" {
				return f
			}
			w = word{}
			continue
		}
		if f := w.add(r); f != "" {
			return f
		}
	}
	return w.end()
}

// word is what is known of a word so far.
type word struct {
	scripts uint64
	letters int
	like    int // letters that look like Latin ones
	marks   int // in a row
}

func (w *word) add(r rune) Fault {
	if r < utf8.RuneSelf {
		w.marks = 0
		if r > '9' {
			w.scripts |= latin
			w.letters++
		}
		return ""
	}
	if unicode.Is(unicode.M, r) {
		if w.marks++; w.marks > 2 {
			return Stacked
		}
	} else {
		w.marks = 0
		// A letter with a compatibility form is a variant of another: full-width,
		// mathematical, of a ligature.
		if !norm.NFKC.IsNormalString(string(r)) {
			return Variant
		}
		if unicode.Is(unicode.Nd, r) {
			return ""
		}
		w.letters++
		if likeLatin[r] {
			w.like++
		}
	}
	bit, ok := script(r)
	if !ok {
		return Variant
	}
	w.scripts |= bit
	return ""
}

// end judges a whole word.
func (w *word) end() Fault {
	several := w.scripts&(w.scripts-1) != 0
	switch {
	case !several && w.scripts&(latin|eastAsian) == 0 && w.letters > 0 && w.like == w.letters:
		return LookAlike
	case !several, w.scripts == latin|eastAsian:
		return ""
	case w.scripts == greek|eastAsian && w.like == 0:
		return ""
	}
	return Mixed
}

// zeroOf is the zero of a digit's row: Unicode keeps ten in a row.
func zeroOf(r rune) rune {
	for n := range rune(10) {
		if !unicode.Is(unicode.Nd, r-n-1) {
			return r - n
		}
	}
	return r - 9
}
