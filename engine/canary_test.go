package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

// canary is in every cell of the canary data and must be in no error, report
// or progress call.
const canary = "zq7canary"

// Every step of the package is broken in turn, with data that is full of
// markers; no error says one.
func TestCanary(t *testing.T) {
	ctx := context.Background()
	said := func(where string, err error) {
		t.Helper()
		if err == nil {
			return
		}
		var re *RejectsError
		text := err.Error()
		for e := err; e != nil; e = errors.Unwrap(e) {
			text += "\n" + e.Error() + fmt.Sprintf("\n%+v %#v", e, e)
		}
		if errors.As(err, &re) {
			b, e := json.Marshal(re.Report)
			text += string(b) + fmt.Sprint(e)
		}
		if strings.Contains(strings.ToLower(text), canary) {
			t.Errorf("%s: %s", where, text)
		}
	}
	cell := func(i int) string { return fmt.Sprintf("%s%d", canary, i) }
	load := func(where string, ds glovebox.Dataset, data string, change ...func(*LoadOptions)) {
		t.Helper()
		o := testOptions(newVault())
		for _, c := range change {
			c(&o)
		}
		_, err := Load(ctx, ds, rowtest.TempFile(t, []byte(data)), o)
		said(where, err)
	}
	strictly := visits()
	strictly.MaxRejects = 0
	row := func(vs ...string) string { return strings.Join(vs, ",") + "\n" }
	broken := map[string]string{
		"no header":      row(cell(1), cell(2), cell(3)),
		"half a header":  row("person", "town", "age", cell(1)),
		"types":          visitsHeader + row(cell(1), cell(2), cell(3), cell(4), cell(5), cell(6), cell(7)),
		"values":         visitsHeader + row(cell(1), cell(2), "1", "", "2020-01-01", "", ""),
		"too few":        visitsHeader + row(cell(1), cell(2)),
		"quotes":         visitsHeader + row(cell(1), `"`+cell(2)+`"`+cell(3)),
		"never closed":   visitsHeader + row(cell(1), `"`+cell(2)),
		"encoding":       visitsHeader + row(cell(1)+"\xff", cell(2)),
		"nul":            visitsHeader + row(cell(1)+"\x00", cell(2)),
		"header nul":     row("person\x00", cell(1)),
		"long":           visitsHeader + row(cell(1), strings.Repeat(cell(2), source.MaxRowBytes/8)),
		"json object":    `{"person":"` + cell(1) + `","` + cell(2) + `":1}`,
		"json array":     `[{"person":"` + cell(1) + `"},` + cell(2),
		"json line":      `{"person":"` + cell(1),
		"json surrogate": `{"person":"` + cell(1) + `\ud800","town":"` + cell(2) + `"}`,
		"json deep":      strings.Repeat(`{"person":`, 5000) + `"` + cell(1) + `"` + strings.Repeat("}", 5000),
		"json list":      strings.Repeat("[", 100000) + cell(1),
	}
	for _, format := range []string{"csv", "json", "parquet"} {
		ds := strictly
		ds.Source = glovebox.Source{Format: format}
		for name, data := range broken {
			load(format+" "+name, ds, data)
		}
	}
	ds := strictly
	ds.Source = glovebox.Source{Format: "parquet"}
	for _, q := range []string{
		"SELECT '" + cell(1) + "' AS person, '" + cell(2) + "' AS " + canary,
		"SELECT '" + cell(1) + "' AS person, '" + cell(2) + "' AS town, '" + cell(3) + "' AS age, '" + cell(4) + "' AS cost, '" + cell(5) + "' AS seen, '" + cell(6) + "' AS urgent, '" + cell(7) + "' AS doctor",
	} {
		f := makeParquet(t, q)
		_, err := Load(ctx, ds, f, testOptions(newVault()))
		said("parquet", err)
		whole, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for i := 4; i < len(whole); i += 37 {
			b := append([]byte{}, whole...)
			b[i] ^= 0x55
			load("parquet, byte changed", ds, string(b))
		}
	}
	// A rule over values, and keys that repeat.
	ds = strictly
	ds.Columns[1].Values = nil
	good := row(cell(1), cell(2), "1", "", "2020-01-01", "", "")
	ds.Quality = []glovebox.Quality{{Name: "rule", Check: "try_cast(town as int) = 1 and substring(town, 1, 3) = 'x'"}}
	load("quality", ds, visitsHeader+good)
	ds.Quality, ds.Key = nil, []string{"person", "town"}
	load("duplicate", ds, visitsHeader+good+good)
	load("many duplicates", ds, visitsHeader+strings.Repeat(good, 5000))
	// The vault's own failures.
	ds.Key = nil
	full := errors.New("no space left")
	load("create", ds, visitsHeader+good, func(o *LoadOptions) { o.Create = func(string) (io.WriteCloser, error) { return nil, full } })
	load("write", ds, visitsHeader+good, func(o *LoadOptions) {
		o.Create = func(string) (io.WriteCloser, error) { return failing{func(string) error { return full }}, nil }
	})
	// Reading back: a changed part, a filter that does not fit, a reference.
	v := newVault()
	ds.MaxRejects = 1
	m := mustLoad(t, ds, visitsHeader+good, testOptions(v)).Manifest
	for i := range m.Parts {
		for _, name := range []string{m.Parts[i].Name, m.Parts[i].Sealed.Name} {
			b := v.files[name].Bytes()
			for j := 0; j < len(b); j += 41 {
				b[j] ^= 0x55
				// Past the digest, as if the manifest had been changed too.
				changed := *m
				changed.Parts = append([]ManifestPart{}, m.Parts...)
				changed.Parts[i].File, *changed.Parts[i].Sealed = fileOf(v, m.Parts[i].Name), fileOf(v, m.Parts[i].Sealed.Name)
				r, err := OpenPart(ctx, PartSpec{Manifest: &changed, Index: i, Part: v.open(t, m.Parts[i].Name), Sealed: v.open(t, m.Parts[i].Sealed.Name), Columns: []string{"person", "town", "age"}, Kept: []string{"person"}})
				said("open", err)
				if err == nil {
					for r.Next() {
					}
					said("read", r.Err())
					said("units", Units([]array.RecordReader{r}, func([column.TokenBytes]byte, [][]Span) error { return nil }))
					r.Release()
				}
				b[j] ^= 0x55
			}
		}
	}
	for _, data := range []string{"a\n" + cell(1) + "," + cell(2) + "\n", "a\n\"" + cell(1) + "\n", cell(1) + "," + cell(1) + "\n", "a\n" + cell(1) + "\n"} {
		for _, cols := range [][]ReferenceColumn{nil, {{"a", glovebox.Int64}}} {
			b, err := ReadReference(ctx, rowtest.TempFile(t, []byte(data)), cols, nil)
			said("reference", err)
			if err == nil {
				b.Release()
			}
		}
	}
}

func fileOf(v *vault, name string) File {
	f := newFileWriter(io.Discard)
	_, _ = f.Write(v.files[name].Bytes())
	return f.file(name)
}
