package source

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
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

func (c *columnReader) signed(v int) int64 {
	if c.r.Type() == parquet.Types.Int32 {
		return int64(c.vals.int32s[v])
	}
	return c.vals.int64s[v]
}

func (c *columnReader) unsigned(v int) uint64 {
	if c.r.Type() == parquet.Types.Int32 {
		return uint64(uint32(c.vals.int32s[v]))
	}
	return uint64(c.vals.int64s[v])
}

// float returns a number as a float64, NaN if no float64 is that number.
func (c *columnReader) float(v int) float64 {
	switch c.r.Type() {
	case parquet.Types.Float:
		return float64(c.vals.floats[v])
	case parquet.Types.Double:
		return c.vals.double[v]
	case parquet.Types.FixedLenByteArray:
		return half(c.vals.fixed[v])
	}
	if c.isUnsigned {
		u := c.unsigned(v)
		if f := float64(u); f < 1<<64 && uint64(f) == u {
			return f
		}
		return notANumber
	}
	i := c.signed(v)
	if f := float64(i); f < 1<<63 && int64(f) == i {
		return f
	}
	return notANumber
}

// half reads an IEEE 754 half-precision number, little-endian.
func half(b []byte) float64 {
	if len(b) != 2 {
		return notANumber
	}
	bits := binary.LittleEndian.Uint16(b)
	exp, frac := int(bits>>10&0x1f), float64(bits&0x3ff)
	var f float64
	switch exp {
	case 0:
		f = math.Ldexp(frac, -24)
	case 31:
		return notANumber // or infinite: neither is a value
	default:
		f = math.Ldexp(1024+frac, exp-25)
	}
	if bits>>15 == 1 {
		f = -f
	}
	return f
}

// unscaled returns a decimal's integer; ok is false if it has no bytes or more
// than maxDecimalBytes.
func (c *columnReader) unscaled(v int) (i *big.Int, ok bool) {
	var b []byte
	switch c.r.Type() {
	case parquet.Types.Int32, parquet.Types.Int64:
		return big.NewInt(c.signed(v)), true
	case parquet.Types.ByteArray:
		b = c.vals.bytes[v]
	default:
		b = c.vals.fixed[v]
	}
	if len(b) == 0 || len(b) > maxDecimalBytes {
		return nil, false
	}
	i = new(big.Int).SetBytes(b)
	if b[0] >= 0x80 { // two's complement, big-endian
		i.Sub(i, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return i, true
}

// digits returns a decimal without a fraction as text, which no integer is if
// the decimal is not one.
func (c *columnReader) digits(v int) string {
	i, ok := c.unscaled(v)
	if !ok {
		return "-"
	}
	return i.String()
}

// decimal returns the float64 that is nearest to a decimal, as a text with its
// digits would give.
func (c *columnReader) decimal(v int) float64 {
	i, ok := c.unscaled(v)
	if !ok {
		return notANumber
	}
	if i.IsInt64() && c.unit.scale <= 22 { // both are exact, so the quotient is the nearest
		if n := i.Int64(); n >= -1<<53 && n <= 1<<53 {
			return float64(n) / math.Pow10(c.unit.scale)
		}
	}
	f, err := strconv.ParseFloat(i.String()+"e-"+strconv.Itoa(c.unit.scale), 64)
	if err != nil {
		return notANumber
	}
	return f
}

// newColumnReader opens a column of a row group.
func (p *parquetFile) newColumnReader(g *file.RowGroupReader, c parquetColumn, col glovebox.Column, old *columnReader) (*columnReader, error) {
	if old == nil {
		old = &columnReader{parquetColumn: c, vals: p.vals, most: textBound(col), isID: col.Class == glovebox.ClassIdentifier}
		old.stand = bytes.Repeat([]byte("x"), old.most+1)
		var err error
		if old.col = col; c.as == readCell {
			if old.parser, err = value.Compile(col); err != nil {
				return nil, err
			}
		}
	}
	if c.as == readNull {
		return old, nil
	}
	r, err := g.Column(c.leaf)
	if err != nil {
		return nil, decodeError(err)
	}
	old.r = r
	return old, nil
}

// textBound is how long a text of a column can be that is right, in bytes.
func textBound(col glovebox.Column) int {
	if col.Type != glovebox.String {
		return MaxTextBytes // with white space around a number or a date
	}
	return MaxBytes(col)
}

// holdsNothing says whether a column, or a group that has this first leaf, is
// null in every row of the file; false for a file without rows. It reads the
// levels: what statistics say is not relied on.
func (p *parquetFile) holdsNothing(leaf int) (bool, error) {
	if p.rows() == 0 || p.r.MetaData().Schema.Column(leaf).MaxDefinitionLevel() == 0 {
		return false, nil
	}
	c := &columnReader{parquetColumn: parquetColumn{leaf: leaf}, vals: p.vals}
	for g := range p.r.NumRowGroups() {
		r, err := p.r.RowGroup(g).Column(leaf)
		if err != nil {
			return false, decodeError(err)
		}
		c.r = r
		for left := p.r.RowGroup(g).NumRows(); left > 0; {
			n, _, err := c.step(int(min(left, parquetStep)))
			if err != nil {
				return false, decodeError(err)
			}
			if n == 0 {
				return false, damagedParquet("a column has fewer rows than its row group")
			}
			for _, d := range c.vals.defs[:n] {
				if d > 0 {
					return false, nil
				}
			}
			left -= int64(n)
		}
	}
	return true, nil
}

func newBuilder(as reading) array.Builder {
	if as == readNull {
		return array.NewBooleanBuilder(memory.DefaultAllocator)
	}
	return array.NewBuilder(memory.DefaultAllocator, handed[as])
}
