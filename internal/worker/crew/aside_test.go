package crew

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// asideFile is an Aside that looks at what it keeps.
func asideFile(t *testing.T) (*Aside, func() []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aside")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	a := &Aside{Append: w, Read: r}
	t.Cleanup(a.Close)
	return a, func() []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// TestChannelAside: rows that a loader puts aside come back, and the file that
// keeps them meanwhile shows nothing of them: not a value, not a token, not the
// same bytes for the same rows.
func TestChannelAside(t *testing.T) {
	rec := loadRecord()
	rec.Key = []string{"id", "cost"}
	rec.Columns = append(rec.Columns, glovebox.Column{Name: "note", Type: glovebox.String, Class: glovebox.ClassPersonal, MaxBytes: 100})
	var text strings.Builder
	text.WriteString("id,phone,cost,note\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "p%d,%d,%d,marker-7391-of-a-row\n", i/2, 13800000000+i, i%1000)
	}
	inside, outside := kept{}, kept{}
	o := loadOptions(inside)
	file, content := asideFile(t)
	o.Spill, o.Hold = file, 1
	got, err := Load(t.Context(), rec, sourceFile(t, text.String()), o)
	if err != nil {
		t.Fatal(err)
	}
	want, err := engine.Load(t.Context(), rec, sourceFile(t, text.String()), loadOptions(outside))
	if err != nil || !bytes.Equal(got.ManifestBytes, want.ManifestBytes) {
		t.Fatalf("with rows put aside: %s\nwithout: %s, %v", got.ManifestBytes, want.ManifestBytes, err)
	}
	b := content()
	if len(b) < 100_000 || bytes.Contains(b, []byte("marker")) || bytes.Contains(b, []byte("7391")) {
		t.Fatalf("%d bytes lie aside, or they can be read", len(b))
	}
	token := engine.UnitToken(o.UnitKey, "", "p7")
	seen := map[[16]byte]bool{}
	for i := 0; i+16 <= len(b); i++ {
		if bytes.Equal(b[i:i+8], token[:8]) {
			t.Fatal("a token lies aside")
		}
		if i%16 == 0 {
			if seen[[16]byte(b[i:])] {
				t.Fatal("the same bytes lie aside twice") // by chance: below 1e-30
			}
			seen[[16]byte(b[i:])] = true
		}
	}
}

// TestAsideIsBounded: a loader that puts aside more than any file needs, or that
// may not, is told off.
func TestAsideIsBounded(t *testing.T) {
	file, content := asideFile(t)
	r := &receiver{o: &engine.LoadOptions{Spill: file}, aside: 10}
	if err := r.take(jail.Frame{Kind: role.FrameAside, Payload: make([]byte, 10)}); err != nil || len(content()) != 10 {
		t.Fatalf("%d bytes: %v", len(content()), err)
	}
	if err := r.take(jail.Frame{Kind: role.FrameAside, Payload: []byte{1}}); glovebox.CodeOf(err) != glovebox.CodeInvalid || len(content()) != 10 {
		t.Fatalf("%d bytes: %v", len(content()), err)
	}
	if err := (&receiver{o: &engine.LoadOptions{}, aside: 10}).take(jail.Frame{Kind: role.FrameAside}); !errors.Is(err, jail.ErrFrame) {
		t.Fatal(err)
	}
}
