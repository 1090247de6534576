package source

import (
	"bytes"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// parquetStep is how many values are decoded at a time.
const parquetStep = 1 << 12

// What no text, number or day of the declared types is. A value that cannot
// be had exactly becomes one of these, and its row is rejected for its type.
var notANumber = math.NaN()

const notADay = math.MaxInt32 // DuckDB's day without end

// Days of 0001-01-01 and 9999-12-31 since 1970-01-01: what a date in a text
// can say.
const (
	firstDay = -719162
	lastDay  = 2932896
)

// handed are the Arrow types in which columns go to DuckDB.
var handed = map[reading]arrow.DataType{
	readCell: arrow.BinaryTypes.String, readText: arrow.BinaryTypes.String, readIntText: arrow.BinaryTypes.String,
	readInt: arrow.PrimitiveTypes.Int64, readUint: arrow.PrimitiveTypes.Uint64,
	readFloat: arrow.PrimitiveTypes.Float64, readDecimal: arrow.PrimitiveTypes.Float64,
	readBool: arrow.FixedWidthTypes.Boolean, readDate: arrow.FixedWidthTypes.Date32,
}

// columnReader decodes a column of one row group, value by value.
type columnReader struct {
	parquetColumn
	r     file.ColumnChunkReader
	most  int  // bytes of a text that can be right
	isID  bool // white space around it does not count
	vals  *stepValues
	stand []byte // what a text that is too long becomes

	col    glovebox.Column // of readCell
	parser *value.Parser
	out    []byte
}

// stepValues are the values of one step, by their physical type, and their
// definition levels. The readers of all columns share one.
type stepValues struct {
	defs   [parquetStep]int16
	bools  [parquetStep]bool
	int32s [parquetStep]int32
	int64s [parquetStep]int64
	int96s [parquetStep]parquet.Int96
	floats [parquetStep]float32
	double [parquetStep]float64
	bytes  [parquetStep]parquet.ByteArray
	fixed  [parquetStep]parquet.FixedLenByteArray
}

// read appends n rows to b. garbled is called with the place of a text that
// is not UTF-8; null stands there.
func (c *columnReader) read(n int, b array.Builder, garbled func(at int)) error {
	b.Reserve(n)
	maxDef := c.r.Descriptor().MaxDefinitionLevel()
	for done := 0; done < n; {
		k, vals, err := c.step(min(n-done, parquetStep))
		if err != nil {
			return decodeError(err)
		}
		if k == 0 {
			return damagedParquet("a column has fewer rows than its row group")
		}
		v := 0
		for i := range k {
			if maxDef > 0 && c.vals.defs[i] < maxDef {
				b.AppendNull()
				continue
			}
			if v >= vals {
				return damagedParquet("a column has fewer values than its page says")
			}
			if !c.append(b, v) {
				garbled(done + i)
			}
			v++
		}
		done += k
	}
	return nil
}

// step decodes up to n values, all of one page: what they point into lives
// until the next step.
func (c *columnReader) step(n int) (levels, values int, err error) {
	var total int64
	k := int64(n)
	switch r := c.r.(type) {
	case *file.BooleanColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.bools[:], c.vals.defs[:], nil)
	case *file.Int32ColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.int32s[:], c.vals.defs[:], nil)
	case *file.Int64ColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.int64s[:], c.vals.defs[:], nil)
	case *file.Int96ColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.int96s[:], c.vals.defs[:], nil)
	case *file.Float32ColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.floats[:], c.vals.defs[:], nil)
	case *file.Float64ColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.double[:], c.vals.defs[:], nil)
	case *file.ByteArrayColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.bytes[:], c.vals.defs[:], nil)
	case *file.FixedLenByteArrayColumnChunkReader:
		total, values, err = r.ReadBatchInPage(k, c.vals.fixed[:], c.vals.defs[:], nil)
	}
	if total > k {
		return 0, 0, damagedParquet("a column has more rows than its row group")
	}
	return int(total), values, err
}

