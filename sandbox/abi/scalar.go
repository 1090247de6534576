package abi

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
)

// Status of a row of a function of kind map_scalar: its first result.
const (
	ScalarNothing = 0 // the row adds nothing
	ScalarRecord  = 1 // the other results are a record; anything else: the unit fails
)

// Scalar says whether the bound function is of kind map_scalar.
func (p *Plan) Scalar() bool { return p.Function.Scalar() }

// Scalars reads the rows of a scalar function's input as parameters of a call.
// It keeps a few of the batches that it saw last, so a batch must not change
// while its units are run. It is not safe for concurrent use.
type Scalars struct {
	table *table
	seen  []*batchViews
	cur   *batchViews
}

// NewScalars returns a reader for the plan, which is of a scalar function.
func (p *Plan) NewScalars() *Scalars { return &Scalars{table: &p.inputs[0]} }

// MaxRows is how many rows of a unit are run; the rest is dropped.
func (s *Scalars) MaxRows() int { return s.table.maxRows }

// Slots is how many parameters or results a call has, whichever are more.
func (p *Plan) Slots() int {
	o := &p.Function.Output
	return max(1, len(p.inputs[0].columns), 1+len(o.Key)+o.Values())
}

// Use moves to the batch of a span. Load reads its rows.
func (s *Scalars) Use(span *Span) error {
	if s.cur == nil || s.cur.batch != span.Batch {
		if err := s.load(span.Batch); err != nil {
			return err
		}
	}
	if span.From < 0 || span.To < span.From || span.To > s.cur.rows {
		return glovebox.Errorf(glovebox.CodeInternal, "input %s: span is not inside its batch", s.table.name)
	}
	return nil
}

func (s *Scalars) load(batch arrow.RecordBatch) error {
	for _, v := range s.seen {
		if v.batch == batch {
			s.cur = v
			return nil
		}
	}
	if batch == nil {
		return glovebox.Errorf(glovebox.CodeInternal, "input %s: span has no batch", s.table.name)
	}
	v, err := newViews(s.table, batch)
	if err != nil {
		return err
	}
	for i := range v.cols {
		if v.cols[i].missing(0, v.rows) > 0 {
			return glovebox.Errorf(glovebox.CodeInternal, "table %s: a value is missing in a column that is not nullable", s.table.name)
		}
	}
	if len(s.seen) == keepBatches {
		s.seen = slices.Delete(s.seen, 0, 1)
	}
	s.seen, s.cur = append(s.seen, v), v
	return nil
}

// Load puts the values of a row of the batch in use into params, which is
// Slots long.
func (s *Scalars) Load(params []uint64, row int) {
	cols := s.cur.cols
	params = params[:len(cols)]
	for j := range cols {
		v := &cols[j]
		i := v.offset + row
		switch v.typ {
		case typeInt64, typeFloat64:
			params[j] = le.Uint64(v.data[8*i:])
		case typeInt32, typeDate:
			params[j] = uint64(le.Uint32(v.data[4*i:]))
		default: // typeBool; the manifest allows no other
			params[j] = uint64(v.data[i>>3] >> (i & 7) & 1)
		}
	}
}

// Append appends the record that a call gave as its results after the first.
// ok is false if a metric is not finite. Minus zero becomes zero.
func (r *Records) Append(dst []byte, results []uint64) (records []byte, ok bool) {
	words := r.size / 8
	keys := r.keySize / 8
	for i, v := range results[:words] {
		if i >= keys {
			if v&expMask == expMask {
				return dst, false
			}
			if v == negZero {
				v = 0
			}
		}
		dst = le.AppendUint64(dst, v)
	}
	return dst, true
}
