package engine

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox/engine/internal/column"
)

// rowColumnBuffer collects one column of a row group, from values as
// column.AppendValue writes them.
type rowColumnBuffer struct {
	typ   arrow.DataType
	width int // in bytes; textWidth, bitWidth
	valid []byte
	nulls int
	n     int
	data  []byte
	off   []int32 // of texts
}

const (
	textWidth = 0
	bitWidth  = -1
)

func newRowColumnBuffer(t arrow.DataType) *rowColumnBuffer {
	c := &rowColumnBuffer{typ: t}
	switch t.ID() {
	case arrow.INT32, arrow.DATE32:
		c.width = 4
	case arrow.INT64, arrow.FLOAT64:
		c.width = 8
	case arrow.FIXED_SIZE_BINARY:
		c.width = column.TokenBytes
	case arrow.BOOL:
		c.width = bitWidth
	default:
		c.width, c.off = textWidth, []int32{0}
	}
	return c
}

// add takes a value and returns what is behind it.
func (c *rowColumnBuffer) add(p []byte) []byte {
	if c.n&7 == 0 {
		c.valid = append(c.valid, 0)
		if c.width == bitWidth {
			c.data = append(c.data, 0)
		}
	}
	null := p[0] == 0
	if p = p[1:]; null {
		c.nulls++
	} else {
		c.valid[c.n>>3] |= 1 << (c.n & 7)
	}
	switch {
	case c.width > 0 && null:
		var zero [column.TokenBytes]byte
		c.data = append(c.data, zero[:c.width]...)
	case c.width > 0:
		c.data, p = append(c.data, p[:c.width]...), p[c.width:]
	case c.width == textWidth:
		if !null {
			n := binary.LittleEndian.Uint32(p)
			c.data, p = append(c.data, p[4:4+n]...), p[4+n:]
		}
		c.off = append(c.off, int32(len(c.data)))
	case !null:
		n := len("false")
		if p[0] == 't' {
			c.data[c.n>>3] |= 1 << (c.n & 7)
			n = len("true")
		}
		p = p[n:]
	}
	c.n++
	return p
}

// addToken takes a token that is never null.
func (c *rowColumnBuffer) addToken(t []byte) {
	c.data = append(c.data, t...)
	c.n++
}

// array is the column; it is valid until reset.
func (c *rowColumnBuffer) array() arrow.Array {
	var valid *memory.Buffer
	if c.nulls > 0 {
		valid = memory.NewBufferBytes(c.valid)
	}
	bufs := []*memory.Buffer{valid, memory.NewBufferBytes(c.data)}
	if c.width == textWidth {
		bufs = []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.off)), memory.NewBufferBytes(c.data)}
	}
	d := array.NewData(c.typ, c.n, bufs, nil, c.nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

func (c *rowColumnBuffer) reset() {
	c.valid, c.data, c.nulls, c.n = c.valid[:0], c.data[:0], 0, 0
	if c.width == textWidth {
		c.off = c.off[:1]
	}
}

// int32Array is a column of numbers that begin at from.
func int32Array(from, n int) arrow.Array {
	b := make([]byte, 0, 4*n)
	for i := range n {
		b = binary.LittleEndian.AppendUint32(b, uint32(from+i))
	}
	d := array.NewData(arrow.PrimitiveTypes.Int32, n, []*memory.Buffer{nil, memory.NewBufferBytes(b)}, nil, 0, 0)
	defer d.Release()
	return array.MakeFromData(d)
}
