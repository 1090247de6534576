package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

// TestParquetForms loads every encoding, page version and compression, and
// compares what comes out with DuckDB's own decoder, which shares no code with
// the one in use.
func TestParquetForms(t *testing.T) {
	const rows = 3000
	enc := parquet.Encodings
	var i32 []int32
	var i64 []int64
	var fl []float32
	var do []float64
	var te []parquet.ByteArray
	var fi []parquet.FixedLenByteArray
	var bo []bool
	for i := range rows {
		h := splitmix64(uint64(i))
		i32, i64, fl, do = append(i32, int32(h)), append(i64, int64(h)), append(fl, float32(h%1000)/8), append(do, float64(h%1e6)/100)
		te = append(te, parquet.ByteArray(fmt.Sprintf("文-%d-%s", h%17, strings.Repeat("y", int(h%40)))))
		fi = append(fi, parquet.FixedLenByteArray{byte(h), byte(h >> 8), byte(h >> 16), byte(h >> 24), byte(h >> 32)})
		bo = append(bo, h&1 == 0)
	}
	none := schema.NoLogicalType{}
	columns := []struct {
		name   string
		node   schema.Node
		values any
		as     glovebox.Type
		encs   []parquet.Encoding
	}{
		{"int32", leaf(t, none, parquet.Types.Int32, -1), i32, glovebox.Int32, []parquet.Encoding{enc.Plain, enc.RLEDict, enc.DeltaBinaryPacked, enc.ByteStreamSplit}},
		{"int64", leaf(t, none, parquet.Types.Int64, -1), i64, glovebox.Int64, []parquet.Encoding{enc.Plain, enc.RLEDict, enc.DeltaBinaryPacked, enc.ByteStreamSplit}},
		{"float", leaf(t, none, parquet.Types.Float, -1), fl, glovebox.Float64, []parquet.Encoding{enc.Plain, enc.RLEDict, enc.ByteStreamSplit}},
		{"double", leaf(t, none, parquet.Types.Double, -1), do, glovebox.Float64, []parquet.Encoding{enc.Plain, enc.RLEDict, enc.ByteStreamSplit}},
		{"text", leaf(t, schema.StringLogicalType{}, parquet.Types.ByteArray, -1), te, glovebox.String, []parquet.Encoding{enc.Plain, enc.RLEDict, enc.DeltaLengthByteArray, enc.DeltaByteArray}},
		{"decimal", leaf(t, schema.NewDecimalLogicalType(11, 0), parquet.Types.FixedLenByteArray, 5), fi, glovebox.Int64, []parquet.Encoding{enc.Plain, enc.RLEDict, enc.ByteStreamSplit}},
		{"bool", leaf(t, none, parquet.Types.Boolean, -1), bo, glovebox.Bool, []parquet.Encoding{enc.Plain, enc.RLE}},
	}
	codecs := []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Zstd, compress.Codecs.Lz4Raw}
	n := 0
	for _, c := range columns {
		var want []string
		for _, e := range c.encs {
			for _, version := range []parquet.DataPageVersion{parquet.DataPageV1, parquet.DataPageV2} {
				n++
				// A batch must not hold nothing but the last row's null: arrow-go's
				// delta encoder, asked twice for the same page, slices a pooled buffer
				// by the length of the page before (it panics when the pool is empty).
				b := parquetOf(t, c.node, c.values, parquet.WithDataPageVersion(version), parquet.WithDataPageSize(4<<10), parquet.WithBatchSize(97),
					parquet.WithDictionaryFor("v", e == enc.RLEDict), parquet.WithEncodingFor("v", map[bool]parquet.Encoding{true: enc.Plain, false: e}[e == enc.RLEDict]),
					parquet.WithCompression(codecs[n%len(codecs)]))
				got, err := loadedAs(t, b, c.as)
				if err != nil {
					t.Errorf("%s, %s, version %d, %s: %v", c.name, e, version, codecs[n%len(codecs)], err)
					continue
				}
				if want == nil {
					want = duckReads(t, rowtest.TempFile(t, b).Name(), "v", c.as)
				}
				if i := firstDifference(got, want); i >= 0 {
					t.Errorf("%s, %s, version %d: row %d has other values than DuckDB's: %q, %q", c.name, e, version, i, got[i], want[i])
				}
			}
		}
	}
}

// firstDifference is the first place where two lists differ, -1 if there is
// none.
func firstDifference(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return min(i, len(a)-1, len(b)-1)
		}
	}
	return -1
}

