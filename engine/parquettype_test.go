package engine

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

// leaf makes the node of an optional column v.
func leaf(t testing.TB, l schema.LogicalType, phys parquet.Type, length int) schema.Node {
	t.Helper()
	n, err := schema.NewPrimitiveNodeLogical("v", parquet.Repetitions.Optional, l, phys, length, -1)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// parquetOf writes a file with a column id (p0, p1, ...) and a column of values
// with a null behind them, of one of the physical types.
func parquetOf(t testing.TB, n schema.Node, values any, props ...parquet.WriterProperty) []byte {
	t.Helper()
	id, err := schema.NewPrimitiveNodeLogical("id", parquet.Repetitions.Required, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
	if err != nil {
		t.Fatal(err)
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, schema.FieldList{id, n}, -1)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := file.NewParquetWriter(&out, root, file.WithWriterProps(parquet.NewWriterProperties(props...)))
	g := w.AppendRowGroup()
	c, err := g.NextColumn()
	if err != nil {
		t.Fatal(err)
	}
	count := countOf(values)
	var ids []parquet.ByteArray
	for i := range count + 1 {
		ids = append(ids, parquet.ByteArray(fmt.Sprintf("p%05d", i)))
	}
	_, err1 := c.(*file.ByteArrayColumnChunkWriter).WriteBatch(ids, nil, nil)
	err2 := c.Close()
	if c, err = g.NextColumn(); err != nil || err1 != nil || err2 != nil {
		t.Fatal(err, err1, err2)
	}
	defs := slices.Repeat([]int16{1}, count)
	defs = append(defs, 0)
	switch w := c.(type) {
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(values.([]bool), defs, nil)
	case *file.Int32ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]int32), defs, nil)
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]int64), defs, nil)
	case *file.Float32ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]float32), defs, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]float64), defs, nil)
	case *file.ByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(values.([]parquet.ByteArray), defs, nil)
	case *file.FixedLenByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(values.([]parquet.FixedLenByteArray), defs, nil)
	case *file.Int96ColumnChunkWriter:
		_, err = w.WriteBatch(values.([]parquet.Int96), defs, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, close := range []func() error{c.Close, g.Close, w.Close} {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func countOf(values any) int {
	switch v := values.(type) {
	case []bool:
		return len(v)
	case []int32:
		return len(v)
	case []int64:
		return len(v)
	case []float32:
		return len(v)
	case []float64:
		return len(v)
	case []parquet.ByteArray:
		return len(v)
	case []parquet.FixedLenByteArray:
		return len(v)
	}
	return len(values.([]parquet.Int96))
}

// loadedAs loads a file with column v declared as a type; one text a row, "!"
// and the reason for one that was rejected.
func loadedAs(t testing.TB, b []byte, typ glovebox.Type) ([]string, error) {
	t.Helper()
	v := newVault()
	ds := people("parquet", glovebox.Column{Name: "v", Type: typ, Nullable: true, Class: glovebox.ClassPersonal})
	if typ == glovebox.String {
		ds.Columns[1].MaxBytes = source.MaxTextBytes
	}
	r, err := Load(context.Background(), ds, rowtest.TempFile(t, b), testOptions(v))
	if err != nil {
		return nil, err
	}
	out := make([]string, r.Report.Rows)
	for _, row := range readAll(t, v, r.Manifest, PartSpec{Columns: []string{"id", "v"}, Kept: []string{"id"}}) {
		f := strings.SplitN(row, "|", 3)
		i, err := strconv.Atoi(f[1][1:])
		if err != nil {
			t.Fatal(err)
		}
		out[i] = f[2]
	}
	for _, bad := range r.Report.First {
		out[bad.Row-1] = "!" + string(bad.Reason)
	}
	return out, nil
}

// arrowReads is what arrow-go's own reader gives for column v.
func arrowReads(t testing.TB, b []byte) arrow.Array {
	t.Helper()
	tab, err := pqarrow.ReadTable(context.Background(), bytes.NewReader(b), nil, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Release()
	a, err := array.Concatenate(tab.Column(1).Data().Chunks(), memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// exact is what a value of Arrow's reader must become as a declared type: the
// value itself, or a reject.
func exact(t testing.TB, a arrow.Array, i int, typ glovebox.Type) string {
	t.Helper()
	if a.IsNull(i) {
		return "-"
	}
	var r *big.Rat
	whole := true // an integer may not be rounded; a decimal becomes the nearest float64
	switch a := a.(type) {
	case *array.String:
		return a.Value(i)
	case *array.Boolean:
		return strconv.FormatBool(a.Value(i))
	case *array.Date32:
		if s := a.Value(i).ToTime().Format("2006-01-02"); len(s) == 10 && s[:4] != "0000" {
			return s
		}
		return "!type"
	case *array.Decimal32:
		r, whole = scaled(big.NewInt(int64(a.Value(i))), a.DataType()), false
	case *array.Decimal64:
		r, whole = scaled(big.NewInt(int64(a.Value(i))), a.DataType()), false
	case *array.Decimal128:
		r, whole = scaled(a.Value(i).BigInt(), a.DataType()), false
	case *array.Decimal256:
		r, whole = scaled(a.Value(i).BigInt(), a.DataType()), false
	case *array.Float16:
		bits := a.Value(i).Uint16()
		if bits&0x7c00 == 0 { // arrow-go 18.8 turns these into other numbers than they are
			f, _ := big.NewRat(int64(bits&0x3ff), 1<<24).Float64()
			if bits>>15 == 1 {
				f = -f
			}
			return floatText(f)
		}
		return floatText(float64(a.Value(i).Float32()))
	case *array.Float32:
		return floatText(float64(a.Value(i)))
	case *array.Float64:
		return floatText(a.Value(i))
	default:
		n, ok := new(big.Int).SetString(a.ValueStr(i), 10)
		if !ok {
			t.Fatalf("unexpected %s", a.DataType())
		}
		r = new(big.Rat).SetInt(n)
	}
	switch typ {
	case glovebox.Float64:
		f, ok := r.Float64()
		if math.IsInf(f, 0) || whole && !ok {
			return "!type"
		}
		return floatText(f)
	case glovebox.Int32:
		if !r.Num().IsInt64() || int64(int32(r.Num().Int64())) != r.Num().Int64() {
			return "!type"
		}
	case glovebox.Int64:
		if !r.Num().IsInt64() {
			return "!type"
		}
	}
	return r.Num().String()
}

func scaled(i *big.Int, t arrow.DataType) *big.Rat {
	scale := int64(t.(arrow.DecimalType).GetScale())
	return new(big.Rat).SetFrac(i, new(big.Int).Exp(big.NewInt(10), big.NewInt(scale), nil))
}

// floatText is a finite number as a part gives it back.
func floatText(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return "!type"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

var wholeNumbers = []int64{0, 1, -1, 127, -128, 255, 32767, -32768, 65535, math.MaxInt32, math.MinInt32, math.MaxUint32, 1 << 53, 1<<53 + 1, -(1<<53 + 1), 1<<62 + 1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1}

// ints are those of wholeNumbers that a type of so many bits can hold.
func ints(bits int, signed bool) (narrow []int32, wide []int64) {
	for _, v := range wholeNumbers {
		switch {
		case bits == 64:
		case signed && (v < -1<<(bits-1) || v >= 1<<(bits-1)), !signed && (v < 0 || v >= 1<<bits):
			continue
		}
		narrow, wide = append(narrow, int32(v)), append(wide, v)
	}
	return narrow, wide
}

// fixedDecimals are decimals of n bytes, big-endian: the ends and some between.
func fixedDecimals(n int) (out []parquet.FixedLenByteArray) {
	for _, fill := range []byte{0, 0xff, 1, 0x12, 0x7f, 0x80, 0x9a} {
		b := bytes.Repeat([]byte{fill}, n)
		out = append(out, bytes.Clone(b))
		b[0] = 0
		out = append(out, bytes.Clone(b))
		b[0], b[n-1] = 0xff, 3
		out = append(out, b)
	}
	return out
}

// TestParquetTypesAreExact loads a column of every type that can be declared
// and compares it, value by value, with arrow-go's own reader.
func TestParquetTypesAreExact(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	number := []glovebox.Type{glovebox.Int32, glovebox.Int64, glovebox.Float64}
	float := []glovebox.Type{glovebox.Float64}
	type column struct {
		name   string
		node   schema.Node
		values any
		as     []glovebox.Type
	}
	var columns []column
	add := func(name string, node schema.Node, values any, as ...glovebox.Type) {
		columns = append(columns, column{name, node, values, as})
	}
	for _, bits := range []int{8, 16, 32, 64} {
		for _, signed := range []bool{true, false} {
			narrow, wide := ints(bits, signed)
			l := schema.NewIntLogicalType(int8(bits), signed)
			if bits == 64 {
				add(fmt.Sprint("int", bits, signed), leaf(t, l, parquet.Types.Int64, -1), wide, number...)
			} else {
				add(fmt.Sprint("int", bits, signed), leaf(t, l, parquet.Types.Int32, -1), narrow, number...)
			}
		}
	}
	n32, _ := ints(32, true)
	add("int32", leaf(t, schema.NoLogicalType{}, parquet.Types.Int32, -1), n32, number...)
	add("int64", leaf(t, schema.NoLogicalType{}, parquet.Types.Int64, -1), wholeNumbers, number...)
	for _, scale := range []int32{0, 1, 2, 9} {
		as := float
		if scale == 0 {
			as = number
		}
		add(fmt.Sprint("decimal32 ", scale), leaf(t, schema.NewDecimalLogicalType(9, scale), parquet.Types.Int32, -1), []int32{0, 1, -1, 150, 999999999, -999999999}, as...)
	}
	for _, scale := range []int32{0, 2, 17, 18} {
		as := float
		if scale == 0 {
			as = number
		}
		add(fmt.Sprint("decimal64 ", scale), leaf(t, schema.NewDecimalLogicalType(18, scale), parquet.Types.Int64, -1), []int64{0, 1, -1, 9007199254740993, 999999999999999999, -999999999999999999, 123456789012345678}, as...)
	}
	for width := 1; width <= 32; width++ {
		digits := int32(math.Floor(math.Log10(2) * float64(8*width-1)))
		for _, scale := range []int32{0, digits / 2, digits} {
			as := float
			if scale == 0 {
				as = number
			}
			add(fmt.Sprintf("decimal of %d bytes, scale %d", width, scale), leaf(t, schema.NewDecimalLogicalType(digits, scale), parquet.Types.FixedLenByteArray, width), fixedDecimals(width), as...)
		}
	}
	for _, precision := range []int32{9, 38, 39, 76} {
		var values []parquet.ByteArray
		for _, v := range fixedDecimals(int(precision)*10/25 - 1) {
			values = append(values, parquet.ByteArray(v))
		}
		values = append(values, parquet.ByteArray{1}, parquet.ByteArray{0x80}, parquet.ByteArray{0, 0, 150})
		for _, scale := range []int32{0, 2} {
			as := float
			if scale == 0 {
				as = number
			}
			add(fmt.Sprintf("decimal of any length, %d digits, scale %d", precision, scale), leaf(t, schema.NewDecimalLogicalType(precision, scale), parquet.Types.ByteArray, -1), values, as...)
		}
	}
	var halves []parquet.FixedLenByteArray
	for i := 0; i < 1<<16; i += 97 {
		halves = append(halves, parquet.FixedLenByteArray{byte(i), byte(i >> 8)})
	}
	add("half", leaf(t, schema.Float16LogicalType{}, parquet.Types.FixedLenByteArray, 2), halves, float...)
	add("float", leaf(t, schema.NoLogicalType{}, parquet.Types.Float, -1), []float32{0, 0.1, -1.5, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Inf(1)), float32(math.NaN())}, float...)
	add("double", leaf(t, schema.NoLogicalType{}, parquet.Types.Double, -1), []float64{0, 0.1, -1.5, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(-1), math.NaN()}, float...)
	add("date", leaf(t, schema.DateLogicalType{}, parquet.Types.Int32, -1), []int32{0, -1, 20000, -719162, -719163, 2932896, 2932897, math.MaxInt32 / 8, math.MinInt32 / 8}, glovebox.Date)
	add("bool", leaf(t, schema.NoLogicalType{}, parquet.Types.Boolean, -1), []bool{true, false, false, true}, glovebox.Bool)
	text := []parquet.ByteArray{[]byte("东城"), []byte(""), []byte(" a "), []byte("a\nb"), []byte(strings.Repeat("长", 1365))}
	add("string", leaf(t, schema.StringLogicalType{}, parquet.Types.ByteArray, -1), text, glovebox.String)
	add("enum", leaf(t, schema.EnumLogicalType{}, parquet.Types.ByteArray, -1), text, glovebox.String)
	add("json", leaf(t, schema.JSONLogicalType{}, parquet.Types.ByteArray, -1), []parquet.ByteArray{[]byte(`{"a":1}`)}, glovebox.String)
	for _, c := range columns {
		b := parquetOf(t, c.node, c.values)
		want := arrowReads(t, b)
		if bin, ok := want.(*array.Binary); ok { // Arrow has no enum and no JSON
			sb := array.NewStringBuilder(memory.DefaultAllocator)
			for i := range bin.Len() {
				if bin.IsNull(i) {
					sb.AppendNull()
				} else {
					sb.Append(string(bin.Value(i)))
				}
			}
			want = sb.NewArray()
		}
		for _, typ := range c.as {
			got, err := loadedAs(t, b, typ)
			if err != nil {
				t.Errorf("%s as %s: %v", c.name, typ, err)
				continue
			}
			rejects := 0
			for i := range want.Len() {
				w := exact(t, want, i, typ)
				if w == "!type" {
					if rejects++; rejects > MaxFirstRejects {
						w = "" // not listed
					}
				}
				if typ == glovebox.Float64 && got[i] != "" && got[i][0] != '!' && got[i] != "-" {
					f, err := strconv.ParseFloat(got[i], 64)
					if err != nil {
						t.Fatal(err)
					}
					got[i] = floatText(f)
				}
				if got[i] != w {
					t.Errorf("%s as %s, value %d: got %s, want %s", c.name, typ, i, got[i], w)
				}
			}
		}
	}
}

// TestParquetWideDecimals: more digits than Arrow's own reader has.
func TestParquetWideDecimals(t *testing.T) {
	b := make([]byte, 48)
	b[47] = 150
	neg := bytes.Repeat([]byte{0xff}, 48)
	neg[47] = 106 // -150
	large := bytes.Repeat([]byte{0x7f}, 48)
	for _, q := range []struct {
		node   schema.Node
		values any
	}{
		{leaf(t, schema.NewDecimalLogicalType(100, 2), parquet.Types.FixedLenByteArray, 48), []parquet.FixedLenByteArray{b, neg, large}},
		{leaf(t, schema.NewDecimalLogicalType(100, 2), parquet.Types.ByteArray, -1), []parquet.ByteArray{b, neg, large}},
	} {
		got, err := loadedAs(t, parquetOf(t, q.node, q.values), glovebox.Float64)
		if err != nil || got[0] != "1.5" || got[1] != "-1.5" || got[3] != "-" {
			t.Errorf("%v, %v", got, err)
		}
		r, ok := new(big.Int).SetString(strings.Repeat("7f", 48), 16)
		f, err2 := strconv.ParseFloat(got[2], 64)
		w, _ := new(big.Rat).SetFrac(r, new(big.Int).SetInt64(100)).Float64()
		if !ok || err2 != nil || f != w {
			t.Errorf("got %v, want %v", f, w)
		}
	}
	long := []parquet.ByteArray{bytes.Repeat([]byte{1}, 128+1), {}, {5}}
	if got, err := loadedAs(t, parquetOf(t, leaf(t, schema.NewDecimalLogicalType(400, 0), parquet.Types.ByteArray, -1), long), glovebox.Int64); err != nil || !slices.Equal(got, []string{"!type", "!type", "5", "-"}) {
		t.Errorf("%v, %v", got, err)
	}
}
