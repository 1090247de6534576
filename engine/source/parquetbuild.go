package source

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

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
