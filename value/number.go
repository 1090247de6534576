package value

import (
	"bytes"
	"math"
	"strconv"

	"glovebox.example/glovebox"
)

// MaxScale is the largest scale of a decimal; with it go 18 digits in all.
const (
	MaxScale      = 18
	maxNumber     = 400 // bytes of a number's text
	decimalBound  = 1_000_000_000_000_000_000
	maxShift      = 12 // digits that wan and percent together move the point
	wholeDigits   = 40 // that a whole number has at most, leading zeros with it
	maxExponent   = 4  // digits
	yuan, percent = "元", "%"
)

// numberForm says how numbers are written.
type numberForm struct {
	thousands, decimalComma, currency, percent, wan, parentheses, zeroDecimals, measure bool
}

// parseNumber reads a number of the column's type.
func (p *Parser) parseNumber(t []byte) (Value, Fault) {
	f := &p.number
	neg, shift := false, 0
	if len(t) > maxNumber {
		return Value{}, Type
	}
	t = bytes.Trim(t, " ")
	if f.parentheses && len(t) > 2 && t[0] == '(' && t[len(t)-1] == ')' {
		t, neg = t[1:len(t)-1], true
	}
	if f.currency {
		t = currencyOff(t, &neg)
	}
	if f.measure {
		t = measureOff(t)
	}
	if f.percent {
		cut, ok := bytes.CutSuffix(t, []byte(percent))
		if !ok {
			if cut, ok = bytes.CutSuffix(t, []byte("％")); !ok {
				return Value{}, Type
			}
		}
		t, shift = bytes.TrimRight(cut, " "), -2
	}
	if f.wan {
		for _, u := range manyUnits {
			if cut, ok := bytes.CutSuffix(t, []byte(u.text)); ok {
				t, shift = bytes.TrimRight(cut, " "), shift+u.n
				break
			}
		}
	}
	if neg && len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		return Value{}, Type // two signs
	}
	if f.decimalComma {
		t = p.swapped(t)
	}
	if f.thousands {
		var ok bool
		if t, ok = p.thousandsOff(t); !ok {
			return Value{}, Type
		}
	}
	switch p.col.Type {
	case glovebox.Float64:
		return p.float(t, neg, shift)
	case glovebox.Decimal:
		return fixed(t, neg, shift, p.col.Scale, decimalBound, false)
	}
	var v Value
	var fault Fault
	if shift == 0 && !f.zeroDecimals {
		v, fault = whole(t, neg)
	} else {
		v, fault = fixed(t, neg, shift, 0, 0, true)
	}
	if p.col.Type == glovebox.Int32 && (v.I > math.MaxInt32 || v.I < math.MinInt32) {
		return Value{}, Type
	}
	return v, fault
}

// currencyOff takes a currency off a number. A sign may stand before it.
func currencyOff(t []byte, neg *bool) []byte {
	signed := len(t) > 1 && t[0] == '-' && !*neg
	body := t
	if signed {
		body = t[1:]
	}
	for _, mark := range []string{"¥", "￥", "RMB", "CNY", "人民币"} {
		if cut, ok := bytes.CutPrefix(body, []byte(mark)); ok {
			body = bytes.TrimLeft(cut, " ")
			if signed {
				*neg = true
			}
			t = body
			break
		}
	}
	for _, end := range []string{"元整", "元正", yuan} {
		if cut, ok := bytes.CutSuffix(t, []byte(end)); ok {
			return bytes.TrimRight(cut, " ")
		}
	}
	return t
}

// swapped puts points where commas stand, and the other way about.
func (p *Parser) swapped(t []byte) []byte {
	b := append(p.buf3[:0], t...)
	for i, c := range b {
		switch c {
		case ',':
			b[i] = '.'
		case '.':
			b[i] = ','
		}
	}
	p.buf3 = b
	return b
}

// thousandsOff takes commas out that stand before every third digit of the
// whole part. A number without commas is as it stands.
func (p *Parser) thousandsOff(t []byte) ([]byte, bool) {
	if bytes.IndexByte(t, ',') < 0 {
		return t, true
	}
	b, sign := p.buf2[:0], 0
	if t[0] == '-' || t[0] == '+' {
		sign = 1
	}
	whole, rest := t[sign:], []byte(nil)
	if dot := bytes.IndexByte(whole, '.'); dot >= 0 {
		whole, rest = whole[:dot], whole[dot:]
	}
	b = append(b, t[:sign]...)
	for i, group := range bytes.Split(whole, []byte(",")) {
		if digits(group) != len(group) || i > 0 && len(group) != 3 || i == 0 && (len(group) == 0 || len(group) > 3) {
			return nil, false
		}
		b = append(b, group...)
	}
	if bytes.IndexByte(rest, ',') >= 0 {
		return nil, false
	}
	p.buf2 = append(b, rest...)
	return p.buf2, true
}

