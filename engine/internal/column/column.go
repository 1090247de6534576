package column

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
)

// TokenBytes is the width of a token.
const TokenBytes = 16

// UnitColumn is the name of column 0 of every batch that leaves the vault: the
// token of the row's unit.
const UnitColumn = "_unit"

// TokenType is the Arrow type of a token.
var TokenType = &arrow.FixedSizeBinaryType{ByteWidth: TokenBytes}

// ArrowTypes is the one table from declared to Arrow types.
var ArrowTypes = map[glovebox.Type]arrow.DataType{
	glovebox.String:  arrow.BinaryTypes.String,
	glovebox.Int32:   arrow.PrimitiveTypes.Int32,
	glovebox.Int64:   arrow.PrimitiveTypes.Int64,
	glovebox.Float64: arrow.PrimitiveTypes.Float64,
	glovebox.Bool:    arrow.FixedWidthTypes.Boolean,
	glovebox.Date:    arrow.FixedWidthTypes.Date32,
	glovebox.Token:   TokenType,
}

// Append appends the given rows of src to dst. Both have the same type,
// one of ArrowTypes.
func Append(dst array.Builder, src arrow.Array, rows []int32) {
	dst.Reserve(len(rows))
	if src.NullN() > 0 {
		for _, r := range rows {
			if src.IsNull(int(r)) {
				dst.AppendNull()
			} else {
				appendRow(dst, src, int(r))
			}
		}
		return
	}
	switch d := dst.(type) {
	case *array.StringBuilder:
		s := src.(*array.String)
		for _, r := range rows {
			d.Append(s.Value(int(r)))
		}
	case *array.Int32Builder:
		s := src.(*array.Int32).Int32Values()
		for _, r := range rows {
			d.UnsafeAppend(s[r])
		}
	case *array.Int64Builder:
		s := src.(*array.Int64).Int64Values()
		for _, r := range rows {
			d.UnsafeAppend(s[r])
		}
	case *array.Float64Builder:
		s := src.(*array.Float64).Float64Values()
		for _, r := range rows {
			d.UnsafeAppend(s[r])
		}
	case *array.Date32Builder:
		s := src.(*array.Date32).Date32Values()
		for _, r := range rows {
			d.UnsafeAppend(s[r])
		}
	default:
		for _, r := range rows {
			appendRow(dst, src, int(r))
		}
	}
}

// appendRow appends one value that is not null.
func appendRow(dst array.Builder, src arrow.Array, r int) {
	switch d := dst.(type) {
	case *array.StringBuilder:
		d.Append(src.(*array.String).Value(r))
	case *array.Int32Builder:
		d.Append(src.(*array.Int32).Value(r))
	case *array.Int64Builder:
		d.Append(src.(*array.Int64).Value(r))
	case *array.Float64Builder:
		d.Append(src.(*array.Float64).Value(r))
	case *array.BooleanBuilder:
		d.Append(src.(*array.Boolean).Value(r))
	case *array.Date32Builder:
		d.Append(src.(*array.Date32).Value(r))
	case *array.FixedSizeBinaryBuilder:
		d.Append(src.(*array.FixedSizeBinary).Value(r))
	}
}

// Take makes a batch of the given rows of b.
func Take(rb *array.RecordBuilder, b arrow.RecordBatch, rows []int32) arrow.RecordBatch {
	for i, col := range b.Columns() {
		Append(rb.Field(i), col, rows)
	}
	return rb.NewRecordBatch()
}

// Tokens returns the bytes of a token column, TokenBytes each. It fails for
// another type and for a null.
func Tokens(col arrow.Array) ([]byte, error) {
	f, ok := col.(*array.FixedSizeBinary)
	if !ok || f.DataType().(*arrow.FixedSizeBinaryType).ByteWidth != TokenBytes || f.NullN() > 0 {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the first column of a batch is not a column of tokens")
	}
	if f.Len() == 0 {
		return nil, nil
	}
	at := f.Data().Offset() * TokenBytes
	return f.Data().Buffers()[1].Bytes()[at : at+f.Len()*TokenBytes], nil
}

// AppendValue appends an encoding of one value from which it can be read back:
// 0 for a null; else 1 and the value, a text behind its length.
func AppendValue(b []byte, col arrow.Array, row int) []byte {
	if col.IsNull(row) {
		return append(b, 0)
	}
	b = append(b, 1)
	switch c := col.(type) {
	case *array.String:
		b = binary.LittleEndian.AppendUint32(b, uint32(c.ValueLen(row)))
		b = append(b, c.Value(row)...)
	case *array.FixedSizeBinary:
		b = append(b, c.Value(row)...)
	case *array.Int32:
		b = binary.LittleEndian.AppendUint32(b, uint32(c.Value(row)))
	case *array.Int64:
		b = binary.LittleEndian.AppendUint64(b, uint64(c.Value(row)))
	case *array.Float64:
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.Value(row)))
	case *array.Date32:
		b = binary.LittleEndian.AppendUint32(b, uint32(c.Value(row)))
	case *array.Boolean:
		b = strconv.AppendBool(b, c.Value(row))
	}
	return b
}

// IsType says whether t is one of ArrowTypes.
func IsType(t arrow.DataType) bool {
	for _, a := range ArrowTypes {
		if arrow.TypeEqual(a, t) {
			return true
		}
	}
	return false
}
