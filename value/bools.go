package value

import (
	"bytes"

	"glovebox.example/glovebox"
)

// pair are the texts of true and false.
type pair struct{ yes, no string }

// boolTexts are the texts of a bool that declares no pairs, in any case.
var boolTexts = []pair{{"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"}, {"1", "0"}}

func (p *Parser) checkPairs() error {
	said := map[string]bool{}
	for _, q := range p.pairs {
		for i, t := range []string{q.yes, q.no} {
			if was, known := said[t]; known && was != (i == 0) {
				return glovebox.Errorf(glovebox.CodeInvalid, "a text is listed for true and for false")
			}
			said[t] = i == 0
		}
	}
	return nil
}

func (p *Parser) parseBool(t []byte) (Value, Fault) {
	if p.pairs == nil {
		t = bytes.Trim(t, " ")
		for _, q := range boolTexts {
			switch {
			case foldASCII(t, q.yes):
				return Value{I: 1}, None
			case foldASCII(t, q.no):
				return Value{}, None
			}
		}
		return Value{}, Type
	}
	for _, q := range p.pairs {
		switch string(t) {
		case q.yes:
			return Value{I: 1}, None
		case q.no:
			return Value{}, None
		}
	}
	return Value{}, Type
}

// foldASCII says whether t is s but for the case of ASCII letters; s is in
// small letters.
func foldASCII(t []byte, s string) bool {
	if len(t) != len(s) {
		return false
	}
	for i, c := range t {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}