// append appends value v of the step to b. It returns false for a text that
// is not UTF-8.
func (c *columnReader) append(b array.Builder, v int) bool {
	switch c.as {
	case readText:
		t, ok := c.text(c.vals.bytes[v])
		if !ok {
			b.AppendNull()
			return false
		}
		b.(*array.StringBuilder).BinaryBuilder.Append(t)
	case readCell:
		t, ok := c.cell(v)
		if !ok {
			b.AppendNull()
			return false
		}
		b.(*array.StringBuilder).BinaryBuilder.Append(t)
	case readInt:
		b.(*array.Int64Builder).Append(c.signed(v))
	case readUint:
		b.(*array.Uint64Builder).Append(c.unsigned(v))
	case readIntText:
		b.(*array.StringBuilder).Append(c.digits(v))
	case readFloat:
		b.(*array.Float64Builder).Append(c.float(v))
	case readDecimal:
		b.(*array.Float64Builder).Append(c.decimal(v))
	case readBool:
		b.(*array.BooleanBuilder).Append(c.vals.bools[v])
	case readDate:
		d := c.vals.int32s[v]
		if d < firstDay || d > lastDay {
			d = notADay
		}
		b.(*array.Date32Builder).Append(arrow.Date32(d))
	}
	return true
}

// cell returns a value in the form that its type has by default, "-" for what is
// none; false for a text that is not UTF-8.
func (c *columnReader) cell(v int) ([]byte, bool) {
	var f rows.Field
	switch c.kind {
	case classText:
		f = rows.Field{Kind: rows.Text, Text: c.vals.bytes[v]}
		if !utf8.Valid(f.Text) {
			return nil, false
		}
	case classTime, classInstant:
		f = rows.Field{Kind: rows.Time, Int: c.signed(v)}
		if c.kind == classInstant {
			f.Kind = rows.Instant
		}
		switch c.unit.scale {
		case 3:
			if f.Int > math.MaxInt64/1000 || f.Int < math.MinInt64/1000 {
				return noValue, true
			}
			f.Int *= 1000
		case 9:
			if f.Int%1000 != 0 {
				return noValue, true
			}
			f.Int /= 1000
		}
	case classDate:
		f = rows.Field{Kind: rows.Day, Int: int64(c.vals.int32s[v])}
	case classInt:
		f = rows.Field{Kind: rows.Int, Int: c.signed(v)}
	case classUint:
		f = rows.Field{Kind: rows.Number, Text: strconv.AppendUint(nil, c.unsigned(v), 10)}
	case classFloat:
		f = rows.Field{Kind: rows.Float, Float: c.float(v)}
	case classDecimal:
		i, ok := c.unscaled(v)
		if !ok {
			return noValue, true
		}
		f = rows.Field{Kind: rows.Number, Text: []byte(pointed(i, c.unit.scale))}
	}
	got, missing, fault := rows.Cell(c.parser, &c.col, &f)
	if missing || fault == value.Type {
		return noValue, true
	}
	if fault == value.Rounded { // the loader knows it by its look
		t, ok := c.text(f.Text)
		return t, ok
	}
	b := c.out[:0]
	switch c.col.Type {
	case glovebox.String:
		return c.text(got.T)
	case glovebox.Float64:
		b = strconv.AppendFloat(b, got.F, 'g', -1, 64)
	case glovebox.Date:
		b = value.AppendDate(b, got.I)
	case glovebox.Bool:
		b = strconv.AppendBool(b, got.I != 0)
	default:
		b = strconv.AppendInt(b, got.I, 10)
	}
	c.out = b
	return b, true
}

// noValue is a text that is no number, date or bool. What cell gives for a column
// of texts has a value.
var noValue = []byte("-")

// pointed writes a decimal with its point.
func pointed(i *big.Int, scale int) string {
	s := new(big.Int).Abs(i).String()
	if scale > 0 {
		if n := scale + 1 - len(s); n > 0 {
			s = strings.Repeat("0", n) + s
		}
		s = s[:len(s)-scale] + "." + s[len(s)-scale:]
	}
	if i.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// text returns a text that DuckDB can have: one that is longer than any that
// is right is not copied, a short one that is wrong for the same reason stands
// for it.
func (c *columnReader) text(t []byte) ([]byte, bool) {
	if len(t) > c.most && utf8.Valid(t) {
		if bytes.IndexByte(t, 0) >= 0 {
			return []byte{0}, true
		}
		if c.isID {
			t = bytes.TrimSpace(t)
		}
		if len(t) > c.most {
			t = c.stand
		}
	}
	return t, utf8.Valid(t)
}
