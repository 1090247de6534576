package source

import (
	"strings"
	"testing"
)

func FuzzFileKind(f *testing.F) {
	f.Add([]byte("PK\x03\x04xl/"))
	f.Add([]byte("人员,城镇\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:min(len(b), headBytes)]
		k := kindOf(b)
		if k == nil {
			return
		}
		if k.name == "" || k.fix == "" || k.sure && plainText(b) {
			t.Fatalf("%+v", k)
		}
	})
}

// TestHeadCutInACharacter: a character that the first bytes cut in two is one.
func TestHeadCutInACharacter(t *testing.T) {
	if b := []byte(strings.Repeat("长", headBytes)); !utf8Head(b[:headBytes]) || utf8Head(b[:headBytes-1]) == (headBytes%3 != 1) {
		t.Error("half a character at the end of the first bytes")
	}
}
