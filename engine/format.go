//go:build duckdb_arrow

package engine

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// formats are the checks that a string column can ask for by name.
var formats = map[string]func(string) bool{
	"cn-resident-id": isResidentID,
	"cn-mobile":      isMobile,
	"cn-name":        isName,
	"cn-uscc":        isUSCC,
}

// normaliseID gives the one text that stands for an id. Ids are equal if and
// only if these texts are: white space around them does not count, and nor
// does the case of the letters in a resident id or a credit code.
func normaliseID(format, s string) string {
	s = strings.TrimSpace(s)
	if format == "cn-resident-id" || format == "cn-uscc" {
		s = strings.ToUpper(s)
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
// middle dots (U+00B7) between parts of a name.
func isName(s string) bool {
	n, dot := 0, true
	for _, r := range s {
		if r == '·' {
			if dot {
				return false
			}
			dot = true
			continue
		}
		if !unicode.Is(unicode.Han, r) {
			return false
		}
		n, dot = n+1, false
	}
	return !dot && n >= 2 && n <= 50 && utf8.ValidString(s)
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
