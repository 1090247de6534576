package work

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
)

// partFiles loads n units of one row each and returns the one part, in memory.
func partFiles(tb testing.TB, n int) Files {
	var csv bytes.Buffer
	csv.WriteString("person,born,cost\n")
	rng := rand.New(rand.NewPCG(13, 14))
	for i := range n {
		fmt.Fprintf(&csv, "p%07d,%d,%d\n", i, 1900+rng.IntN(120), rng.IntN(2000)-200)
	}
	path := filepath.Join(tb.TempDir(), "bills.csv")
	if err := os.WriteFile(path, csv.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	src, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer src.Close()
	var part *os.File
	res, err := engine.Load(tb.Context(), glovebox.Dataset{
		Code: "bills", Source: glovebox.Source{Format: "csv"}, Unit: glovebox.Unit{Space: "person", Column: "person", MaxRows: 10},
		Columns: []glovebox.Column{
			{Name: "person", Type: glovebox.String, Class: glovebox.ClassIdentifier},
			{Name: "born", Type: glovebox.Int32, Class: glovebox.ClassPersonal},
			{Name: "cost", Type: glovebox.Float64, Class: glovebox.ClassPersonal},
		},
	}, src, engine.LoadOptions{UnitKey: [32]byte{1}, Parts: 1, Create: func(name string) (io.WriteCloser, error) {
		fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
		if err != nil {
			return nil, err
		}
		part = os.NewFile(uintptr(fd), name)
		tb.Cleanup(func() { part.Close() })
		return keepOpen{part}, nil
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return Files{Manifest: res.Manifest, Part: part}
}

// keepOpen is a file whose writer does not close it.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// TestPartOfScalarFunction: a part goes through a function of kind map_scalar
// like through any other, and twice alike.
func TestPartOfScalarFunction(t *testing.T) {
	w, _, _ := stage(t)
	files := []Files{partFiles(t, 5000)}
	first, err := w.Part(t.Context(), files, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Part(t.Context(), files, nil)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("%v; the aggregates differ", err)
	}
}

// BenchmarkPart is units of one row, from a decrypted part in memory to a
// partial aggregate: verified, decoded, masked, capped, found, run through a
// function of kind map_scalar, bounded, added, encoded.
func BenchmarkPart(b *testing.B) {
	w, _, _ := stage(b)
	files := []Files{partFiles(b, stageUnits)}
	benchStage(b, func() {
		if _, err := w.Part(b.Context(), files, nil); err != nil {
			b.Fatal(err)
		}
	})
}