// duckReads is a column as an unlocked DuckDB reads it, in order.
func duckReads(t testing.TB, path, column string, typ glovebox.Type) []string {
	t.Helper()
	d, c, err := duck.Open(context.Background(), 1<<30, path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	defer c.Close()
	r, err := c.Query(context.Background(), "SELECT CAST("+duck.QuoteName(column)+" AS "+duck.Types[typ]+") FROM read_parquet("+duck.QuoteText(path)+")")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	var out []string
	for r.Next() {
		for i := range int(r.RecordBatch().NumRows()) {
			out = append(out, strings.Clone(rowtest.Cell(r.RecordBatch().Column(0), i)))
		}
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return out
}

// arrowFile writes a table with Arrow's writer; column id is added.
func arrowFile(t testing.TB, names []string, cols ...arrow.Array) []byte {
	t.Helper()
	ids := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range cols[0].Len() {
		ids.Append(fmt.Sprintf("p%d", i))
	}
	fields := []arrow.Field{{Name: "id", Type: arrow.BinaryTypes.String}}
	for i, c := range cols {
		fields = append(fields, arrow.Field{Name: names[i], Type: c.DataType(), Nullable: true})
	}
	s := arrow.NewSchema(fields, nil)
	rec := array.NewRecordBatch(s, append([]arrow.Array{ids.NewArray()}, cols...), int64(cols[0].Len()))
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(s, &out, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
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

// TestParquetForeignTypes: what no record can declare is refused by the name
// of its type and with something to do; if it holds no value it loads as any
// type.
func TestParquetForeignTypes(t *testing.T) {
	none := schema.NoLogicalType{}
	ints := []int64{1}
	flat := func(n schema.Node, values any) func() []byte {
		return func() []byte { return parquetOf(t, n, values) }
	}
	nested := func(dt arrow.DataType, fill func(array.Builder)) func() []byte {
		return func() []byte {
			b := array.NewBuilder(memory.DefaultAllocator, dt)
			if fill == nil {
				b.AppendNulls(2)
			} else {
				fill(b)
			}
			return arrowFile(t, []string{"v"}, b.NewArray())
		}
	}
	list, st := arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.StructOf(arrow.Field{Name: "secret", Type: arrow.BinaryTypes.String, Nullable: true})
	mp := arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64)
	for want, q := range map[string]struct {
		file func() []byte
		typ  glovebox.Type
	}{
		"is BLOB":                     {flat(leaf(t, none, parquet.Types.ByteArray, -1), []parquet.ByteArray{[]byte("secret")}), glovebox.String},
		"is FIXED_LEN_BYTE_ARRAY":     {flat(leaf(t, none, parquet.Types.FixedLenByteArray, 6), []parquet.FixedLenByteArray{[]byte("secret")}), glovebox.String},
		"is UUID":                     {flat(leaf(t, schema.UUIDLogicalType{}, parquet.Types.FixedLenByteArray, 16), []parquet.FixedLenByteArray{make([]byte, 16)}), glovebox.String},
		"is BSON":                     {flat(leaf(t, schema.BSONLogicalType{}, parquet.Types.ByteArray, -1), []parquet.ByteArray{[]byte("secret")}), glovebox.String},
		"is TIMESTAMP,":               {flat(leaf(t, schema.NewTimestampLogicalType(false, schema.TimeUnitMicros), parquet.Types.Int64, -1), ints), glovebox.Int64},
		"is TIMESTAMP WITH TIME ZONE": {flat(leaf(t, schema.NewTimestampLogicalType(true, schema.TimeUnitNanos), parquet.Types.Int64, -1), ints), glovebox.Date},
		"is INT96":                    {flat(leaf(t, none, parquet.Types.Int96, -1), []parquet.Int96{{1}}), glovebox.Date},
		"is TIME,":                    {flat(leaf(t, schema.NewTimeLogicalType(false, schema.TimeUnitMicros), parquet.Types.Int64, -1), ints), glovebox.Int64},
		"is DECIMAL,":                 {flat(leaf(t, schema.NewDecimalLogicalType(9, 2), parquet.Types.Int64, -1), ints), glovebox.Int64},
		"is FLOAT16,":                 {flat(leaf(t, schema.Float16LogicalType{}, parquet.Types.FixedLenByteArray, 2), []parquet.FixedLenByteArray{{1, 2}}), glovebox.Int64},
		"is INT64,":                   {flat(leaf(t, none, parquet.Types.Int64, -1), ints), glovebox.String},
		"is INT32,":                   {flat(leaf(t, none, parquet.Types.Int32, -1), []int32{1}), glovebox.Date},
		"is UINT64,":                  {flat(leaf(t, schema.NewIntLogicalType(64, false), parquet.Types.Int64, -1), ints), glovebox.String},
		"is DOUBLE,":                  {flat(leaf(t, none, parquet.Types.Double, -1), []float64{1}), glovebox.Int32},
		"is BOOLEAN,":                 {flat(leaf(t, none, parquet.Types.Boolean, -1), []bool{true}), glovebox.Int32},
		"is DATE,":                    {flat(leaf(t, schema.DateLogicalType{}, parquet.Types.Int32, -1), []int32{1}), glovebox.String},
		"is LIST,":                    {nested(list, func(b array.Builder) { b.(*array.ListBuilder).Append(true) }), glovebox.String},
		"is STRUCT,": {nested(st, func(b array.Builder) {
			b.(*array.StructBuilder).Append(true)
			b.(*array.StructBuilder).FieldBuilder(0).AppendNull()
		}), glovebox.String},
		"is MAP,": {nested(mp, func(b array.Builder) { b.(*array.MapBuilder).Append(true) }), glovebox.String},
	} {
		_, err := loadedAs(t, q.file(), q.typ)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "column v ") || !strings.Contains(err.Error(), "(") || strings.Contains(err.Error(), "secret") || glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", want, err)
		}
	}
	for name, f := range map[string]func() []byte{
		"null": nested(arrow.Null, nil), "list": nested(list, nil), "struct": nested(st, nil), "map": nested(mp, nil),
		"int96": flat(leaf(t, none, parquet.Types.Int96, -1), []parquet.Int96{}), "double": flat(leaf(t, none, parquet.Types.Double, -1), []float64{}),
		"text": flat(leaf(t, schema.StringLogicalType{}, parquet.Types.ByteArray, -1), []parquet.ByteArray{}), "timestamp": nested(arrow.FixedWidthTypes.Timestamp_us, nil),
		"dictionary": nested(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, nil),
	} {
		for typ := range duck.Types {
			if typ == glovebox.Token {
				continue
			}
			if got, err := loadedAs(t, f(), typ); err != nil || len(got) == 0 || strings.Trim(strings.Join(got, ""), "-") != "" {
				t.Errorf("nothing of type %s as %s: %v, %v", name, typ, got, err)
			}
		}
	}
}

// TestParquetGarbledText: a text that is not UTF-8 costs its row and no other,
// wherever in a column, a page or a piece it lies.
func TestParquetGarbledText(t *testing.T) {
	const rows = 40_000
	a, b := array.NewStringBuilder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	bad := map[int]string{0: "a", 1: "b", 4095: "a", 4096: "b", 12345: "a", rows - 1: "b"}
	var want []Reject
	for i := range rows {
		ta, tb := "东城", fmt.Sprint(i)
		switch {
		case bad[i] == "a":
			ta, tb = "secret\xff", "\xc3"
		case bad[i] == "b":
			tb = strings.Repeat("secret", 1000) + "\xe4\xb8"
		}
		if bad[i] != "" {
			want = append(want, rejected(int64(i+1), bad[i], source.ReasonEncoding))
		}
		a.Append(ta)
		b.Append(tb)
	}
	file := arrowFile(t, []string{"b", "a"}, b.NewArray(), a.NewArray())
	ds := people("parquet", glovebox.Column{Name: "a", Type: glovebox.String, Class: glovebox.ClassPersonal}, glovebox.Column{Name: "b", Type: glovebox.Int64, Class: glovebox.ClassPersonal})
	v := newVault()
	r := mustLoad(t, ds, string(file), testOptions(v))
	if r.Report.Rows != rows || !slices.Equal(r.Report.First, want) {
		t.Fatalf("%+v", r.Report)
	}
	for _, row := range readAll(t, v, r.Manifest, PartSpec{Columns: []string{"id", "a", "b"}, Kept: []string{"id"}, Uncapped: true}) {
		if f := strings.Split(row, "|"); f[1] != "p"+f[3] || f[2] != "东城" {
			t.Fatal("a row got another row's value")
		}
	}
	all := array.NewStringBuilder(memory.DefaultAllocator)
	all.Append("\xff")
	all.Append("\xfe")
	if r := mustLoad(t, people("parquet", glovebox.Column{Name: "a", Type: glovebox.String, Class: glovebox.ClassPersonal}), string(arrowFile(t, []string{"a"}, all.NewArray())), testOptions(newVault())); r.Report.Rejected != 2 || r.Report.Rows != 2 {
		t.Errorf("%+v", r.Report)
	}
}

// TestParquetTexts: what the reader does to long texts changes no reason.
func TestParquetTexts(t *testing.T) {
	space := strings.Repeat(" ", 5000)
	for _, q := range []struct {
		text, want string
		typ        glovebox.Type
	}{
		{strings.Repeat("a", 4096), strings.Repeat("a", 4096), glovebox.String},
		{strings.Repeat("a", 4097), "!max_bytes", glovebox.String},
		{strings.Repeat("a", 1<<20), "!max_bytes", glovebox.String},
		{strings.Repeat("a", 4097) + "\x00", "!encoding", glovebox.String},
		{"a\x00", "!encoding", glovebox.String},
		{" 12 ", "12", glovebox.Int32},
		{space + "12", "!type", glovebox.Int32},
		{"1.5", "!type", glovebox.Int64},
		{"0.1", "0.1", glovebox.Float64},
		{"2024-02-30", "!type", glovebox.Date},
		{"2024-02-29", "2024-02-29", glovebox.Date},
		{"yes", "true", glovebox.Bool},
	} {
		got, err := loadedAs(t, parquetOf(t, leaf(t, schema.StringLogicalType{}, parquet.Types.ByteArray, -1), []parquet.ByteArray{parquet.ByteArray(q.text)}), q.typ)
		if err != nil || got[0] != q.want {
			t.Errorf("%d bytes as %s: got %.20s, want %.20s, %v", len(q.text), q.typ, got, q.want, err)
		}
	}
}

// TestParquetNames: no name of a column is DuckDB's own.
func TestParquetNames(t *testing.T) {
	for _, name := range []string{"file_row_number", "filename", "file_index", "rowid", "r", "piece0", "none", "f0", "rows", "File_Row_Number"} {
		b := array.NewInt64Builder(memory.DefaultAllocator)
		b.AppendValues([]int64{7, 9}, nil)
		v := newVault()
		ds := people("parquet", glovebox.Column{Name: name, Type: glovebox.Int64, Class: glovebox.ClassPersonal})
		r, err := Load(context.Background(), ds, rowtest.TempFile(t, arrowFile(t, []string{name}, b.NewArray())), testOptions(v))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"id", name}, Kept: []string{"id"}})
		for i := range got {
			got[i] = got[i][strings.IndexByte(got[i], '|'):]
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"|p0|7", "|p1|9"}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestParquetEnds: files without rows, and of several row groups.
func TestParquetEnds(t *testing.T) {
	ds := people("parquet", glovebox.Column{Name: "n", Type: glovebox.Int64, Class: glovebox.ClassPersonal})
	for rows, q := range map[int64]string{0: "SELECT 'a' AS id, 1 AS n WHERE false", 5000: "SELECT 'p' || i AS id, i AS n FROM range(5000) t(i)"} {
		r, err := Load(context.Background(), ds, makeParquet(t, q), testOptions(newVault()))
		if err != nil || r.Report.Rows != rows || r.Report.Rejected != 0 {
			t.Errorf("%d rows: %+v, %v", rows, r, err)
		}
	}
}

// TestParquetStored: an encoding or a compression that cannot be read is
// refused by its name, and the file is not called damaged.
func TestParquetStored(t *testing.T) {
	// GZIP is number 2 of the compressions and LZO, which nobody writes, is 3.
	lzo := parquetOf(t, leaf(t, schema.NoLogicalType{}, parquet.Types.Double, -1), []float64{1}, parquet.WithCompressionFor("v", compress.Codecs.Gzip))
	i := bytes.LastIndex(lzo, []byte("\x19\x18\x01v\x15\x04"))
	if i < 0 {
		t.Fatal("the description of column v is not found")
	}
	lzo[i+5] = 6
	for want, b := range map[string][]byte{"column v has the encoding DELTA_BYTE_ARRAY": fixture(t, "flba-delta"), "column v is compressed by LZO": lzo} {
		if got, err := loadedAs(t, b, glovebox.Float64); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, got, err)
		}
	}
}
