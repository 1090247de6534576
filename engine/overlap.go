package engine

import (
	"bytes"
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
)

// Overlap counts, in two parts of one number of snapshots of one unit space, the
// units of each and those that are in both, among the most smallest tokens.
// Tokens are spread evenly, so that these units are a sample of all. It counts
// exactly and is for the box's own eyes.
func Overlap(ctx context.Context, x, y PartSpec, most int64) (inX, inY, both int64, err error) {
	var streams [2]*unitStream
	for i, s := range []PartSpec{x, y} {
		s.Columns, s.Kept, s.Where, s.Uncapped = nil, nil, nil, true
		r, err := OpenPart(ctx, s)
		if err != nil {
			return 0, 0, 0, err
		}
		defer r.Release()
		streams[i] = &unitStream{r: r}
		if err := streams[i].next(); err != nil {
			return 0, 0, 0, err
		}
	}
	a, b := streams[0], streams[1]
	for ; (a.unit != nil || b.unit != nil) && inX+inY-both < most; err = nil {
		order := 0
		switch {
		case a.unit == nil:
			order = 1
		case b.unit == nil:
			order = -1
		default:
			order = bytes.Compare(a.unit, b.unit)
		}
		if order <= 0 {
			inX++
			err = a.next()
		}
		if order >= 0 && err == nil {
			inY++
			err = b.next()
		}
		if order == 0 {
			both++
		}
		if err != nil {
			return 0, 0, 0, err
		}
	}
	return inX, inY, both, nil
}

// unitStream is the distinct units of a part, in order.
type unitStream struct {
	r    array.RecordReader
	col  *array.FixedSizeBinary
	row  int
	unit []byte // nil at the end
	held [TokenBytes]byte
}

// next goes on to the next unit.
func (s *unitStream) next() error {
	for {
		for s.col != nil && s.row < s.col.Len() {
			u := s.col.Value(s.row)
			s.row++
			if s.unit == nil || !bytes.Equal(u, s.unit) {
				s.unit = append(s.held[:0], u...)
				return nil
			}
		}
		if !s.r.Next() {
			s.unit = nil
			return s.r.Err()
		}
		col, ok := s.r.RecordBatch().Column(0).(*array.FixedSizeBinary)
		if !ok || col.DataType().(*arrow.FixedSizeBinaryType).ByteWidth != TokenBytes {
			return glovebox.Errorf(glovebox.CodeInternal, "a part of a snapshot lacks its units")
		}
		s.col, s.row = col, 0
	}
}
