package text

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"
)

// hostile are texts that play tricks: each stands for a kind.
var hostile = map[string]Fault{
	"a\x1b[31mb":          Control,
	"a\x07":               Control,
	"a\x00b":              Control,
	"a\u0085b":            Control,
	"a\u009b31m":          Control,
	"a\nb":                Control,
	"a\tb":                Control,
	"a\x7f":               Control,
	"a\xffb":              NotUTF8,
	"a\xed\xa0\x80":       NotUTF8,
	"a\ufffd":             Unassigned,
	"a\u202eb":            Invisible, // right-to-left override
	"a\u2066b\u2069":      Invisible,
	"a\u200fb":            Invisible,
	"a\u061cb":            Invisible,
	"a\u200bb":            Invisible, // zero width
	"a\u200db":            Invisible,
	"a\u2060b":            Invisible,
	"a\ufeffb":            Invisible,
	"a\u00adb":            Invisible, // soft hyphen
	"a\u2028b":            Invisible,
	"a\U000e0041":         Invisible, // tag
	"a\U000e0001":         Invisible,
	"a\ufe0f":             Invisible, // variation selectors
	"葛\U000e0100":         Invisible,
	"a\u180b":             Invisible,
	"a\u115f":             Invisible, // Hangul fillers
	"a\u1160":             Invisible,
	"a\u3164":             Invisible,
	"a\uffa0":             Invisible,
	"a\u034f":             Invisible, // grapheme joiner
	"a\u17b4":             Invisible,
	"a\u2800b":            Invisible, // Braille blank
	"a\ufffc":             Invisible,
	"a\U0001d159":         Invisible,
	"a\ue000":             Unassigned, // private use
	"a\U00100000":         Unassigned,
	"a\u0378":             Unassigned,
	"a\ufffe":             Unassigned,
	"a\u00a0b":            OddSpace,
	"a\u2003b":            OddSpace,
	"a\u202fb":            OddSpace,
	"a\u3000b":            OddSpace,
	"a\u1680b":            OddSpace,
	" a":                  EdgeSpace,
	"a ":                  EdgeSpace,
	"a  b":                EdgeSpace,
	" ":                   EdgeSpace,
	"e\u0301":             NotNFC,
	"\uf900":              NotNFC, // 豈, a compatibility ideograph
	"\u212b":              NotNFC, // ångström sign
	"\u212aelvin":         NotNFC, // kelvin sign
	"ａ":                   Variant,
	"１２":                  Variant,
	"\U0001d41a":          Variant, // mathematical bold
	"\ufb01x":             Variant, // ligature
	"\u0251b":             Variant, // Latin alpha
	"\u0261o":             Variant, // script g
	"\u1d00b":             Variant, // small capital
	"\u13aab":             Variant, // Cherokee
	"1\u20105":            Variant, // hyphens
	"\u22125":             Variant,
	"a\u0338":             Variant, // stroke
	"p\u0430ypal":         Mixed,   // Cyrillic а
	"\u0430b":             Mixed,
	"\u0410股":             Mixed,
	"\u0391股":             Mixed, // Greek capital alpha
	"g\u03bfogle":         Mixed, // Greek omicron
	"a\u0561":             Mixed, // Armenian
	"3\u0663":             Mixed, // digits of two rows
	"\u0441\u043e\u0441о": LookAlike,
	"\u0410":              LookAlike,
	"\u039f\u039d":        LookAlike,
	"a\u0330\u0331\u0332": Stacked,
}

var plain = []string{
	"", "a", "A-1", "a b", "Zürich", "naïve café", "大冶市公安局", "张三", "A股", "O型血", "其他（含未知）", "90㎡以下", "Ⅱ型糖尿病", "①类",
	"β受体", "β", "α", "Россия", "Москва 1", "서울", "東京タワー", "ไทย", "ཁམས", "ᠮᠣᠩᠭᠣᠯ", "ꆈꌠ", "العربية", "עברית", "हिन्दी",
	"3–5", "0-5", "100%", "50℃", "阿卜杜拉·买买提", "😀", "“引号”", "PM2.5", "x²", "𠮷野家", "\U000323b0", "\U0002ebf0", "a_b", "=1+1",
}

