package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

// TestTypedPiecesAgree loads random files, most of them with faults, as they
// stand and as rows that package value types: reports and snapshots are the same.
func TestTypedPiecesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	r := rand.New(rand.NewPCG(11, 3))
	values := map[string][]string{
		"town":   {"还地桥镇", "x", "", `"a,b"`, `"a""b"`, strings.Repeat("长", 30), "Ünïcode"},
		"age":    {"5", "+7", "-3", " 12 ", "007", "1.0", "1e3", "2147483648", "", "abc", "１２", "120"},
		"cost":   {"1.5", "-0", "+2", ".5", "5.", "1e3", "1E400", "inf", "nan", "", "1_000", "0x10", " 7 ", "1e-400", "0.1"},
		"seen":   {"2024-02-29", "2023-02-29", "2024-3-1", " 2024-03-01 ", "0000-01-01", "9999-12-31", "", "2024/03/01"},
		"urgent": {"true", "F", "YES", "no", "1", "0", "on", "2", "", "是", " y "},
	}
	names := []string{"town", "age", "cost", "seen", "urgent"}
	rejected := int64(0)
	for range 30 {
		var b strings.Builder
		b.WriteString("person," + strings.Join(names, ",") + "\n")
		for i := range 40 {
			fmt.Fprintf(&b, "%s%d", []string{"9.9E+1", "", "p"}[min(r.IntN(40), 2)], i%7)
			for _, n := range names {
				list := values[n]
				v := list[r.IntN(len(list))]
				if r.IntN(3) > 0 {
					v = list[0]
				}
				b.WriteString("," + v)
			}
			b.WriteString([]string{",x\n", "\r\n", "\n"}[min(r.IntN(30), 2)])
		}
		one := func(change func(*glovebox.Dataset)) (string, LoadReport) {
			ds := glovebox.Dataset{
				Code: "x", Source: glovebox.Source{Format: "csv"}, Unit: glovebox.Unit{Space: "person", Column: "person", MaxRows: 3}, MaxRejects: 1,
				Columns: []glovebox.Column{
					{Name: "person", Type: glovebox.String, Class: glovebox.ClassIdentifier, Keep: true},
					{Name: "town", Type: glovebox.String, Class: glovebox.ClassPersonal, MaxBytes: 20, Nullable: true},
					{Name: "age", Type: glovebox.Int32, Class: glovebox.ClassPersonal, Min: "-3", Max: "119"},
					{Name: "cost", Type: glovebox.Float64, Class: glovebox.ClassPersonal, Nullable: true},
					{Name: "seen", Type: glovebox.Date, Class: glovebox.ClassPersonal, Min: "1900-01-01"},
					{Name: "urgent", Type: glovebox.Bool, Class: glovebox.ClassPersonal, Nullable: true},
				},
				Quality: []glovebox.Quality{{Name: "rule", Check: "age < 100 or urgent"}},
			}
			ds.Source.Null = []string{""}
			change(&ds)
			v := newVault()
			res, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(b.String())), testOptions(v))
			if err != nil {
				t.Fatal(err)
			}
			sums := ""
			for _, p := range res.Manifest.Parts {
				sums += p.SHA256 + p.Sealed.SHA256
			}
			return sums, res.Report
		}
		plain, want := one(func(*glovebox.Dataset) {})
		// A way of writing that changes none of these texts sends all rows through
		// package value.
		typed, got := one(func(d *glovebox.Dataset) { d.Columns[1].Written = []string{"excel-text"} })
		if plain != typed || fmt.Sprint(want) != fmt.Sprint(got) {
			t.Fatalf("as it stands: %+v\ntyped: %+v\n%s", want, got, b.String())
		}
		rejected += got.Rejected
	}
	if rejected < 100 {
		t.Errorf("only %d rows were rejected: the test sees little", rejected)
	}
}
