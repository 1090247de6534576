package value

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// Ways of writing that are no pattern, as a record lists them.
const (
	Trim         = "trim"          // white space around a value does not count
	NoSpaces     = "no-spaces"     // white space anywhere in a value does not count
	NoHyphens    = "no-hyphens"    // string: hyphens and dashes in a value do not count
	NoInvisible  = "no-invisible"  // characters of no width and of direction do not count
	FullWidth    = "full-width"    // full-width letters, digits and marks are the ordinary ones
	ExcelText    = "excel-text"    // '4202 and ="4202" are the text 4202
	Upper        = "upper"         // string: small letters of ASCII are capital ones
	ID15         = "id15"          // string, cn-resident-id: 15-digit numbers of before 1999 are made 18-digit
	Thousands    = "thousands"     // number: 1,234,567.50
	DecimalComma = "decimal-comma" // number: 3066,50 is 3066.50; with thousands, 1.234.567,50 is 1234567.50
	Chinese      = "chinese"       // number, date, datetime: 二〇二五 is 2025, 三千零五 is 3005, 叁佰 is 300
	Currency     = "currency"      // number: ¥ ￥ RMB CNY 人民币 before it or 元 behind it do not count
	Percent      = "percent"       // float64, decimal: 12.5% is 0.125; every value has the sign
	Wan          = "wan"           // number: 1.2万 is 12000, 5千 is 5000, 3亿 is 300000000; others are as they stand
	Parentheses  = "parentheses"   // number: (12.50) is -12.50
	Measure      = "measure"       // number: a unit of measure behind it, such as ㎡ or 岁, does not count
	ZeroDecimals = "zero-decimals" // int32, int64: 3066.00 is 3066
	Serial       = "serial"        // date, datetime: days of a spreadsheet, 45369 is 2024-03-18
	Unix         = "unix"          // datetime: seconds since 1970-01-01 00:00:00 UTC
	UnixMillis   = "unix-ms"       // datetime: thousandths of a second since then
)

// wayTypes are the types that each word is for; nil: all.
var wayTypes = map[string][]glovebox.Type{
	Trim: nil, NoSpaces: nil, NoInvisible: nil, FullWidth: nil, ExcelText: nil,
	Upper: {glovebox.String}, ID15: {glovebox.String}, NoHyphens: {glovebox.String},
	Thousands: numbers, DecimalComma: numbers, Currency: numbers, Wan: numbers, Parentheses: numbers, Measure: numbers,
	Chinese:      append([]glovebox.Type{glovebox.Date, glovebox.DateTime}, numbers...),
	Percent:      {glovebox.Float64, glovebox.Decimal},
	ZeroDecimals: {glovebox.Int32, glovebox.Int64},
	Serial:       {glovebox.Date, glovebox.DateTime},
	Unix:         {glovebox.DateTime},
	UnixMillis:   {glovebox.DateTime},
}

var numbers = []glovebox.Type{glovebox.Int32, glovebox.Int64, glovebox.Float64, glovebox.Decimal}

