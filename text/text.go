// Package text decides what a name, a key and a printed text may hold. It is
// the one place that does: every door through which foreign text comes in asks
// Name, Free or Key, and everything foreign that goes to a screen or a page
// goes through Printed or a Writer.
//
// It promises that what Key and Name let through can be read off a screen: all
// characters are assigned and show, spaces are ordinary, single and inside, the
// text is in normal form C, and no word mixes scripts whose letters look alike.
// That is the profile of UTS 39 for identifiers (highly restrictive) where it
// fits data: punctuation and symbols are let through, also the full-width ones
// of Chinese text, and so are Roman numerals and circled numbers.
//
// It does not promise that two texts which differ look different: l and 1, O
// and 0, 未 and 末, and ideographs of one shape pass. Nor does it judge what a
// text says.
package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fault says what is wrong with a text, as an English phrase that follows its
// name; "" is no fault. It repeats nothing of the text.
type Fault string

// All faults.
const (
	NotUTF8    Fault = "is not UTF-8"
	Control    Fault = "holds a control character"
	Invisible  Fault = "holds a character that does not show, or turns the direction of others"
	Unassigned Fault = "holds a character that has no meaning of its own"
	OddSpace   Fault = "holds a space other than the ordinary one"
	EdgeSpace  Fault = "begins or ends with a space, or has two in a row"
	NotNFC     Fault = "is not in normal form NFC"
	Variant    Fault = "holds a variant form of a letter or digit"
	Mixed      Fault = "mixes scripts whose letters look alike"
	LookAlike  Fault = "holds a word that looks like a Latin one and is none"
	Stacked    Fault = "stacks marks on a letter"
	Empty      Fault = "is empty"
)

// Faults are all of them, in no order that matters.
func Faults() []Fault {
	return []Fault{NotUTF8, Control, Invisible, Unassigned, OddSpace, EdgeSpace, NotNFC, Variant, Mixed, LookAlike, Stacked, Empty}
}

// Advice is what to do about any fault.
const Advice = "write visible characters, words of one script, and ordinary single spaces"

// Name judges a name: of a person, an organisation, a value of a column, a
// candidate of a vote. It is a key that is not empty.
func Name(s string) Fault {
	if s == "" {
		return Empty
	}
	return Key(s)
}

// Key judges a key that is to be released, or one field of it. The empty text
// is a key. It is quick for ASCII and everyday Chinese.
func Key(s string) Fault {
	if quick(s) {
		return ""
	}
	for i, r := range s {
		if f := shows(r, s[i:]); f != "" {
			return f
		}
		if unicode.Is(unicode.Zs, r) && r != ' ' {
			return OddSpace
		}
	}
	if f := spaces(s); f != "" {
		return f
	}
	if !norm.NFC.IsNormalString(s) {
		return NotNFC
	}
	return words(s)
}

// KeyBytes is Key for the bytes of a text.
func KeyBytes(b []byte) Fault {
	if quick(b) {
		return ""
	}
	return Key(string(b))
}

// Free judges a text that people read and nothing compares, such as a
// purpose: any script in any mix, but nothing that does not show. Line ends
// and tabs are let through if lines is true.
func Free(s string, lines bool) Fault {
	for i, r := range s {
		if lines && (r == '\n' || r == '\t' || r == '\r' && i+1 < len(s) && s[i+1] == '\n') {
			continue
		}
		if f := shows(r, s[i:]); f != "" {
			return f
		}
	}
	return ""
}

// Title judges the title of a dataset, a product or a scenario, by which people
// tell it from others: one line of what Free lets through, in words as names
// have them. Han and Latin letters in one word are everyday, and so is the
// ideographic space.
func Title(s string) Fault {
	if f := Free(s, false); f != "" {
		return f
	}
	for _, r := range s {
		if unicode.Is(unicode.Zs, r) && r != ' ' && r != '\u3000' {
			return OddSpace
		}
	}
	if !norm.NFC.IsNormalString(s) {
		return NotNFC
	}
	return words(s)
}

// quick says that a text is ASCII and common ideographs alone, with ordinary
// spaces: most keys are.
func quick[T string | []byte](s T) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f || c == ' ' && (i == 0 || i+1 == len(s) || s[i-1] == ' ') {
				return false
			}
			i++
			continue
		}
		r, n := decode(s[i:])
		if r < 0x4e00 || r > 0x9fff {
			return false
		}
		i += n
	}
	return true
}

// decode reads a character of three bytes, or says that it is another.
func decode[T string | []byte](s T) (rune, int) {
	if len(s) < 3 || s[0]&0xf0 != 0xe0 || s[1]&0xc0 != 0x80 || s[2]&0xc0 != 0x80 {
		return 0, 1
	}
	return rune(s[0]&0xf)<<12 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), 3
}

func spaces(s string) Fault {
	for i := range len(s) {
		if s[i] == ' ' && (i == 0 || i+1 == len(s) || s[i-1] == ' ') {
			return EdgeSpace
		}
	}
	return ""
}

// shows judges one character: rest is the text from it on.
func shows(r rune, rest string) Fault {
	switch {
	case r >= ' ' && r < 0x7f:
		return ""
	case r == utf8.RuneError:
		if _, n := utf8.DecodeRuneInString(rest); n == 1 {
			return NotUTF8
		}
		return Unassigned // it stands for what was lost
	case unicode.Is(unicode.Cc, r):
		return Control
	case hidden(r):
		return Invisible
	case !assigned(r):
		return Unassigned
	}
	return ""
}

// hidden says whether a character shows nothing, or acts on others: formats
// (marks of direction, joiners, tags), line separators, variation selectors,
// fillers and blanks.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) ||
		unicode.Is(blank, r)
}

// blank are letters and symbols that Unicode does not call ignorable and that
// fonts leave empty.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, {Lo: 0xfff9, Hi: 0xfffc, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x13441, Hi: 0x13446, Stride: 1}, {Lo: 0x16fe4, Hi: 0x16fe4, Stride: 1}, {Lo: 0x1d159, Hi: 0x1d159, Stride: 1},
		{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1},
	},
}

// late are ideographs that the tables of Go may be too old for: extensions I
// and J.
var late = &unicode.RangeTable{R32: []unicode.Range32{
	{Lo: 0x2ebf0, Hi: 0x2ee5d, Stride: 1}, {Lo: 0x323b0, Hi: 0x33479, Stride: 1},
}}

func assigned(r rune) bool { return unicode.IsGraphic(r) || unicode.Is(late, r) }
