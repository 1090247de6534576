package work

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/fit"
)

// TestFitCountsUnits: however many rows a unit has, it is in one bin of each
// column, and in the same one whatever the other units are.
func TestFitCountsUnits(t *testing.T) {
	rec := glovebox.Dataset{
		Code: "visits", Source: glovebox.Source{Format: "csv"}, Unit: glovebox.Unit{Space: "person", Column: "person", MaxRows: 50},
		Columns: []glovebox.Column{
			{Name: "person", Type: glovebox.String, Class: glovebox.ClassIdentifier},
			{Name: "kind", Type: glovebox.String, Class: glovebox.ClassPersonal, Values: []string{"a", "b", "c", "d", "e"}},
			{Name: "cost", Type: glovebox.Int32, Class: glovebox.ClassPersonal, Min: "0", Max: "9"},
		},
	}
	l := fit.NewLayout(&rec)
	count := func(units ...int) []uint64 {
		t.Helper()
		csv := bytes.NewBufferString("person,kind,cost\n")
		for _, u := range units {
			for r := range 1 + 10*u {
				fmt.Fprintf(csv, "p%d,%c,%d\n", u, 'a'+(u+r)%5, r%10)
			}
		}
		path := filepath.Join(t.TempDir(), "visits.csv")
		if err := os.WriteFile(path, csv.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		var part *os.File
		res, err := engine.Load(t.Context(), rec, src, engine.LoadOptions{UnitKey: [32]byte{1}, Parts: 1, Create: func(name string) (io.WriteCloser, error) {
			fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
			part = os.NewFile(uintptr(fd), name)
			return keepOpen{part}, err
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer part.Close()
		counts, err := CountPart(t.Context(), l, Files{Manifest: res.Manifest, Part: part})
		if err != nil {
			t.Fatal(err)
		}
		if !l.Consistent(counts) {
			t.Fatal("the counts are not those of any units")
		}
		return counts
	}
	without, with := count(0, 1, 2), count(0, 1, 2, 3)
	units := uint64(0)
	for i := range with[:5] {
		units += with[i]
	}
	if units != 4 {
		t.Errorf("%d units are counted, not 4", units)
	}
	changed, moved := uint64(0), 0
	for i := range with {
		if with[i] < without[i] {
			t.Fatal("a unit more takes another one's place")
		}
		changed += with[i] - without[i]
		if with[i] != without[i] {
			moved++
		}
	}
	if changed != 3 || moved != 3 { // kind, cost, and the pair
		t.Errorf("one unit more changes %d counts by %d in all", moved, changed)
	}
}
