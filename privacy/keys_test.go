package privacy

import (
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

// TestTextKeys: what a field accepts from a guest is exactly what it encodes,
// and it decodes to the same text.
func TestTextKeys(t *testing.T) {
	for _, width := range []int{1, 7, 8, 9, 10, 16, 64} {
		f := check.Must(newField(glovebox.KeyField{Name: "t", Type: glovebox.String, Width: width}, "t"))
		for text, ok := range map[string]bool{
			"":                              true,
			"a":                             true,
			strings.Repeat("x", width):      true,
			strings.Repeat("x", width+1):    false,
			strings.Repeat("\u4e59", 3):     width >= 9,
			"\xff":                          false,
			"\xe4\xb9":                      false, // half a character
			"\x00a":                         false,
			"a\x00b":                        false,
			"\n":                            false,
			"\x7f":                          false,
			"\u0085":                        false,
			"\ufffd":                        false, // it stands for what was lost
			" ":                             false,
			"a b":                           width >= 3,
			"p\u0430":                       false, // Cyrillic а
			"\u3164":                        false, // a filler
			"a\ufe0f":                       false, // a variation selector
			"a\u00a0b":                      false,
			"\u5f20\u4e09":                  width >= 6,
			strings.Repeat("\U0001f9e4", 2): width >= 8,
		} {
			if len(text) > f.words*8 {
				continue // a guest has no room for it
			}
			raw := make([]uint64, f.words)
			for i := range len(text) {
				raw[i/8] |= uint64(text[i]) << (8 * (i % 8))
			}
			if f.valid(raw) != ok {
				t.Errorf("width %d, text %q: valid is not %v", width, text, ok)
			}
			v, wrong := f.parse(text)
			if (wrong == "") != ok {
				t.Errorf("width %d, text %q: declared, it is %q", width, text, wrong)
			}
			if !ok {
				continue
			}
			enc := make([]uint64, f.words)
			f.encode(enc, v)
			if !equalWords(enc, raw) || f.decode(enc) != text {
				t.Errorf("width %d, text %q: %x decodes to %q", width, text, enc, f.decode(enc))
			}
		}
	}
}

// TestIntKeys: negative numbers come before positive ones, and none is changed.
func TestIntKeys(t *testing.T) {
	f := check.Must(newField(glovebox.KeyField{Name: "k", Type: glovebox.Int64}, "k"))
	last := []uint64(nil)
	for _, v := range []int64{-1 << 63, -5, -1, 0, 1, 255, 256, 1<<63 - 1} {
		enc := make([]uint64, 1)
		f.encode(enc, v)
		if f.decode(enc) != v || !f.valid(enc) {
			t.Errorf("%d decodes to %v", v, f.decode(enc))
		}
		if last != nil && f.compare(last, enc) >= 0 {
			t.Errorf("%d does not come after the one before", v)
		}
		last = enc
	}
}
