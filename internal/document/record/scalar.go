package record

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// numberForm is a number as people write it; leading zeros are missing on
// purpose: 007 is a code, not seven.
var numberForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([-+]?)(0|[1-9][0-9]*|)(?:\.([0-9]*))?(?:[eE]([-+]?[0-9]{1,4}))?$`)
})

// maxNumber is the longest spelling of a number, in bytes.
const maxNumber = 64

// scalar finds out what a plain (unquoted) YAML scalar is. Ok is false for a
// number that no float64 holds.
func scalar(text string) (n node, ok bool) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return node{kind: kindNull}, true
	case "true", "True", "TRUE":
		return node{kind: kindBool, truth: true}, true
	case "false", "False", "FALSE":
		return node{kind: kindBool}, true
	}
	m := numberForm().FindStringSubmatch(text)
	if m == nil || m[2]+m[3] == "" {
		return node{kind: kindText, text: text}, true
	}
	var b strings.Builder
	if m[1] == "-" {
		b.WriteByte('-')
	}
	if m[2] == "" {
		b.WriteByte('0')
	}
	b.WriteString(m[2])
	if m[3] != "" {
		b.WriteString("." + m[3])
	}
	if m[4] != "" {
		b.WriteString("e" + m[4])
	}
	return number(b.String())
}

// number makes a node of a JSON number. It refuses those that a float64 turns
// into infinity or, without being zero, into zero: their exponents would make
// exact arithmetic expensive.
func number(text string) (n node, ok bool) {
	if len(text) > maxNumber {
		return n, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return n, false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	if f == 0 && (strings.ContainsAny(mantissa, "123456789") || len(text) != len(mantissa)) {
		return n, false
	}
	return node{kind: kindNumber, text: text}, true
}

const (
	numberMsg = "number is out of range"
	numberFix = "write a number that fits a 64-bit float, in at most 64 characters"
)
