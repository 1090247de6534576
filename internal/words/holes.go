package words

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (b *book) regexp(e *entry) *regexp.Regexp {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.match == nil {
		quoted := make([]string, len(e.parts))
		holes := slices.DeleteFunc(verb().FindAllString(e.en, -1), func(v string) bool { return v == "%%" })
		for i, p := range e.parts {
			if quoted[i] = regexp.QuoteMeta(p); i < len(holes) {
				quoted[i] += hole(holes[i])
			}
		}
		e.match = regexp.MustCompile(`(?s)^` + strings.Join(quoted, "") + `$`)
	}
	return e.match
}

// hole matches what a verb writes.
func hole(verb string) string {
	switch verb[len(verb)-1] {
	case 'd':
		return `(-?\d+)`
	case 'q':
		return `("(?:[^"\\]|\\.)*"|'[^']*'|[^ "]+)`
	}
	return `(.*?)`
}

// fill puts parts in place of the verbs of a Chinese format, in order or as
// their index says. Said tells which are translations. Between a Han character
// and a letter or digit of ASCII stands a space, between two Han characters
// none.
func fill(zh string, parts []string, said []bool) string {
	next, at := 0, 0
	out, after := "", false // after: out ends with a translation
	put := func(s string, translated bool) {
		switch r := first(s); {
		case (translated || after) && han(last(strings.TrimRight(out, " "))) && han(first(strings.TrimLeft(s, " "))):
			out, s = strings.TrimRight(out, " "), strings.TrimLeft(s, " ")
		case han(last(out)) && latin(r) || latin(last(out)) && han(r):
			out += " "
		}
		if s != "" {
			out, after = out+s, translated
		}
	}
	for _, m := range verb().FindAllStringSubmatchIndex(zh, -1) {
		put(zh[at:m[0]], false)
		v := zh[m[0]:m[1]]
		at = m[1]
		if v == "%%" {
			out += "%"
			continue
		}
		if m[2] >= 0 {
			next, _ = strconv.Atoi(strings.Trim(zh[m[2]:m[3]], "[]"))
			next--
		}
		if next++; next < 1 || next > len(parts) {
			out += v
			continue
		}
		put(parts[next-1], said[next-1])
	}
	put(zh[at:], false)
	return out
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

func latin(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func first(s string) rune { r, _ := utf8.DecodeRuneInString(s); return r }

func last(s string) rune { r, _ := utf8.DecodeLastRuneInString(s); return r }