// whole reads an int64: digits with an optional sign.
func whole(t []byte, neg bool) (Value, Fault) {
	i := 0
	if len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		i = 1
	}
	n := len(t) - i
	if n == 0 || n > wholeDigits {
		return Value{}, Type
	}
	var u uint64
	for _, c := range t[i:] {
		d := uint64(c - '0')
		if d > 9 || u > (math.MaxUint64-d)/10 {
			return Value{}, Type
		}
		u = u*10 + d
	}
	switch {
	case neg && u <= 1<<63:
		return Value{I: int64(-u)}, None
	case !neg && u < 1<<63:
		return Value{I: int64(u)}, None
	}
	return Value{}, Type
}

// decimalText takes a decimal without an exponent apart.
func decimalText(t []byte, neg bool) (sign bool, whole, fraction []byte, ok bool) {
	if len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		neg, t = t[0] == '-', t[1:]
	}
	n := digits(t)
	whole = t[:n]
	if n < len(t) {
		if t[n] != '.' {
			return false, nil, nil, false
		}
		fraction = t[n+1:]
		if digits(fraction) != len(fraction) {
			return false, nil, nil, false
		}
	}
	return neg, whole, fraction, len(whole)+len(fraction) > 0
}

// fixed reads a decimal times ten to the shift as a whole number of units of
// ten to the minus scale, exactly: digits behind the last unit are zeros. Its
// size is below bound; 0: it fits an int64.
func fixed(t []byte, neg bool, shift, scale int, bound uint64, wholePart bool) (Value, Fault) {
	neg, whole, fraction, ok := decimalText(t, neg)
	if !ok || wholePart && len(whole) == 0 {
		return Value{}, Type
	}
	point := len(whole) + shift + scale // digits of the two together before the unit's end
	var u uint64
	for i := range max(point, len(whole)+len(fraction)) {
		d := uint64(0)
		switch {
		case i < len(whole):
			d = uint64(whole[i] - '0')
		case i < len(whole)+len(fraction):
			d = uint64(fraction[i-len(whole)] - '0')
		}
		if i >= point {
			if d != 0 {
				return Value{}, Type
			}
			continue
		}
		if u > (math.MaxUint64-d)/10 {
			return Value{}, Type
		}
		u = u*10 + d
	}
	if point < 0 && u != 0 || bound > 0 && u >= bound {
		return Value{}, Type
	}
	switch {
	case neg && u <= 1<<63:
		return Value{I: int64(-u)}, None
	case !neg && u < 1<<63:
		return Value{I: int64(u)}, None
	}
	return Value{}, Type
}

// float reads the float64 nearest to a decimal times ten to the shift: digits
// with an optional sign, point and exponent. Zero has no sign.
func (p *Parser) float(t []byte, neg bool, shift int) (Value, Fault) {
	i := 0
	if len(t) > 0 && (t[0] == '-' || t[0] == '+') {
		i = 1
	}
	n := digits(t[i:])
	end := i + n
	if end < len(t) && t[end] == '.' {
		m := digits(t[end+1:])
		n, end = n+m, end+1+m
	}
	if n == 0 {
		return Value{}, Type
	}
	mantissa, exponent := t[:end], 0
	if end < len(t) {
		if t[end] != 'e' && t[end] != 'E' {
			return Value{}, Type
		}
		e := t[end+1:]
		if len(e) > 0 && (e[0] == '-' || e[0] == '+') {
			e = e[1:]
		}
		if len(e) == 0 || digits(e) != len(e) {
			return Value{}, Type
		}
		exponent, _ = strconv.Atoi(string(t[end+1:])) // too long a text gives the largest number of its sign
		exponent = min(max(exponent, -100_000), 100_000)
	}
	text := mantissa
	if exponent+shift != 0 {
		b := append(append(p.buf2[:0:0], mantissa...), 'e')
		text = strconv.AppendInt(b, int64(exponent+shift), 10)
	}
	f, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err != nil || math.IsInf(f, 0):
		return Value{}, Type
	case f == 0:
		return Value{}, None
	case neg:
		f = -f
	}
	return Value{F: f}, None
}
