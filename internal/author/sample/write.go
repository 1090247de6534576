package sample

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"golang.org/x/text/encoding/simplifiedchinese"

	"glovebox.example/glovebox"
)

// Write writes a table in the form in which its dataset's files come: the
// record's format, encoding, delimiter and column names; as plain CSV where they
// come in another form (Plain).
func (t *Table) Write(w io.Writer) error {
	if p := Plain(t.Record); p != t.Record {
		t = &Table{Record: p, Rows: t.Rows}
	}
	switch t.Record.Source.Format {
	case "json":
		return t.writeJSON(w)
	case "parquet":
		return t.writeParquet(w)
	}
	return t.WriteCSV(w)
}

// WriteCSV writes a table as CSV, in the encoding and with the delimiter of a
// CSV record, as UTF-8 with commas for others.
func (t *Table) WriteCSV(w io.Writer) error {
	if p := Plain(t.Record); p != t.Record {
		t = &Table{Record: p, Rows: t.Rows}
	}
	if t.Record.Source.Encoding == "gb18030" {
		e := simplifiedchinese.GB18030.NewEncoder().Writer(w)
		return t.writeCSV(e)
	}
	return t.writeCSV(w)
}

func (t *Table) writeCSV(w io.Writer) error {
	s := t.Record.Source
	delim, null := ",", ""
	if s.Delimiter != "" {
		delim = s.Delimiter
	}
	if len(s.Null) > 0 {
		null = s.Null[0]
	}
	b := bufio.NewWriter(w)
	line := func(n int, field func(i int) string) {
		for i := range n {
			if i > 0 {
				_, _ = b.WriteString(delim) // Flush reports the first error of all
			}
			_, _ = b.WriteString(quoted(field(i), delim))
		}
		_ = b.WriteByte('\n')
	}
	line(len(t.Record.Columns), func(i int) string { return t.Record.Columns[i].SourceName() })
	for _, r := range t.Rows {
		line(len(r), func(i int) string {
			if r[i].Null {
				return null
			}
			return r[i].Text
		})
	}
	return b.Flush()
}

// quoted is a field of a CSV file (RFC 4180).
func quoted(s, delim string) string {
	if !strings.ContainsAny(s, "\"\r\n"+delim) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// writeJSON writes one object a line, fields in the order of the columns.
func (t *Table) writeJSON(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, r := range t.Rows {
		_ = b.WriteByte('{')
		for i, c := range t.Record.Columns {
			name, err := json.Marshal(c.SourceName())
			if err != nil {
				return err
			}
			value := []byte("null")
			if !r[i].Null {
				value = []byte(r[i].Text)
				if c.Type == glovebox.String || c.Type == glovebox.Date || c.Type == glovebox.DateTime {
					if value, err = json.Marshal(r[i].Text); err != nil {
						return err
					}
				}
			}
			if i > 0 {
				_, _ = b.WriteString(", ")
			}
			_, _ = b.Write(append(append(name, ": "...), value...))
		}
		_, _ = b.WriteString("}\n")
	}
	return b.Flush()
}

func (t *Table) writeParquet(w io.Writer) error {
	var fields []arrow.Field
	for _, c := range t.Record.Columns {
		fields = append(fields, arrow.Field{Name: c.SourceName(), Type: arrowType(c.Type), Nullable: c.Nullable})
	}
	rb := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer rb.Release()
	for _, r := range t.Rows {
		for i, c := range t.Record.Columns {
			if err := appendCell(rb.Field(i), c, r[i]); err != nil {
				return err
			}
		}
	}
	batch := rb.NewRecordBatch()
	defer batch.Release()
	props := parquet.NewWriterProperties(parquet.WithCreatedBy("glovebox sample"))
	pw, err := pqarrow.NewFileWriter(batch.Schema(), keepOpen{w}, props, pqarrow.DefaultWriterProps())
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a Parquet file cannot be written")
	}
	err = pw.Write(batch)
	if cerr := pw.Close(); err == nil {
		err = cerr
	}
	return err
}

// keepOpen hides a Close that the Parquet writer would call.
type keepOpen struct{ io.Writer }
