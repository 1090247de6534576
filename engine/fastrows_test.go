package engine

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

// bothWays loads a file with and without the fast reader, and returns how many
// rows the fast reader took.
func bothWays(t testing.TB, ds glovebox.Dataset, csv string) (fast int64) {
	t.Helper()
	type outcome struct {
		Report LoadReport
		Err    string
		Files  map[string]string
	}
	var got [2]outcome
	for i := range got {
		o, v := testOptions(nil), newVault()
		o.Create = v.create
		if err := o.fill(&ds); err != nil {
			t.Fatal(err)
		}
		l, err := newLoader(&ds, o)
		if err != nil {
			t.Fatal(err)
		}
		l.slow = i == 0
		if err = l.read(context.Background(), rowtest.TempFile(t, []byte(csv)), int64(len(csv))); err == nil {
			_, err = l.write(context.Background())
		}
		if err != nil {
			got[i].Err = err.Error()
		}
		got[i].Report, got[i].Files = l.report, map[string]string{}
		for name, b := range v.files {
			got[i].Files[name] = b.String()
		}
		fast += l.fast
	}
	if !reflect.DeepEqual(got[0], got[1]) {
		t.Fatalf("%q\nchecked: %+v %s\nfast:    %+v %s", csv, got[0].Report, got[0].Err, got[1].Report, got[1].Err)
	}
	return fast
}

// hostileTexts are cells for each type: the first ones are plainly sound.
var hostileTexts = map[glovebox.Type][]string{
	glovebox.String: {"a", "bb", "早", "p1", "420281193001010018", "", " a", "a ", "　早", "aaaaaaa", `"a"`, `"a,b"`, "\"a\nb\"", `a"`, "NULL", "\u00a0a", "a\tb", "\u2028", "é", "e\u0301", "'", "\\", "420281193001010012", "42028119300101001x"},
	glovebox.Int32:  {"0", "7", "-5", "100000", "-0", "+1", "", " 1", "1 ", "007", "2147483647", "2147483648", "-2147483648", "1e3", "1_0", "--1", "-", "1.0", "１", "0x1"},
	glovebox.Int64:  {"1", "0", "-1", "999999999999999999", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "01", "-0", "+1", "", "1.0", " 1", "12345678901234567890123456789012345678901"},
	glovebox.Float64: {"0", "0.1", "-0.7", "1000.5", "123456789012345", "0.30000000000001", "-0", ".5", "5.", "1e3", "1000.50", "1000.51", "inf", "nan", "-inf", "0.1000000000000000055511151231257827", "1,5", "1_0.5", "", "9007199254740993",
		"999999999999999", "0.000000000000001", "00.1", "-0.0", "+1.5", "1e400", "4.9e-324"},
	glovebox.Date: {"2000-02-29", "1900-01-01", "2024-12-31", "1970-01-01", "1900-02-29", "2100-02-29", "1899-12-31", "2100-03-01", "2100-03-02", "2000-1-1", "0000-01-01", "0001-01-01", "", "2000-13-01", "2000-04-31", "2000-00-10", "2000-01-00", "9999-12-31", "20000101", "2000/01/01", "2000-01-01 ", "-001-01-01", "2000-01-0a"},
	glovebox.Bool: {"true", "false", "TRUE", "t", "", "1", "maybe", "True", " true", "yes"},
}

