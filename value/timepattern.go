package value

import (
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// pattern is a way of writing dates and times.
type pattern struct {
	items []item
	count string // Serial, Unix or UnixMillis; "" for a text
	zoned bool   // the text names its zone
	day   bool   // the text names a day; else it is the first of the month
}

// item is a part of a pattern.
type item struct {
	field byte   // 0: a literal; else one of the letters in fields
	width int    // digits; 0: one or two; monthName: letters
	text  string // of a literal
}

// monthName is the width of a month that is written Jan.
const monthName = -1

// Fields of a pattern, by their letter.
const (
	fieldYear     = 'Y'
	fieldMonth    = 'M'
	fieldDay      = 'D'
	fieldHour     = 'h'
	fieldMinute   = 'm'
	fieldSecond   = 's'
	fieldFraction = 'f'
	fieldZone     = 'Z'
	fieldHalf     = 'A' // AM PM 上午 下午
)

// isoTimes are the ways of writing a datetime that declares none.
var isoTimes = []string{"YYYY-MM-DD hh:mm:ss", "YYYY-MM-DD hh:mm:ss.f", "YYYY-MM-DDThh:mm:ss", "YYYY-MM-DDThh:mm:ss.f",
	"YYYY-MM-DD hh:mm:ssZ", "YYYY-MM-DD hh:mm:ss.fZ", "YYYY-MM-DDThh:mm:ssZ", "YYYY-MM-DDThh:mm:ss.fZ"}

// compilePattern reads a pattern: YYYY, MM or M or MMM (Jan), DD or D (without
// one, the first of the month), hh or h, mm or m, ss
// or s (one letter: one or two digits), f (1 to 9 digits of a fraction), A (AM,
// PM, 上午, 下午), Z (a zone), the letter T, and other characters as they stand.
func compilePattern(s string, clock bool) (pattern, error) {
	bad := func(e *glovebox.Error) (pattern, error) {
		return pattern{}, e.WithFix("write it as YYYY/M/D or YYYY-MM-DD hh:mm:ss; docs/formats/dataset.md has the letters")
	}
	var p pattern
	seen := map[byte]bool{}
	for i := 0; i < len(s); {
		c, n := s[i], 1
		if c >= utf8.RuneSelf || !isLetter(c) || c == 'T' {
			_, n = utf8.DecodeRuneInString(s[i:])
			if c >= '0' && c <= '9' {
				return bad(glovebox.Errorf(glovebox.CodeInvalid, "the pattern of a date or time holds a digit"))
			}
			if k := len(p.items); k > 0 && p.items[k-1].field == 0 {
				p.items[k-1].text += s[i : i+n]
			} else {
				p.items = append(p.items, item{text: s[i : i+n]})
			}
			i += n
			continue
		}
		for i+n < len(s) && s[i+n] == c {
			n++
		}
		it := item{field: c}
		switch {
		case c == fieldYear && n == 4:
			it.width = 4
		case c == fieldMonth && n == 3:
			it.width = monthName
		case strings.IndexByte("MDhms", c) >= 0 && n <= 2:
			if n == 2 {
				it.width = 2
			}
		case strings.IndexByte("fZA", c) >= 0 && n == 1:
		default:
			return bad(glovebox.Errorf(glovebox.CodeInvalid, "the pattern of a date or time holds a letter that means nothing there"))
		}
		if seen[c] {
			return bad(glovebox.Errorf(glovebox.CodeInvalid, "the pattern of a date or time names one part twice"))
		}
		seen[c] = true
		p.items = append(p.items, it)
		i += n
	}
	time := seen[fieldHour] || seen[fieldMinute] || seen[fieldSecond] || seen[fieldFraction] || seen[fieldZone] || seen[fieldHalf]
	switch {
	case !seen[fieldYear] || !seen[fieldMonth] || !seen[fieldDay] && time:
		return bad(glovebox.Errorf(glovebox.CodeInvalid, "the pattern of a date or time lacks the year (YYYY), the month or the day"))
	case time && !clock:
		return bad(glovebox.Errorf(glovebox.CodeInvalid, "the pattern of a date or time has a time of day, and the column is a date"))
	case time && !seen[fieldHour], seen[fieldSecond] && !seen[fieldMinute], seen[fieldFraction] && !seen[fieldSecond]:
		return bad(glovebox.Errorf(glovebox.CodeInvalid, "the pattern of a date or time has a part of a time without the larger one"))
	}
	for i, it := range p.items {
		if i > 0 && it.field != 0 && p.items[i-1].field != 0 && (p.items[i-1].width == 0 || it.width == 0) &&
			it.field != fieldZone && it.field != fieldHalf && p.items[i-1].field != fieldHalf {
			return bad(glovebox.Errorf(glovebox.CodeInvalid, "the pattern of a date or time has two parts of open width side by side"))
		}
	}
	p.zoned, p.day = seen[fieldZone], seen[fieldDay]
	return p, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// checkTimes puts in the default and makes sure that no text has two meanings.
func (p *Parser) checkTimes() error {
	switch p.col.Type {
	case glovebox.Date:
		if p.times == nil {
			p.times = []pattern{isoDate}
		}
	case glovebox.DateTime:
		if p.times == nil {
			p.times = isoDateTimes
		}
	default:
		return nil
	}
	for i, a := range p.times {
		for _, b := range p.times[:i] {
			if a.count != "" && b.count != "" || clash(a, b) {
				return glovebox.Errorf(glovebox.CodeInvalid, "two ways of writing read one text as two values").
					WithFix("declare one of them, and write the file in it")
			}
		}
	}
	return nil
}

func mustCompile(s string, clock bool) pattern {
	p, err := compilePattern(s, clock)
	if err != nil {
		panic(err)
	}
	return p
}

// clash says whether two patterns may read one text as two values: they have
// the same literals in the same places, and another order of their parts. A
// count of days and a pattern that is all digits clash too.
func clash(a, b pattern) bool {
	if a.count != "" || b.count != "" {
		if a.count != "" {
			a = b
		}
		for _, it := range a.items {
			if it.field == 0 {
				return false
			}
		}
		return true
	}
	shape := func(p pattern) (lits, fields string) {
		for _, it := range p.items {
			switch {
			case it.field == 0:
				lits += it.text
				fields += "|"
			case it.field == fieldZone, it.field == fieldHalf, it.width == monthName: // no digit begins one
				lits += string(it.field)
			default:
				lits += "#"
				fields += string(it.field)
			}
		}
		return lits, fields
	}
	la, fa := shape(a)
	lb, fb := shape(b)
	digitsOnly := func(l string) string { return strings.ReplaceAll(l, "##", "#") }
	return fa != fb && (la == lb || strings.Count(la, "#") != strings.Count(lb, "#") && digitsOnly(la) == digitsOnly(lb))
}
