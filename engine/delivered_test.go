package engine

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/engine/source/xlsx"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/release"
)

// TestDeliveredForms: product data in each form is read back, value by value, by
// another program than wrote it: DuckDB, and for workbooks, which DuckDB reads only
// with an extension from the network, the loader's reader of foreign workbooks.
func TestDeliveredForms(t *testing.T) {
	c := &release.Content{ID: "r-0123456789abcdef", Facts: json.RawMessage(`{}`),
		Columns: []release.Column{{Name: "township", Type: glovebox.String}, {Name: "people", Type: glovebox.Int64}, {Name: "need", Type: glovebox.Float64}},
		Rows:    [][]any{{"还地桥镇", int64(1 << 53), 0.1}, {"a <b> & \"c\"", int64(-7), -2.5e30}, {"_x0041_", int64(0), 5e-324}, {" two\nlines ", int64(3), 0.0}}}
	dir := t.TempDir()
	path := map[bundle.Form]string{}
	for _, f := range bundle.Forms {
		file, err := bundle.Table(c, f)
		if err != nil {
			t.Fatal(err)
		}
		again, err := bundle.Table(c, f)
		if err != nil || !bytes.Equal(again.Data, file.Data) {
			t.Errorf("%s: other bytes the second time: %v", f, err)
		}
		path[f] = filepath.Join(dir, file.Name)
		if err := os.WriteFile(path[f], file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path[bundle.FormArrow])
	if err != nil {
		t.Fatal(err)
	}
	in, err := ipc.NewFileReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	const want = `(VALUES ('还地桥镇', 9007199254740992::BIGINT, 0.1::DOUBLE), ('a <b> & "c"', -7, -2.5e30), ('_x0041_', 0, 5e-324), (E' two\nlines ', 3, 0.0)) AS w(township, people, need)`
	same := func(from string) string {
		return "SELECT CASE WHEN count(*) > 0 THEN error('rows differ') END FROM ((SELECT township, people, need FROM " + from + " EXCEPT ALL FROM " + want + ") UNION ALL (FROM " + want + " EXCEPT ALL SELECT township, people, need FROM " + from + "))"
	}
	var batches []arrow.RecordBatch
	for i := range in.NumRecords() {
		b, err := in.RecordBatchAt(i)
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	stream, err := array.NewRecordReader(in.Schema(), batches)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Release()
	d, duckdb, err := duck.Open(t.Context(), 1<<30, path[bundle.FormParquet], path[bundle.FormCSV], path[bundle.FormJSON])
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	defer duckdb.Close()
	seen, err := duckdb.View(t.Context(), "arrow", stream)
	if err != nil {
		t.Fatal(err)
	}
	defer seen()
	for _, statement := range []string{
		"CREATE TABLE held AS FROM arrow", same("held"),
		same("read_parquet('" + path[bundle.FormParquet] + "')"), same("read_csv('" + path[bundle.FormCSV] + "')"),
		"CREATE TABLE j AS SELECT unnest(rows) AS x FROM read_json('" + path[bundle.FormJSON] + "', columns = {rows: 'JSON[][]'})",
		same("(SELECT x[1]->>'$' AS township, x[2]::BIGINT AS people, x[3]::DOUBLE AS need FROM j)"),
	} {
		if err := duckdb.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}

	book, err := os.ReadFile(path[bundle.FormXLSX])
	if err != nil {
		t.Fatal(err)
	}
	r, err := xlsx.Open(bytes.NewReader(book), int64(len(book)), xlsx.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for n := -1; ; n++ {
		row, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if row == nil {
			if n != len(c.Rows) {
				t.Errorf("the workbook has %d rows", n)
			}
			break
		}
		if n < 0 {
			continue
		}
		if f := row.Fields; f[0].Kind != rows.Text || string(f[0].Text) != c.Rows[n][0] || f[1].Float != float64(c.Rows[n][1].(int64)) || f[2].Float != c.Rows[n][2] {
			t.Errorf("row %d of the workbook differs", n)
		}
	}
}

// TestNoSheetRounds: a workbook is refused where a spreadsheet would change a value.
func TestNoSheetRounds(t *testing.T) {
	for _, v := range []any{int64(1<<53 + 1), int64(-1<<53 - 1), string(make([]rune, 32_768))} {
		c := &release.Content{ID: "r-0123456789abcdef", Facts: json.RawMessage(`{}`), Columns: []release.Column{{Name: "x", Type: glovebox.Int64}}, Rows: [][]any{{v}}}
		if _, ok := v.(string); ok {
			c.Columns[0].Type = glovebox.String
		}
		if _, err := bundle.Table(c, bundle.FormXLSX); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%T: %v", v, err)
		}
		if _, err := bundle.Table(c, bundle.FormParquet); err != nil {
			t.Error(err)
		}
	}
}
