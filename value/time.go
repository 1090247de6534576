package value

import (
	"bytes"

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

var (
	isoDate      = mustCompile("YYYY-MM-DD", false)
	isoDateTimes = func() (out []pattern) {
		for _, s := range isoTimes {
			out = append(out, mustCompile(s, true))
		}
		return out
	}()
)

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

// read reads a text by a pattern. zone is the clock of the column, in seconds
// ahead of UTC.
func (p *pattern) read(t []byte, zone int64) (micros int64, ok bool) {
	var y, mon, d, h, m, s, frac, off int64
	if !p.day {
		d = 1
	}
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
		if it.width == monthName {
			if mon = monthOf(t); mon == 0 {
				return 0, false
			}
			t = t[3:]
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

// monthOf is the month whose English name of three letters begins t, in any
// case; 0: none does.
func monthOf(t []byte) int64 {
	if len(t) >= 3 {
		for i, name := range []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"} {
			if foldASCII(t[:3], name) {
				return int64(i + 1)
			}
		}
	}
	return 0
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
