package abi

import (
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
)

// view is one column of a batch, as its raw Arrow buffers.
type view struct {
	typ      typeCode
	offset   int // first row, in physical rows
	validity []byte
	offsets  []int32
	data     []byte
	nulls    bool // some row of the batch may be missing
}

func viewOf(a arrow.Array) view {
	d := a.Data()
	v := view{typ: typeOf(a.DataType()), offset: d.Offset(), nulls: a.NullN() > 0}
	buffer := func(i int) []byte {
		if b := d.Buffers(); i < len(b) && b[i] != nil {
			return b[i].Bytes()
		}
		return nil
	}
	v.validity = buffer(0)
	if v.validity == nil {
		v.nulls = false
	}
	if v.typ == typeString {
		v.offsets = arrow.Int32Traits.CastFromBytes(buffer(1))
		v.data = buffer(2)
	} else {
		v.data = buffer(1)
	}
	return v
}

// present says whether a row has a value.
func (v *view) present(row int) bool {
	return !v.nulls || bit(v.validity, v.offset+row)
}

// missing counts the rows from <= row < to without a value.
func (v *view) missing(from, to int) int {
	if !v.nulls {
		return 0
	}
	n := 0
	for i := v.offset + from; i < v.offset+to; {
		if i&7 == 0 && i+8 <= v.offset+to {
			n += 8 - bits.OnesCount8(v.validity[i>>3])
			i += 8
			continue
		}
		if !bit(v.validity, i) {
			n++
		}
		i++
	}
	return n
}

// stringBytes is how many bytes the strings of the rows take, missing ones
// included.
func (v *view) stringBytes(from, to int) int {
	if from >= to {
		return 0
	}
	return int(v.offsets[v.offset+to]) - int(v.offsets[v.offset+from])
}

func bit(b []byte, i int) bool { return b[i>>3]>>(i&7)&1 != 0 }

// copyBits sets n bits of dst, which are zero, from src.
func copyBits(dst []byte, at int, src []byte, from, n int) {
	if at&7 == 0 && from&7 == 0 {
		whole := n &^ 7
		copy(dst[at>>3:], src[from>>3:(from+whole)>>3])
		at, from, n = at+whole, from+whole, n-whole
	}
	for i := range n {
		if bit(src, from+i) {
			dst[(at+i)>>3] |= 1 << ((at + i) & 7)
		}
	}
}
