package record

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// maxMended is how many lines of a document are written anew for the parser.
const maxMended = 64

// Of YAML 1.2 the parser, of 1.1, does not know these: white space with a tab
// between the mark of a list and a text, and the escape \/ in quotes.
var (
	tabAfterMark = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^((?: *- +)* *-)([ \t]*\t[ \t]*)[^ \t]`)
	})
	mapWithin = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`:(?:[ \t]|$)|^[-?](?:[ \t]|$)`) })
)

// mended writes the line anew at which the parser failed with what, a text of
// its own, so that it says the same in YAML 1.1. ok is false if the line holds
// neither of the two, or if that is not sure: then the error stands.
func mended(data []byte, starts []int, line int, what string) (out []byte, ok bool) {
	if line < 1 || line > len(starts) {
		return nil, false
	}
	at := starts[line-1]
	end := lineEnd(data, at)
	text := data[at:end]
	switch {
	case strings.HasPrefix(what, "found character that cannot start any token"):
		m := tabAfterMark().FindSubmatchIndex(text)
		if m == nil || mapWithin().Match(text[m[5]:]) { // a tab never indents a list or fields
			return nil, false
		}
		out = bytes.Clone(data)
		for i := at + m[4]; i < at+m[5]; i++ {
			out[i] = ' '
		}
		return out, true
	case strings.HasPrefix(what, "found unknown escape character"):
		i, ok := slashEscape(text)
		if !ok {
			return nil, false
		}
		return slices.Delete(bytes.Clone(data), at+i, at+i+1), true
	}
	return nil, false
}

// slashEscape finds the first \/ of a line that stands between double quotes,
// where no other quotes and no comment can make that doubtful.
func slashEscape(text []byte) (at int, ok bool) {
	inside := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case !inside && (c == '\'' || c == '#'):
			return 0, false
		case c == '"':
			inside = !inside
		case inside && c == '\\':
			if i+1 < len(text) && text[i+1] == '/' {
				return i, true
			}
			i++
		}
	}
	return 0, false
}
