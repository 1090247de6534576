package crew

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/find"
)

// TestChannelLook: a look at a file behind the walls says what one without them
// does, of every form; a file that is none is refused there.
func TestChannelLook(t *testing.T) {
	for name, data := range formFiles(t) {
		hint := glovebox.Source{}
		if name == "sqlite" {
			hint.Table = "visits"
		}
		f := sourceFile(t, string(data))
		got, err := Look(t.Context(), f, hint)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := find.Look(t.Context(), f, int64(len(data)), hint)
		a, err1 := json.Marshal(got)
		b, err2 := json.Marshal(want)
		if errors.Join(err, err1, err2) != nil || !bytes.Equal(a, b) || got.Rows != 3 || len(got.Columns) != 3 || got.Columns[2].Type != glovebox.Int64 {
			t.Errorf("%s: %s behind the walls, %s without: %v", name, a, b, err)
		}
	}
	for _, text := range []string{"", "%PDF-1.7 \xe2 secret", "\x00\x01\x02\x03secret", `{"a": 1`} {
		if s, err := Look(t.Context(), sourceFile(t, text), glovebox.Source{}); err == nil && s.Rows > 0 || err != nil && (glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
	if _, err := Look(t.Context(), os.Stdin, glovebox.Source{}); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("no regular file: %v", err)
	}
}
