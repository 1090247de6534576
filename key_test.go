package glovebox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// TestKeyFieldValue: a value becomes the field's own, or is refused by a text
// that says why.
func TestKeyFieldValue(t *testing.T) {
	number, short := glovebox.KeyField{Type: glovebox.Int64}, glovebox.KeyField{Type: glovebox.String, Width: 3}
	for _, c := range []struct {
		k     glovebox.KeyField
		given any
		want  any // nil: refused
	}{
		{number, json.Number("-7"), int64(-7)}, {number, 7, int64(7)}, {number, int64(7), int64(7)}, {number, uint64(7), int64(7)}, {number, 7.0, int64(7)},
		{number, json.Number("7.5"), nil}, {number, 7.5, nil}, {number, 1e300, nil}, {number, uint64(1) << 63, nil}, {number, json.Number("9223372036854775808"), nil},
		{number, "7", nil}, {number, true, nil}, {number, nil, nil},
		{short, "abc", "abc"}, {short, "", ""}, {short, "abcd", nil}, {short, json.Number("7"), nil}, {short, []any{"a"}, nil},
		{glovebox.KeyField{Type: glovebox.String}, strings.Repeat("a", 32), strings.Repeat("a", 32)},
		{glovebox.KeyField{Type: glovebox.String}, strings.Repeat("a", 33), nil},
	} {
		got, wrong := c.k.Value(c.given)
		if got != c.want || (wrong == nil) != (c.want != nil) {
			t.Errorf("%s %v: %v %v, not %v", c.k.Type, c.given, got, wrong, c.want)
		}
	}
}