// Words are the ways of writing that are no pattern, sorted.
func Words() []string {
	var out []string
	for w := range wayTypes {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}

// ways are the words that change a text before it is read.
type ways struct {
	trim, noSpaces, noHyphens, noInvisible, fullWidth, excel, upper, id15, chinese bool
}

// add takes in one way of writing.
func (p *Parser) add(w string) error {
	types, word := wayTypes[w]
	if word && types != nil && !slices.Contains(types, p.col.Type) {
		return glovebox.Errorf(glovebox.CodeInvalid, "%q is no way of writing a value of type %s", w, p.col.Type).
			WithFix("docs/formats/dataset.md lists the ways of writing of each type")
	}
	switch w {
	case Trim:
		p.ways.trim = true
	case NoSpaces:
		p.ways.noSpaces = true
	case NoHyphens:
		p.ways.noHyphens = true
	case NoInvisible:
		p.ways.noInvisible = true
	case FullWidth:
		p.ways.fullWidth = true
	case ExcelText:
		p.ways.excel = true
	case Upper:
		p.ways.upper = true
	case ID15:
		if p.col.Format != "cn-resident-id" {
			return glovebox.Errorf(glovebox.CodeInvalid, "%q is for format cn-resident-id", w).WithFix("declare the format, or leave it out")
		}
		p.ways.id15 = true
	case Thousands:
		p.number.thousands = true
	case DecimalComma:
		p.number.decimalComma = true
	case Chinese:
		p.ways.chinese = true
	case Currency:
		p.number.currency = true
	case Percent:
		p.number.percent = true
	case Wan:
		p.number.wan = true
	case Parentheses:
		p.number.parentheses = true
	case Measure:
		p.number.measure = true
	case ZeroDecimals:
		p.number.zeroDecimals = true
	case Serial, Unix, UnixMillis:
		p.times = append(p.times, pattern{count: w})
	default:
		return p.addForm(w)
	}
	return nil
}

// addForm takes in a pattern or a pair of texts.
func (p *Parser) addForm(w string) error {
	switch p.col.Type {
	case glovebox.Date, glovebox.DateTime:
		t, err := compilePattern(w, p.col.Type == glovebox.DateTime)
		if err != nil {
			return err
		}
		p.times = append(p.times, t)
		return nil
	case glovebox.Bool:
		yes, no, ok := strings.Cut(w, "/")
		if !ok || yes == "" || no == "" || yes == no || strings.Contains(no, "/") {
			return glovebox.Errorf(glovebox.CodeInvalid, "a way of writing of type bool is two texts with a slash between, such as 是/否, the first for true").
				WithFix("write it so")
		}
		p.pairs = append(p.pairs, pair{yes, no})
		return nil
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "%q is no way of writing a value of type %s", w, p.col.Type).
		WithFix("docs/formats/dataset.md lists the ways of writing of each type")
}

// settle looks at all ways of writing together.
func (p *Parser) settle() error {
	if p.ways.chinese && p.number.measure {
		return glovebox.Errorf(glovebox.CodeInvalid, "two ways of writing read one text as two values").
			WithFix("declare one of them, and write the file in it") // 五千米: 5 km or 5000 m
	}
	if err := p.checkPairs(); err != nil {
		return err
	}
	return p.checkTimes()
}

// apply changes a text as the words say. The result is valid until the next
// call.
func (w *ways) apply(p *Parser, t []byte) []byte {
	if w.noInvisible && !plain(t) {
		t = p.without(t, Invisible)
	}
	if w.fullWidth && !plain(t) {
		t = p.half(t)
	}
	if w.trim || w.excel {
		t = bytes.TrimSpace(t)
	}
	if w.excel {
		switch {
		case len(t) > 1 && t[0] == '\'':
			t = t[1:]
		case len(t) >= 3 && t[0] == '=' && t[1] == '"' && t[len(t)-1] == '"':
			t = t[2 : len(t)-1]
		}
		if w.trim {
			t = bytes.TrimSpace(t)
		}
	}
	if w.noSpaces {
		t = p.without(t, unicode.IsSpace)
	}
	if w.chinese {
		t = p.arabic(t)
	}
	if w.noHyphens {
		t = p.without(t, hyphen)
	}
	if w.id15 {
		t = p.longID(t)
	}
	if w.upper {
		b := p.buf2[:0]
		for _, c := range t {
			if c >= 'a' && c <= 'z' {
				c -= 'a' - 'A'
			}
			b = append(b, c)
		}
		p.buf2, t = b, b
	}
	return t
}

// without leaves characters out of a text.
func (p *Parser) without(t []byte, out func(rune) bool) []byte {
	if !bytes.ContainsFunc(t, out) {
		return t
	}
	b := p.buf2[:0]
	for _, r := range string(t) {
		if !out(r) {
			b = utf8.AppendRune(b, r)
		}
	}
	p.buf2 = b
	return b
}

// Invisible says whether a character shows nothing and takes no place: of no
// width, of direction, a byte order mark.
func Invisible(r rune) bool {
	return r == 0x00AD || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}

func hyphen(r rune) bool { return r == '-' || r >= 0x2010 && r <= 0x2015 || r == 0x2212 }

// plain says whether a text is ASCII.
func plain(t []byte) bool {
	for _, c := range t {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// half writes full-width characters (U+FF01 to U+FF5E, the ideographic space,
// and the minus sign U+2212) as the ordinary ones.
func (p *Parser) half(t []byte) []byte {
	b := p.buf[:0]
	for _, r := range string(t) {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFF01 - '!'
		case r == 0x3000:
			r = ' '
		case r == 0x2212: // a minus sign
			r = '-'
		}
		b = utf8.AppendRune(b, r)
	}
	p.buf = b
	return b
}

// longID makes the 18-digit number of a 15-digit one (GB 11643-1989): the year
// was of the 20th century, and there was no check character. What is no such
// number stays as it is.
func (p *Parser) longID(t []byte) []byte {
	s := bytes.TrimSpace(t)
	if len(s) != 15 || digits(s) != 15 {
		return t
	}
	var b [18]byte
	copy(b[:], s[:6])
	copy(b[6:], "19")
	copy(b[8:], s[6:])
	b[17] = ResidentCheck(b[:17])
	p.buf2 = append(p.buf2[:0], b[:]...)
	return p.buf2
}

// ResidentCheck is the check character of the first 17 digits of a resident
// number (ISO 7064 MOD 11-2).
func ResidentCheck(b []byte) byte {
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(b[i]-'0') * weight
	}
	return "10X98765432"[sum%11]
}
