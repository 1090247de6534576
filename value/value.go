package value

import (
	"strconv"

	"glovebox.example/glovebox"
)

// Value is a value of a declared type: I of int32, int64, bool (0 or 1), date
// (days since 1970-01-01), datetime (microseconds since 1970-01-01 00:00:00 on
// the column's clock) and decimal (times ten to the column's scale); F of
// float64; T of string, valid until the parser's next call.
type Value struct {
	I int64
	F float64
	T []byte
}

// Fault says why a text is no value; None if it is one.
type Fault uint8

// The faults.
const (
	None    Fault = iota
	Type          // not a value of the type, in none of the declared ways
	Rounded       // a long number that a spreadsheet program rounded, such as 4.2E+17
)

// Parser reads the texts of one column. It is for one goroutine at a time.
type Parser struct {
	col    glovebox.Column
	ways   ways
	number numberForm
	times  []pattern
	pairs  []pair
	zone   int64 // seconds that the column's clock is ahead of UTC
	buf    []byte
	buf2   []byte
	buf3   []byte
}

// Compile makes the parser of a column. It fails with code invalid, without a
// field, where a way of writing does not fit the type.
func Compile(c glovebox.Column) (*Parser, error) {
	p := &Parser{col: c}
	if c.Type == glovebox.DateTime {
		var ok bool
		if p.zone, ok = zoneOf(c.Clock()); !ok {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the zone is not of the form +08:00")
		}
	}
	for i, w := range c.Written {
		for _, o := range c.Written[:i] {
			if o == w {
				return nil, glovebox.Errorf(glovebox.CodeInvalid, "a way of writing is listed twice")
			}
		}
		if err := p.add(w); err != nil {
			return nil, err
		}
	}
	return p, p.settle()
}

// Plain says whether the column's values are written as its type is by
// default, and the type is one that a query engine reads from text itself.
func Plain(c glovebox.Column) bool {
	return len(c.Written) == 0 && c.Type != glovebox.DateTime && c.Type != glovebox.Decimal
}

// Parse reads a text. A missing value is the caller's to know: an empty text is
// a text here. With Rounded comes the text as it is.
func (p *Parser) Parse(text []byte) (Value, Fault) {
	t := p.ways.apply(p, text)
	switch p.col.Type {
	case glovebox.String:
		if LooksRounded(t) && (p.col.Format != "" || p.col.Class == glovebox.ClassIdentifier) {
			return Value{T: t}, Rounded
		}
		return Value{T: t}, None
	case glovebox.Int32, glovebox.Int64, glovebox.Float64, glovebox.Decimal:
		return p.parseNumber(t)
	case glovebox.Bool:
		return p.parseBool(t)
	case glovebox.Date, glovebox.DateTime:
		return p.parseTime(t)
	}
	return Value{}, Type
}

// LooksRounded says whether a text is a number as a spreadsheet program shows
// one that has too many digits for it, such as 4.2028119690E+17. The last
// digits of such a number are lost.
func LooksRounded(t []byte) bool {
	i := 0
	if i < len(t) && (t[i] == '-' || t[i] == '+') {
		i++
	}
	if i >= len(t) || t[i] < '1' || t[i] > '9' {
		return false
	}
	if i++; i < len(t) && t[i] == '.' {
		n := digits(t[i+1:])
		if n == 0 || n > 20 {
			return false
		}
		i += 1 + n
	}
	if i+2 >= len(t) || t[i] != 'E' && t[i] != 'e' || t[i+1] != '+' {
		return false
	}
	n := digits(t[i+2:])
	return n >= 1 && n <= 3 && i+2+n == len(t)
}

// digits counts the digits at the start of b.
func digits(b []byte) int {
	for i, c := range b {
		if c < '0' || c > '9' {
			return i
		}
	}
	return len(b)
}

