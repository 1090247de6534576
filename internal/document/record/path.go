package record

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Path leads to a part of a document: field names (string) and list indexes
// (int, from 0).
type Path []any

// With returns p with more steps.
func (p Path) With(steps ...any) Path {
	return append(p[:len(p):len(p)], steps...)
}

// String prints p as errors show it, such as "columns[2].type".
func (p Path) String() string {
	var b strings.Builder
	for i, step := range p {
		switch s := step.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", s)
		case string:
			if !plainName(s) {
				fmt.Fprintf(&b, "[%s]", Name(s))
				continue
			}
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		}
	}
	return b.String()
}

func plainName(s string) bool {
	for _, r := range s {
		if r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// maxName is how many bytes of a field name an error shows.
const maxName = 64

// Name prints a field name for an error: in backquotes, or quoted and cut
// short if it is not a plain name.
func Name(s string) string {
	if plainName(s) {
		return "`" + s + "`"
	}
	if len(s) > maxName {
		cut := maxName
		for cut > 0 && s[cut]&0xC0 == 0x80 {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.QuoteToGraphic(s)
}

// Names prints a list of names, the first 12 of them.
func Names(list []string) string {
	const most = 12
	var out []string
	for i, s := range list {
		if i == most {
			out = append(out, fmt.Sprintf("… (+%d)", len(list)-most))
			break
		}
		out = append(out, Name(s))
	}
	return strings.Join(out, ", ")
}
