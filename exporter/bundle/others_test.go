package bundle_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	attestation "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// The CSV as a stranger's reader sees it.
func TestCSVForOthers(t *testing.T) {
	t.Parallel()
	c := content()
	data := asFS(build(t, c, evidence(t, c)))[bundle.ResultCSV].Data
	text, ok := strings.CutPrefix(string(data), "\ufeff")
	if !ok || !strings.HasPrefix(text, "township,year,need\r\n") {
		t.Fatalf("no byte order mark or header: %.40q", data)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) != len(c.Rows)+1 {
		t.Fatalf("%d records: %v", len(records), err)
	}
	want := []string{"", "''quoted'", "'+86", `'=HYPERLINK("x")`, "七里河区", "a,b\nc", "'＝1"} // the reader makes CR LF an LF
	for i, w := range want {
		if records[i+1][0] != w {
			t.Errorf("row %d: %q, want %q", i+1, records[i+1][0], w)
		}
	}
	if got := records[1][1] + " " + records[1][2]; got != "-9007199254740993 -0.5" {
		t.Errorf("numbers of row 1: %s", got)
	}
	for _, bad := range []string{"\n=", "\n+", "\n@", ",=", ",@", `"=`, `"+`, `"@`, `"-`} {
		if strings.Contains(strings.ReplaceAll(text, "-9007199254740993", ""), bad) {
			t.Errorf("a cell begins like a formula: %q", bad)
		}
	}
}

// The Parquet as arrow-go's table reader sees it.
func TestParquetForOthers(t *testing.T) {
	t.Parallel()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	c := content()
	data := asFS(build(t, c, evidence(t, c)))[bundle.ResultParquet].Data
	r, err := file.NewParquetReader(bytes.NewReader(data), file.WithReadProps(parquet.NewReaderProperties(mem)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ar, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: 100}, mem)
	if err != nil {
		t.Fatal(err)
	}
	table, err := ar.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	tr := array.NewTableReader(table, 100)
	defer tr.Release()
	if !tr.Next() {
		t.Fatal("no rows")
	}
	batch := tr.RecordBatch()
	for i, row := range c.Rows {
		s, n, f := batch.Column(0).(*array.String).Value(i), batch.Column(1).(*array.Int64).Value(i), batch.Column(2).(*array.Float64).Value(i)
		if s != row[0] || n != row[1] || f != row[2] {
			t.Errorf("row %d: %q %d %g, want %v", i, s, n, f, row)
		}
	}
	if batch.NumRows() != int64(len(c.Rows)) || strings.Join([]string{batch.ColumnName(0), batch.ColumnName(1), batch.ColumnName(2)}, " ") != "township year need" {
		t.Errorf("%d rows of %v", batch.NumRows(), batch.Schema())
	}
}

// The statement as the in-toto library sees it.
func TestStatementForOthers(t *testing.T) {
	t.Parallel()
	c := content()
	files := asFS(build(t, c, evidence(t, c)))
	s := &attestation.Statement{}
	if err := protojson.Unmarshal(files[bundle.StatementFile].Data, s); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(s.GetSubject()) != 3 || s.GetPredicateType() != bundle.PredicateType || s.GetType() != bundle.StatementType {
		t.Errorf("%d subjects, predicate %s", len(s.GetSubject()), s.GetPredicateType())
	}
	if d := s.GetSubject()[2].GetDigest()["sha256"]; "sha256:"+d != glovebox.Digest(files[bundle.ResultJSON].Data) {
		t.Errorf("subject %s has digest %s", s.GetSubject()[2].GetName(), d)
	}
}
