package engine

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
)

// Cap drops all but the first max rows of every unit. The rows of r must be
// sorted by token, and its columns of the types of glovebox.Type. Within a unit
// a snapshot's rows are in an order that depends on the unit's own rows and a
// key, so the ones that stay are, to others, a random choice. The result owns
// r and releases it.
func Cap(r array.RecordReader, max int) array.RecordReader {
	c := &capper{in: r, max: max}
	return column.NewStream(r.Schema(), c.next, c.free)
}

type capper struct {
	in   array.RecordReader
	max  int
	unit unitToken
	seen int // rows of unit so far
	keep []int32
	rb   *array.RecordBuilder // made when the first row is dropped
}

func (c *capper) free() {
	if c.rb != nil {
		c.rb.Release()
	}
	c.in.Release()
}

// next returns what stays of the next batch, which may be nothing.
func (c *capper) next() (arrow.RecordBatch, error) {
	b, err := column.Advance(c.in)
	if b == nil || err != nil {
		return nil, err
	}
	tok, err := column.Tokens(b.Column(0))
	if err != nil {
		return nil, err
	}
	n := len(tok) / column.TokenBytes
	c.keep = c.keep[:0]
	for i := range n {
		if t := tokenAt(tok[i*column.TokenBytes:]); t != c.unit {
			c.unit, c.seen = t, 0
		}
		if c.seen++; c.seen <= c.max {
			c.keep = append(c.keep, int32(i))
		}
	}
	switch k := len(c.keep); {
	case k == n:
		b.Retain()
		return b, nil
	case k == 0 || int(c.keep[k-1]-c.keep[0]) == k-1: // one stretch
		from := int64(0)
		if k > 0 {
			from = int64(c.keep[0])
		}
		return b.NewSlice(from, from+int64(k)), nil
	}
	if c.rb == nil {
		for _, f := range b.Schema().Fields() {
			if !column.IsType(f.Type) {
				return nil, glovebox.Errorf(glovebox.CodeInternal, "column %s has a type that no column has", f.Name)
			}
		}
		c.rb = array.NewRecordBuilder(memory.DefaultAllocator, b.Schema())
	}
	return column.Take(c.rb, b, c.keep), nil
}
