package canary

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// What marks a cell. Every cell of the data holds one of these, but for ages,
// flags and towns, whose values are in the record and public.
const (
	textMarker   = "CANARYQX"   // texts and identifiers start with it
	hanMarker    = "鵬鵺鴆"        // names start with it
	numberMarker = "1777712345" // whole and other numbers start with it
	dateMarker   = "1931-07-23"

	baseNumber   = 1777712345_000000000
	amountMarker = 1777712345.0625
)

// population is how many people the data has.
const population = 97

// header are the columns of the data, in the order of the files.
var header = []string{"pid", "phone", "card", "num", "name", "note", "serial", "code", "amount", "born", "mobile", "town", "age", "flag", "tag"}

// row is one line of the data.
type row []string

// person is the i-th person, with markers of the person's own.
func person(i int) row {
	id := func(kind string) string { return fmt.Sprintf("%s-%s-%04d", textMarker, kind, i) }
	return row{id("PID"), id("PHONE"), id("CARD"), strconv.Itoa(baseNumber + i), hanMarker, id("NOTE"), strconv.Itoa(baseNumber + 100_000 + i),
		numberMarker, "1777712345.0625", dateMarker, fmt.Sprintf("%s%d", numberMarker, i%10), []string{"daye", "huangshi"}[i%2], strconv.Itoa(age(i)),
		strconv.FormatBool(i%3 == 0), "ab"}
}

// age is in 0..99.
func age(i int) int { return i * 37 % 100 }

func people() []row {
	out := make([]row, population)
	for i := range out {
		out[i] = person(i)
	}
	return out
}

// with returns the row with another value in a column.
func (r row) with(column, value string) row {
	out := append(row{}, r...)
	for i, h := range header {
		if h == column {
			out[i] = value
		}
	}
	return out
}

// record is the data set's record for a format. More is added at its end.
func record(code, source, more string) string {
	return fmt.Sprintf(`code: %s
title: {en: People, zh: 人员}
provider: Canary Office
update: year
source: %s
unit: {space: person, column: pid, max_rows: 4}
ledger: {kind: zcdp, rho: 100, delta: 1e-3}
key: [pid]
columns:
  - {name: pid, type: string, class: identifier, grade: 4}
  - {name: phone, type: string, class: identifier, grade: 4, keep: true}
  - {name: card, type: string, class: identifier, grade: 4}
  - {name: num, type: int64, class: identifier, grade: 4}
  - {name: name, type: string, class: personal, grade: 2, format: cn-name, max_bytes: 64}
  - {name: note, type: string, class: personal, grade: 2, max_bytes: 32}
  - {name: serial, type: int64, class: personal, grade: 2, min: 0}
  - {name: code, type: int32, class: personal, grade: 2, min: 0, max: 2000000000}
  - {name: amount, type: float64, class: personal, grade: 2, min: 0, max: 2000000000}
  - {name: born, type: date, class: personal, grade: 2, min: 1900-01-01, max: 2026-12-31}
  - {name: mobile, type: string, class: personal, grade: 2, format: cn-mobile, max_bytes: 11}
  - {name: town, type: string, class: personal, grade: 1, values: [daye, huangshi]}
  - {name: age, type: int32, class: personal, grade: 2, min: 0, max: 120, nullable: true}
  - {name: flag, type: bool, class: personal, grade: 1}
  - {name: tag, type: string, class: personal, grade: 1, max_bytes: 2}
quality:
  - {name: born-once, check: "year(born) < 2026 and length(note) > 3", text: {en: born in the past, zh: 出生日期不晚于今年}}
%s`, code, source, more)
}

// csvFile writes rows as CSV in GB18030.
func csvFile(t testing.TB, rows []row) []byte {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, r := range append([]row{header}, rows...) {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	return gb(t, b.String())
}

// gb is a text in GB18030.
func gb(t testing.TB, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// jsonLine is a row as one JSON object.
func jsonLine(t testing.TB, r row) string {
	t.Helper()
	m := map[string]any{}
	for i, h := range header {
		m[h] = r[i]
		switch h {
		case "num", "serial", "code", "amount", "age":
			m[h] = json.Number(r[i])
		case "flag":
			m[h] = r[i] == "true"
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func jsonFile(t testing.TB, rows []row) []byte {
	t.Helper()
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(jsonLine(t, r) + "\n")
	}
	return []byte(b.String())
}

// parquetFile writes rows as Parquet, every column as text.
func parquetFile(t testing.TB, columns []string, rows []row) []byte {
	t.Helper()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	var fields []arrow.Field
	for _, h := range columns {
		fields = append(fields, arrow.Field{Name: h, Type: arrow.BinaryTypes.String})
	}
	b := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer b.Release()
	for _, r := range rows {
		for i := range columns {
			b.Field(i).(*array.StringBuilder).Append(r[i])
		}
	}
	rec := b.NewRecordBatch()
	defer rec.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(rec.Schema(), &out, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
