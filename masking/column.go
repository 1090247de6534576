package masking

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// column is one under construction. All its memory starts as zero.
type column struct {
	valid, slots  *memory.Buffer // valid is nil where no value is null
	length, nulls int
}

// newColumn starts a column with the nulls of the one that it is made from and
// slots of width bytes: one a value, and more.
func newColumn(mem memory.Allocator, from arrow.Array, width, more int) *column {
	c := &column{length: from.Len(), nulls: from.NullN()}
	c.slots = zeroed(mem, (c.length+more)*width)
	if c.nulls > 0 {
		c.valid = zeroed(mem, int(bitutil.BytesForBits(int64(c.length))))
		bitutil.CopyBitmap(from.NullBitmapBytes(), from.Data().Offset(), c.length, c.valid.Bytes(), 0)
	}
	return c
}

// array hands the column over, with further buffers behind its slots. The caller
// releases it.
func (c *column) array(t arrow.DataType, more ...*memory.Buffer) arrow.Array {
	buffers := append([]*memory.Buffer{c.valid, c.slots}, more...)
	d := array.NewData(t, c.length, buffers, nil, c.nulls, 0)
	defer d.Release()
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	return array.MakeFromData(d)
}

// zeroed makes a buffer of n bytes. Its spare capacity is zero too: an allocator
// may hand out memory that was used before.
func zeroed(mem memory.Allocator, n int) *memory.Buffer {
	b := memory.NewResizableBuffer(mem)
	b.Resize(n)
	clear(b.Buf())
	return b
}

// texts makes a column of text from the bytes of all values and the end of each.
func texts(mem memory.Allocator, from arrow.Array, ends []int32, text []byte) arrow.Array {
	c := newColumn(mem, from, 4, 1)
	copy(arrow.Int32Traits.CastFromBytes(c.slots.Bytes())[1:], ends)
	bytes := zeroed(mem, len(text))
	copy(bytes.Bytes(), text)
	return c.array(arrow.BinaryTypes.String, bytes)
}

// textsWithout is texts with further nulls: the values that a mask cannot be made
// of.
func textsWithout(mem memory.Allocator, from arrow.Array, ends []int32, text []byte, bad []bool) arrow.Array {
	more := 0
	for _, b := range bad {
		if b {
			more++
		}
	}
	if more == 0 {
		return texts(mem, from, ends, text)
	}
	c := newColumn(mem, from, 4, 1)
	if c.valid == nil {
		c.valid = zeroed(mem, int(bitutil.BytesForBits(int64(c.length))))
		bitutil.SetBitsTo(c.valid.Bytes(), 0, int64(c.length), true)
	}
	for i, b := range bad {
		if b {
			bitutil.ClearBit(c.valid.Bytes(), i)
		}
	}
	c.nulls += more
	copy(arrow.Int32Traits.CastFromBytes(c.slots.Bytes())[1:], ends)
	bytes := zeroed(mem, len(text))
	copy(bytes.Bytes(), text)
	return c.array(arrow.BinaryTypes.String, bytes)
}

// suppress makes a column of nulls.
func suppress(t arrow.DataType) mask {
	return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
		n := a.Len()
		c := &column{length: n, nulls: n, valid: zeroed(mem, int(bitutil.BytesForBits(int64(n))))}
		if w, ok := t.(arrow.FixedWidthDataType); ok {
			c.slots = zeroed(mem, int(bitutil.BytesForBits(int64(n)*int64(w.BitWidth()))))
			return c.array(t), nil
		}
		c.slots = zeroed(mem, 4*(n+1)) // text: all ends at 0
		return c.array(t, zeroed(mem, 0)), nil
	}
}
