package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
)

func wide(rows int) *release.Content {
	c := &release.Content{ID: "r-1", Columns: []release.Column{{Name: "k", Type: glovebox.String}, {Name: "n", Type: glovebox.Int64}, {Name: "x", Type: glovebox.Float64}, {Name: "t", Type: glovebox.String}}, Rows: [][]any{}}
	for i := range rows {
		c.Rows = append(c.Rows, []any{fmt.Sprintf("k%06d", i), int64(i) * -1e12, float64(i) / 7, strings.Repeat("<七>", i%40)})
	}
	return c
}

// atOnce writes what encodeParquet writes from one Arrow batch of all rows.
func atOnce(t *testing.T, c *release.Content) []byte {
	t.Helper()
	fields := make([]arrow.Field, len(c.Columns))
	for i, col := range c.Columns {
		fields[i] = arrow.Field{Name: col.Name, Type: arrowType(col.Type)}
	}
	sc := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), sc)
	defer b.Release()
	for _, row := range c.Rows {
		for i, v := range row {
			switch v := v.(type) {
			case string:
				b.Field(i).(*array.StringBuilder).Append(v)
			case int64:
				b.Field(i).(*array.Int64Builder).Append(v)
			case float64:
				b.Field(i).(*array.Float64Builder).Append(v)
			}
		}
	}
	batch := b.NewRecordBatch()
	defer batch.Release()
	props := parquet.NewWriterProperties(parquet.WithCreatedBy("glovebox"), parquet.WithVersion(parquet.V2_LATEST),
		parquet.WithDictionaryDefault(false), parquet.WithCompression(compress.Codecs.Uncompressed),
		parquet.WithDataPageVersion(parquet.DataPageV1), parquet.WithMaxRowGroupLength(math.MaxInt32))
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(sc, &out, props, pqarrow.DefaultWriterProps())
	if err == nil && batch.NumRows() > 0 {
		err = w.Write(batch)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// peak is an allocator that knows the most that it ever gave at once.
type peak struct {
	memory.Allocator
	now, most int
}

func (p *peak) count(n int) { p.now += n; p.most = max(p.most, p.now) }

func (p *peak) Allocate(n int) []byte { p.count(n); return p.Allocator.Allocate(n) }

func (p *peak) Reallocate(n int, b []byte) []byte {
	p.count(n - len(b))
	return p.Allocator.Reallocate(n, b)
}

func (p *peak) Free(b []byte) { p.now -= len(b); p.Allocator.Free(b) }

// TestParquetIsWrittenInSteps: the bytes are those of one batch, and beside the
// file there are pages in memory, not the table.
func TestParquetIsWrittenInSteps(t *testing.T) {
	for _, rows := range []int{0, 1, 1023, 1024, 1025, parquetStep - 1, parquetStep, parquetStep + 1, 300_000} {
		c := wide(rows)
		mem := &peak{Allocator: memory.NewGoAllocator()}
		got, err := writeParquet(mem, c)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, atOnce(t, c)) {
			t.Errorf("%d rows are written otherwise in steps than at once", rows)
		}
		if cap(got) > parquetSize(c) {
			t.Errorf("%d rows: the file grew to %d bytes, %d were foreseen", rows, cap(got), parquetSize(c))
		}
		if rows == 300_000 && mem.most > len(got)/3 {
			t.Errorf("a file of %d bytes took %d beside it", len(got), mem.most)
		}
	}
}

// TestCSVIsWrittenOnce: it lies in memory once, and is compared without being
// written again.
func TestCSVIsWrittenOnce(t *testing.T) {
	c := wide(1000)
	data := encodeCSV(c)
	if cap(data) != len(data) {
		t.Errorf("%d bytes lie in %d", len(data), cap(data))
	}
	if !sameCSV(data, c) {
		t.Error("a file differs from itself")
	}
	for _, bad := range [][]byte{data[:len(data)-1], append(bytes.Clone(data), 'x'), data[1:], nil, bytes.Replace(data, []byte(",0,"), []byte(",1,"), 1)} {
		if sameCSV(bad, c) {
			t.Errorf("%d bytes pass for %d", len(bad), len(data))
		}
	}
}

// TestJSONIsThatOfTheLibrary: rows written one by one are the same canonical form.
func TestJSONIsThatOfTheLibrary(t *testing.T) {
	null := wide(2)
	null.Rows, null.Columns = nil, nil
	facts := wide(2)
	facts.Facts = json.RawMessage(`{ "a" : "<\u2028>" }`)
	odd := wide(0)
	odd.ID, odd.Rows = "<r>", [][]any{nil, {}}
	for _, c := range []*release.Content{wide(0), wide(1), wide(1000), null, facts, odd} {
		want, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got, digest, err := c.Encode()
		if err != nil || !bytes.Equal(got, want) || digest != glovebox.Digest(want) {
			t.Errorf("%v: %.200s\nwant %.200s", err, got, want)
		}
		if cap(got) != len(got) {
			t.Errorf("%d bytes lie in %d", len(got), cap(got))
		}
	}
}
