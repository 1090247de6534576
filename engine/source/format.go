package source

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Formats are the checks that a string column can ask for by name.
var Formats = map[string]func(string) bool{
	"cn-resident-id": isResidentID,
	"cn-mobile":      isMobile,
	"cn-name":        isName,
	"cn-uscc":        isUSCC,
}

// NormaliseID gives the one text that stands for an id. Ids are equal if and
// only if these texts are: white space around them does not count, and nor
// does the case of the letters in a resident id or a credit code, or which of
// the middle dots a name has.
func NormaliseID(format, s string) string {
	s = strings.TrimSpace(s)
	switch format {
	case "cn-resident-id", "cn-uscc":
		s = strings.ToUpper(s)
	case "cn-name":
		s = strings.Map(func(r rune) rune {
			if isNameDot(r) {
				return '·'
			}
			return r
		}, s)
	}
	return s
}

// isResidentID checks an 18-digit resident identity number (GB 11643-1999):
// a region that does not start with 0, a day of the calendar from 1800 on, a
// serial number, and the check character of ISO 7064 MOD 11-2.
func isResidentID(s string) bool {
	if len(s) != 18 || s[0] == '0' {
		return false
	}
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		weight = weight * 2 % 11
		sum += int(s[i]-'0') * weight
	}
	check := s[17]
	if check == 'x' {
		check = 'X'
	}
	if "10X98765432"[sum%11] != check || s[6:10] < "1800" {
		return false
	}
	_, err := time.Parse("20060102", s[6:14])
	return err == nil
}

// isMobile checks an 11-digit mobile number of mainland China.
func isMobile(s string) bool {
	if len(s) != 11 || s[0] != '1' || s[1] < '3' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// isName checks a person's name in Chinese characters: 2 to 50 of them, with
// one middle dot between parts of a name.
func isName(s string) bool {
	n, dot := 0, true
	for _, r := range s {
		if isNameDot(r) {
			if dot {
				return false
			}
			dot = true
			continue
		}
		if !isIdeograph(r) {
			return false
		}
		n, dot = n+1, false
	}
	return !dot && n >= 2 && n <= 50 && utf8.ValidString(s)
}

// isNameDot says whether r is a dot that people write between the parts of a
// name. U+00B7 is the one that GB 18030 and the name rules mean; the others look
// like it and come from other keyboards, fonts and encodings.
func isNameDot(r rune) bool {
	switch r {
	case 0x00B7, // middle dot
		0x0387, // ano teleia, which is a middle dot by canonical equivalence
		0x2022, // bullet
		0x2027, // hyphenation point, the dot of Big5
		0x2219, // bullet operator
		0x22C5, // dot operator
		0x30FB, // katakana middle dot
		0xFF65: // the same, half width
		return true
	}
	return false
}

// ideographs are the characters of names: those that Unicode 17 calls unified
// or compatibility ideographs, whatever Unicode this program was built with,
// the number zero, which is one in names, and the private-use characters of GB
// 18030, where police systems keep rare characters.
var ideographs = [...][2]rune{
	{0x3007, 0x3007},
	{0x3400, 0x4DBF}, // extension A
	{0x4E00, 0x9FFF},
	{0xE000, 0xE864},
	{0xF900, 0xFA6D}, {0xFA70, 0xFAD9}, // compatibility
	{0x20000, 0x2A6DF}, // B
	{0x2A700, 0x2B81D}, // C, D
	{0x2B820, 0x2CEAD}, // E
	{0x2CEB0, 0x2EBE0}, // F
	{0x2EBF0, 0x2EE5D}, // I
	{0x2F800, 0x2FA1D}, // compatibility
	{0x30000, 0x3134A}, // G
	{0x31350, 0x33479}, // H, J
}

func isIdeograph(r rune) bool {
	for _, p := range ideographs {
		if r <= p[1] {
			return r >= p[0]
		}
	}
	return false
}

const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// isUSCC checks an 18-character unified social credit code (GB 32100-2015)
// with its check character, weights 3^i mod 31.
func isUSCC(s string) bool {
	s = strings.ToUpper(s)
	if len(s) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(usccAlphabet, s[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return usccAlphabet[(31-sum%31)%31] == s[17]
}