// AppendDate appends a day as YYYY-MM-DD; years lie in 0001 to 9999.
func AppendDate(b []byte, days int64) []byte {
	y, m, d := civil(days)
	b = appendPadded(b, y, 4)
	b = append(b, '-')
	b = appendPadded(b, m, 2)
	b = append(b, '-')
	return appendPadded(b, d, 2)
}

// AppendDateTime appends a time as YYYY-MM-DD hh:mm:ss, with six digits of its
// fraction where it has one.
func AppendDateTime(b []byte, micros int64) []byte {
	days, rest := floorDiv(micros, dayMicros)
	b = append(AppendDate(b, days), ' ')
	b = append(appendPadded(b, rest/hourMicros, 2), ':')
	b = append(appendPadded(b, rest/minuteMicros%60, 2), ':')
	b = appendPadded(b, rest/secondMicros%60, 2)
	if f := rest % secondMicros; f != 0 {
		b = appendPadded(append(b, '.'), f, 6)
	}
	return b
}

// AppendDecimal appends a scaled whole number with its decimal point.
func AppendDecimal(b []byte, scaled int64, scale int) []byte {
	at := len(b)
	b = strconv.AppendInt(b, scaled, 10)
	if scale == 0 {
		return b
	}
	if b[at] == '-' {
		at++
	}
	for len(b)-at <= scale {
		b = append(b[:at], append([]byte("0"), b[at:]...)...)
	}
	dot := len(b) - scale
	return append(b[:dot], append([]byte("."), b[dot:]...)...)
}

func appendPadded(b []byte, n int64, width int) []byte {
	var digits [20]byte
	i := len(digits)
	for ; n > 0 || len(digits)-i < width; n /= 10 {
		i--
		digits[i] = byte('0' + n%10)
	}
	return append(b, digits[i:]...)
}

// Bounds of a datetime, and its clock's day, in microseconds.
const (
	MinTime   = firstMicros
	MaxTime   = lastMicros - 1
	DayMicros = dayMicros
)

// DayInRange is None if a day lies in the years 0001 to 9999.
func DayInRange(days int64) Fault {
	if days < firstDay || days > lastDay {
		return Type
	}
	return None
}

// ClockMicros is how far the clock of a column is ahead of UTC, in
// microseconds; 0 for a zone that Compile refuses.
func ClockMicros(c glovebox.Column) int64 {
	s, _ := zoneOf(c.Clock())
	return s * secondMicros
}

// Canonical reads a number that is written in the ordinary way, whatever way
// the column's texts are written in. An exponent is read where the type is a
// float64 alone.
func Canonical(c glovebox.Column, text []byte) (Value, Fault) {
	p := Parser{col: c}
	if c.Type == glovebox.Int32 || c.Type == glovebox.Int64 {
		p.number.zeroDecimals = true
	}
	return p.parseNumber(text)
}

// Bound reads a bound of a datetime or a decimal as the whole number that
// stands for it: YYYY-MM-DD hh:mm:ss on the column's clock, or YYYY-MM-DD for
// its first moment; a number.
func Bound(c glovebox.Column, b glovebox.Bound) (int64, bool) {
	if c.Type == glovebox.Decimal {
		v, f := Canonical(c, []byte(b))
		return v.I, f == None
	}
	c.Written = []string{"YYYY-MM-DD hh:mm:ss", "YYYY-MM-DD"}
	p, err := Compile(c)
	if err != nil {
		return 0, false
	}
	v, f := p.Parse([]byte(b))
	return v.I, f == None && c.Type == glovebox.DateTime
}

// Step is a step of a decimal column as a whole number of its units, below
// 2^53; 0: it is none.
func Step(step float64, scale int) int64 {
	v, f := Canonical(glovebox.Column{Type: glovebox.Decimal, Scale: scale}, strconv.AppendFloat(nil, step, 'f', -1, 64))
	if f != None || v.I < 1 || v.I > 1<<53 {
		return 0
	}
	return v.I
}
