package value

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// Units of a datetime.
const (
	secondMicros = int64(1e6)
	minuteMicros = 60 * secondMicros
	hourMicros   = 60 * minuteMicros
	dayMicros    = 24 * hourMicros
)

// The days of years 0001 to 9999, since 1970-01-01.
const (
	firstDay = -719162
	lastDay  = 2932896
)

// pattern is a way of writing dates and times.
type pattern struct {
	items []item
	count string // Serial, Unix or UnixMillis; "" for a text
	zoned bool   // the text names its zone
}

// item is a part of a pattern.
type item struct {
	field byte   // 0: a literal; else one of the letters in fields
	width int    // digits; 0: one or two
	text  string // of a literal
}

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

// compilePattern reads a pattern: YYYY, MM or M, DD or D, hh or h, mm or m, ss
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
	case !seen[fieldYear] || !seen[fieldMonth] || !seen[fieldDay]:
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
	p.zoned = seen[fieldZone]
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

var (
	isoDate      = mustCompile("YYYY-MM-DD", false)
	isoDateTimes = func() (out []pattern) {
		for _, s := range isoTimes {
			out = append(out, mustCompile(s, true))
		}
		return out
	}()
)

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
			switch it.field {
			case 0:
				lits += it.text
				fields += "|"
			case fieldZone, fieldHalf: // no digit begins one
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

// parseTime reads a date or a datetime.
func (p *Parser) parseTime(t []byte) (Value, Fault) {
	t = bytes.Trim(t, " ")
	for i := range p.times {
		var v int64
		var ok bool
		if w := p.times[i].count; w != "" {
			v, ok = p.counted(w, t)
		} else {
			v, ok = p.times[i].read(t, p.zone)
		}
		if !ok {
			continue
		}
		if p.col.Type == glovebox.Date {
			days, rest := floorDiv(v, dayMicros)
			if rest != 0 {
				return Value{}, Type
			}
			v = days
		}
		return Value{I: v}, None
	}
	return Value{}, Type
}

// counted reads a count of days, seconds or milliseconds.
func (p *Parser) counted(w string, t []byte) (micros int64, ok bool) {
	scale := 6 // digits behind the point of a second
	switch w {
	case UnixMillis:
		scale = 3
	case Serial:
		return serial(t, p.col.Type)
	}
	v, fault := fixed(t, false, 0, scale, 1<<62, true)
	if fault != None {
		return 0, false
	}
	micros = v.I + p.zone*secondMicros
	return micros, micros >= firstMicros && micros < lastMicros
}

const (
	firstMicros = firstDay * dayMicros
	lastMicros  = (lastDay + 1) * dayMicros
)

// serial reads a day of a spreadsheet: days since 1899-12-30, from 1900-03-01
// on (before it, spreadsheets know a day that was none), with a fraction of a
// day that is rounded to the second, which is what a spreadsheet shows.
func serial(t []byte, typ glovebox.Type) (micros int64, ok bool) {
	const scale = 12
	neg, whole, fraction, ok := decimalText(t, false)
	if !ok || neg || len(whole) == 0 || len(whole) > 7 {
		return 0, false
	}
	if len(fraction) > 17 {
		return 0, false
	}
	v, fault := fixed(whole, false, 0, 0, 0, true)
	if fault != None || v.I < 61 || v.I-25569 > lastDay {
		return 0, false
	}
	if len(fraction) > scale {
		fraction = fraction[:scale]
	}
	part, fault := fixed(append([]byte("0."), fraction...), false, 0, scale, 0, true)
	if fault != None || typ == glovebox.Date && part.I != 0 {
		return 0, false
	}
	seconds := (part.I*864 + 5_000_000_000) / 10_000_000_000 // 86400 / 1e12
	return (v.I-25569)*dayMicros + seconds*secondMicros, true
}

// SerialMicros is the time of a spreadsheet's day number, to the second; epoch
// is the day number of 1970-01-01 there: 25569, or 24107 in a workbook that
// counts from 1904. False: no day that a spreadsheet knows.
func SerialMicros(n float64, epoch int64) (int64, bool) {
	if !(n >= 0 && n < 3e6) || epoch == 25569 && n < 61 {
		return 0, false
	}
	days := int64(n)
	seconds := int64((n-float64(days))*86400 + 0.5)
	return (days-epoch)*dayMicros + seconds*secondMicros, days-epoch <= lastDay
}

// read reads a text by a pattern. zone is the clock of the column, in seconds
// ahead of UTC.
func (p *pattern) read(t []byte, zone int64) (micros int64, ok bool) {
	var y, mon, d, h, m, s, frac, off int64
	half := 0
	for _, it := range p.items {
		switch it.field {
		case 0:
			if !bytes.HasPrefix(t, []byte(it.text)) {
				return 0, false
			}
			t = t[len(it.text):]
			continue
		case fieldFraction:
			n := digits(t)
			if n == 0 || n > 9 {
				return 0, false
			}
			for i := range 9 {
				c := byte('0')
				if i < n {
					c = t[i]
				}
				if i >= 6 {
					if c != '0' {
						return 0, false
					}
					continue
				}
				frac = frac*10 + int64(c-'0')
			}
			t = t[n:]
			continue
		case fieldZone:
			n := 0
			if off, n = zonePrefix(t); n == 0 {
				return 0, false
			}
			t = t[n:]
			continue
		case fieldHalf:
			n := 0
			if half, n = halfPrefix(t); n == 0 {
				return 0, false
			}
			t = t[n:]
			continue
		}
		n := it.width
		if n == 0 {
			if n = min(digits(t), 2); n == 0 {
				return 0, false
			}
		} else if len(t) < n || digits(t[:n]) != n {
			return 0, false
		}
		var v int64
		for _, c := range t[:n] {
			v = v*10 + int64(c-'0')
		}
		t = t[n:]
		switch it.field {
		case fieldYear:
			y = v
		case fieldMonth:
			mon = v
		case fieldDay:
			d = v
		case fieldHour:
			h = v
		case fieldMinute:
			m = v
		case fieldSecond:
			s = v
		}
	}
	if half != 0 {
		if h < 1 || h > 12 {
			return 0, false
		}
		h = h%12 + int64(half-1)*12
	}
	if len(t) != 0 || y < 1 || mon < 1 || mon > 12 || d < 1 || d > monthDays(y, mon) || h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	micros = daysOf(y, mon, d)*dayMicros + h*hourMicros + m*minuteMicros + s*secondMicros + frac
	if p.zoned {
		micros += (zone - off) * secondMicros
	}
	return micros, micros >= firstMicros && micros < lastMicros
}

func halfPrefix(t []byte) (half, n int) {
	for i, list := range [][]string{{"AM", "am", "上午"}, {"PM", "pm", "下午"}} {
		for _, s := range list {
			if bytes.HasPrefix(t, []byte(s)) {
				return i + 1, len(s)
			}
		}
	}
	return 0, 0
}

// zonePrefix reads Z, +08, +0800 or +08:00 at the start of t.
func zonePrefix(t []byte) (seconds int64, n int) {
	if len(t) > 0 && t[0] == 'Z' {
		return 0, 1
	}
	if len(t) < 3 || t[0] != '+' && t[0] != '-' || digits(t[1:3]) != 2 {
		return 0, 0
	}
	h, m := int64(t[1]-'0')*10+int64(t[2]-'0'), int64(0)
	n = 3
	rest := t[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	if digits(rest) >= 2 {
		m, n = int64(rest[0]-'0')*10+int64(rest[1]-'0'), len(t)-len(rest)+2
	} else if len(rest) < len(t)-3 {
		return 0, 0
	}
	if h > 15 || m > 59 {
		return 0, 0
	}
	seconds = h*3600 + m*60
	if t[0] == '-' {
		seconds = -seconds
	}
	return seconds, n
}

// zoneOf reads a zone of the form +08:00.
func zoneOf(s string) (seconds int64, ok bool) {
	if len(s) != 6 || s[3] != ':' {
		return 0, false
	}
	seconds, n := zonePrefix([]byte(s))
	return seconds, n == 6
}

func monthDays(y, m int64) int64 {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysOf counts the days since 1970-01-01 of a day of the proleptic Gregorian
// calendar.
func daysOf(y, m, d int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era, yoe := floorDiv(y, 400)
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + (153*(m-3)+2)/5 + d - 1 - 719468
}

// civil is the inverse of daysOf.
func civil(days int64) (y, m, d int64) {
	era, doe := floorDiv(days+719468, 146097)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m, d = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if m > 12 {
		y, m = y+1, m-12
	}
	return y, m, d
}

func floorDiv(a, b int64) (q, r int64) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}