// TestFastReads: what goes from bytes to rows without DuckDB is what the check
// query makes of it, on random files of random records.
func TestFastReads(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list []string, good int, odd float64) string {
		if rng.Float64() < odd {
			return list[rng.IntN(len(list))]
		}
		return list[rng.IntN(good)]
	}
	rounds := 80
	if testing.Short() {
		rounds = 16
	}
	fast := int64(0)
	for round := range rounds {
		ds := glovebox.Dataset{Code: "x", Source: glovebox.Source{Format: "csv", Delimiter: []string{"", ";", "\t"}[rng.IntN(3)]}, MaxRejects: 1,
			Unit: glovebox.Unit{Space: "s", Column: "id", MaxRows: 5}}
		if rng.IntN(3) == 0 {
			ds.Source.Null = [][]string{{"", "NULL"}, {"a"}, {"0", "-"}}[rng.IntN(3)]
		}
		id := glovebox.Column{Name: "id", Type: []glovebox.Type{glovebox.String, glovebox.Int64, glovebox.Int32}[rng.IntN(3)], Class: glovebox.ClassIdentifier, Keep: rng.IntN(2) == 0}
		if id.Type == glovebox.String && rng.IntN(3) == 0 {
			id.Format = "cn-resident-id"
		}
		ds.Columns = append(ds.Columns, id)
		for i := range rng.IntN(8) {
			types := []glovebox.Type{glovebox.String, glovebox.Int32, glovebox.Int64, glovebox.Float64, glovebox.Bool, glovebox.Date}
			c := glovebox.Column{Name: fmt.Sprintf("c%d", i), Source: []string{"", fmt.Sprintf("列%d", i)}[rng.IntN(2)], Type: types[rng.IntN(len(types))], Class: glovebox.ClassPersonal, Nullable: rng.IntN(2) == 0}
			bounded := rng.IntN(2) == 0
			switch {
			case c.Type == glovebox.String:
				c.MaxBytes = []int{0, 6}[rng.IntN(2)]
				if bounded {
					c.Values = []string{"a", "bb", "早", " a", ""}
				} else if rng.IntN(2) == 0 {
					c.Class, c.Keep = glovebox.ClassIdentifier, rng.IntN(2) == 0
				}
			case c.Type == glovebox.Int64 && rng.IntN(3) == 0:
				c.Class, c.Keep = glovebox.ClassIdentifier, rng.IntN(2) == 0
			case bounded && c.Type == glovebox.Date:
				c.Min, c.Max = "1900-01-01", "2100-03-01"
			case bounded && c.Type == glovebox.Float64:
				c.Min, c.Max = "-0.7", "1000.5"
			case bounded && c.Type != glovebox.Bool:
				c.Min, c.Max = "-5", "100000"
			}
			ds.Columns = append(ds.Columns, c)
		}
		if rng.IntN(2) == 0 {
			ds.Key = []string{"id"}
			if n := len(ds.Columns); n > 1 {
				ds.Key = append(ds.Key, ds.Columns[1+rng.IntN(n-1)].Name)
			}
		}
		delim := ds.Source.Delimiter
		if delim == "" {
			delim = ","
		}
		var csv bytes.Buffer
		order := rng.Perm(len(ds.Columns))
		line := func(cell func(c glovebox.Column) string) {
			var cells []string
			for _, i := range order {
				cells = append(cells, cell(ds.Columns[i]))
			}
			csv.WriteString(strings.Join(cells, delim) + []string{"\n", "\n", "\r\n"}[rng.IntN(3)])
		}
		line(func(c glovebox.Column) string { return c.SourceName() })
		odd := []float64{0, 0.02, 0.3}[round%3]
		for range rng.IntN(200) {
			line(func(c glovebox.Column) string {
				list := hostileTexts[c.Type]
				if c.Format != "" {
					list = []string{residentID(rng.IntN(50)), residentID(51), " " + residentID(2), strings.ToLower(residentID(rng.IntN(50))), "420281193001010012", ""}
					return pick(list, 2, odd)
				}
				return pick(list, 2, odd)
			})
		}
		fast += bothWays(t, ds, csv.String())
	}
	if fast < int64(20*rounds) {
		t.Errorf("only %d rows were read without DuckDB", fast)
	}
}

func FuzzFastReads(f *testing.F) {
	f.Add([]byte("a,1,0.5,2000-02-29,true,x\n"))
	f.Add([]byte("\"a\",01,1e3,2000-02-30,TRUE,\n a ,,,,,\n"))
	ds := glovebox.Dataset{Code: "x", Source: glovebox.Source{Format: "csv"}, MaxRejects: 1, Key: []string{"id", "i"}, Unit: glovebox.Unit{Space: "s", Column: "id", MaxRows: 5},
		Columns: []glovebox.Column{
			{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier, Keep: true},
			{Name: "i", Type: glovebox.Int64, Class: glovebox.ClassPersonal, Nullable: true, Max: "100"},
			{Name: "f", Type: glovebox.Float64, Class: glovebox.ClassPersonal, Nullable: true, Min: "-1"},
			{Name: "d", Type: glovebox.Date, Class: glovebox.ClassPersonal, Nullable: true},
			{Name: "b", Type: glovebox.Bool, Class: glovebox.ClassPersonal, Nullable: true},
			{Name: "s", Type: glovebox.String, Class: glovebox.ClassPersonal, Nullable: true, MaxBytes: 6},
		}}
	f.Fuzz(func(t *testing.T, b []byte) { bothWays(t, ds, "id,i,f,d,b,s\n"+string(b)) })
}