func TestKeysAndNames(t *testing.T) {
	for s, want := range hostile {
		if got := Key(s); got != want {
			t.Errorf("key %+q: %q, want %q", s, got, want)
		}
		if got := Name(s); got != want {
			t.Errorf("name %+q: %q, want %q", s, got, want)
		}
	}
	for _, s := range plain {
		if got := Key(s); got != "" {
			t.Errorf("key %+q: %q", s, got)
		}
	}
	if Name("") != Empty || Name("张三") != "" {
		t.Error("the empty text is a name, or 张三 is none")
	}
	if Key("x y\u202f"[:3]) != "" {
		t.Error("a plain key is refused")
	}
}

func TestFreeText(t *testing.T) {
	for s, want := range hostile {
		switch want {
		case OddSpace, EdgeSpace, NotNFC, Variant, Mixed, LookAlike, Stacked: // allowed in prose
			want = ""
		}
		if got := Free(s, false); got != want {
			t.Errorf("%+q: %q, want %q", s, got, want)
		}
	}
	if Free("a\n\tb\r\nc", true) != "" || Free("a\rb", true) != Control || Free("a\nb", false) != Control {
		t.Error("line ends are judged wrongly")
	}
}

// TestNothingHiddenIsPrinted prints every code point there is, and every byte.
func TestNothingHiddenIsPrinted(t *testing.T) {
	for r := rune(0); r <= 0xe1000; r++ {
		if r == 0x34000 {
			r = 0xdfff0 // what lies between is not assigned
		}
		s := Printed("a" + string(r) + "b")
		for _, c := range s {
			if c < ' ' || c >= 0x7f && c < 0xa0 || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Variation_Selector) {
				t.Fatalf("%U is printed", r)
			}
		}
		if Key(string(r)) == "" && Printed(string(r)) != string(r) {
			t.Fatalf("%U is a key and not printed as it is", r)
		}
	}
	for c := range 256 {
		if s := Printed(string([]byte{'a', byte(c)})); !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			t.Errorf("byte %x is printed as %q", c, s)
		}
	}
	for s, want := range map[string]string{
		"a\x1b[31m": `a\u{1B}[31m`, "a\u202eb": `a\u{202E}b`, "a\xff": `a\x{FF}`, "a\U000e0041": `a\u{E0041}`, "张三": "张三", "a\nb": `a\u{A}b`, "全　角": "全　角",
	} {
		if got := Printed(s); got != want {
			t.Errorf("%+q is printed as %s, want %s", s, got, want)
		}
	}
	if got := Lines("a\n\tb\r\n\rc"); got != "a\n\tb\r\n\\u{D}c" {
		t.Errorf("lines are printed as %q", got)
	}
}

// TestWriter cuts texts at every place, also within a character.
func TestWriter(t *testing.T) {
	in := "张三\t\x1b[2J\u202e\xe5\xbc\r\nend\r" + strings.Repeat("界", 50) + "\xff\U000e0041"
	for _, js := range []bool{false, true} {
		var whole, bytewise bytes.Buffer
		w := NewWriter(&whole, js)
		if _, err := io.WriteString(w, in); err != nil {
			t.Fatal(err)
		}
		b := NewWriter(&bytewise, js)
		if _, err := io.Copy(struct{ io.Writer }{b}, iotest.OneByteReader(strings.NewReader(in))); err != nil {
			t.Fatal(err)
		}
		for _, x := range []*Writer{w, b} {
			if err := x.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if whole.String() != bytewise.String() || !strings.Contains(whole.String(), "\r\nend") || strings.Contains(whole.String(), "\x1b") {
			t.Errorf("whole %q\nbytewise %q", whole.String(), bytewise.String())
		}
	}
	// What reads the JSON gets the text back.
	doc, err := json.Marshal(map[string]string{"a": "张三\x1b\u202e\U000e0041\u00a0\u200d"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := NewWriter(&out, true).Write(doc); err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(doc, &a) != nil || json.Unmarshal(out.Bytes(), &b) != nil || a.(map[string]any)["a"] != b.(map[string]any)["a"] {
		t.Errorf("%s is read as another text", out.Bytes())
	}
	if bytes.ContainsAny(out.Bytes(), "\u202e\u00a0\u200d\U000e0041") {
		t.Errorf("%q holds what does not show", out.Bytes())
	}
}

func FuzzText(f *testing.F) {
	for s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := Printed(s)
		if Free(strings.ReplaceAll(p, "\ufffd", ""), false) != "" || Printed(p) != p {
			t.Fatalf("%q is printed as %q", s, p)
		}
		if Key(s) == "" && p != s {
			t.Fatalf("the key %q is printed as %q", s, p)
		}
	})
}
