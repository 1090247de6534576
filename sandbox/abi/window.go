package abi

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
)

// Writer fills input windows for one plan. It keeps a few of the batches that
// it saw last, so a batch must not change while its units are written. It is
// not safe for concurrent use.
type Writer struct {
	plan   *Plan
	prefix []byte // header, directory, descriptors and parameters as last written
	seen   [][]*batchViews
	parts  []part
}

// batchViews are the bound columns of one batch.
type batchViews struct {
	batch arrow.RecordBatch
	rows  int
	cols  []view
}

// part is one span of the input at hand.
type part struct {
	views    *batchViews
	from, to int
}

// keepBatches is how many batches of each input a writer remembers.
const keepBatches = 4

// NewWriter returns a writer for the plan.
func (p *Plan) NewWriter() *Writer {
	return &Writer{plan: p, seen: make([][]*batchViews, len(p.inputs))}
}

var le = binary.LittleEndian

// Static writes what stays the same for all units: header, directory,
// descriptors, parameters and reference tables, with a unit of no rows. The
// window must be InBytes long and zero.
func (w *Writer) Static(window []byte) error {
	p, l := w.plan, &w.plan.layout
	if len(window) != l.total {
		return glovebox.Errorf(glovebox.CodeInternal, "window has %d bytes, not %d", len(window), l.total)
	}
	b := make([]byte, l.prefix)
	copy(b, magic)
	for at, v := range map[int]int{4: Minor, 8: len(p.inputs), 12: len(p.refs), 16: len(p.params), 20: l.tables, 24: l.columns,
		28: l.params, 36: l.total, 40: p.Function.Output.MaxRecords, 44: p.Records.Size()} {
		le.PutUint32(b[at:], uint32(v))
	}
	w.prefix = b
	first := 0
	for i, t := range slices.Concat(p.inputs, p.refs) {
		at := l.tables + i*tableBytes
		le.PutUint32(b[at+4:], uint32(len(t.columns)))
		le.PutUint32(b[at+8:], uint32(first))
		if i < len(p.inputs) && l.bounds > 0 {
			le.PutUint32(b[at+12:], uint32(l.unit+i*l.bounds))
		}
		first += len(t.columns)
	}
	w.putParams(b)
	cur := l.refs
	for i := range p.refs {
		t := &p.refs[i]
		views, err := newViews(t, p.batches[i])
		if err != nil {
			return err
		}
		w.parts = w.parts[:0]
		if t.maxRows > 0 {
			w.parts = append(w.parts, part{views, 0, t.maxRows})
		}
		if err := w.putTable(window, len(p.inputs)+i, t, t.maxRows, &cur, l.total); err != nil {
			return err
		}
	}
	if _, err := w.unit(window, make([][]Span, len(p.inputs))); err != nil {
		return err
	}
	copy(window, b)
	return nil
}

func (w *Writer) putParams(b []byte) {
	l := &w.plan.layout
	end := l.strings
	for i, v := range w.plan.params {
		at := l.params + i*paramBytes
		code := typeNone
		switch x := v.(type) {
		case int64:
			code = typeInt64
			le.PutUint64(b[at:], uint64(x))
		case float64:
			code = typeFloat64
			le.PutUint64(b[at:], math.Float64bits(x+0)) // no negative zero
		case bool:
			code = typeBool
			if x {
				b[at] = 1
			}
		case string:
			code = typeString
			le.PutUint32(b[at:], uint32(end))
			le.PutUint32(b[at+4:], uint32(len(x)))
			end += copy(b[end:], x)
		}
		le.PutUint32(b[at+8:], uint32(code))
	}
}

// errTooLong says that a unit has a string longer than its column's bound.
var errTooLong = errors.New("a string is longer than its column's bound")

// Unit writes one unit's rows: unit holds the spans of each input, in the
// order of the binding. Rows beyond an input's bound are dropped. The unit's
// part of the window must be zero, as it is after Static and after a reset. It
// returns the rows of all inputs. fits is false if a string of the unit is
// longer than its column's bound. Unless it fits, the window is half written
// and must be reset.
func (w *Writer) Unit(window []byte, unit [][]Span) (rows int, fits bool, err error) {
	rows, err = w.unit(window, unit)
	if errors.Is(err, errTooLong) {
		return 0, false, nil
	}
	return rows, err == nil, err
}

func (w *Writer) unit(window []byte, unit [][]Span) (rows int, err error) {
	p, l := w.plan, &w.plan.layout
	if len(unit) != len(p.inputs) {
		return 0, glovebox.Errorf(glovebox.CodeInternal, "unit has %d inputs, not %d", len(unit), len(p.inputs))
	}
	cur, cols := l.unit+l.bounds*len(p.inputs), 0
	for i := range p.inputs {
		t := &p.inputs[i]
		n, err := w.gather(i, t, unit[t.source])
		if err != nil {
			return 0, err
		}
		if err := w.putTable(window, i, t, n, &cur, l.unit+l.unitCap); err != nil {
			return 0, err
		}
		rows += n
		cols += len(t.columns)
	}
	le.PutUint32(w.prefix[32:], uint32(rows))
	copy(window, w.prefix[:l.columns+cols*columnBytes])
	return rows, nil
}

// gather collects the spans of one input, up to its bound of rows.
func (w *Writer) gather(i int, t *table, spans []Span) (rows int, err error) {
	w.parts = w.parts[:0]
	for _, s := range spans {
		if s.Batch == nil || s.From < 0 || s.To < s.From || int64(s.To) > s.Batch.NumRows() {
			return 0, glovebox.Errorf(glovebox.CodeInternal, "input %s: span is not inside its batch", t.name)
		}
		n := min(s.To-s.From, t.maxRows-rows)
		if n == 0 {
			continue
		}
		v, err := w.viewsOf(i, t, s.Batch)
		if err != nil {
			return 0, err
		}
		w.parts = append(w.parts, part{v, s.From, s.From + n})
		rows += n
	}
	return rows, nil
}

func (w *Writer) viewsOf(i int, t *table, batch arrow.RecordBatch) (*batchViews, error) {
	for _, v := range w.seen[i] {
		if v.batch == batch {
			return v, nil
		}
	}
	v, err := newViews(t, batch)
	if err != nil {
		return nil, err
	}
	if len(w.seen[i]) == keepBatches {
		w.seen[i] = slices.Delete(w.seen[i], 0, 1)
	}
	w.seen[i] = append(w.seen[i], v)
	return v, nil
}

func newViews(t *table, batch arrow.RecordBatch) (*batchViews, error) {
	v := &batchViews{batch: batch, rows: int(batch.NumRows())}
	for _, c := range t.columns {
		if int64(c.source) >= batch.NumCols() || typeOf(batch.Column(c.source).DataType()) != c.typ {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "table %s: batch is not of the bound schema", t.name)
		}
		v.cols = append(v.cols, viewOf(batch.Column(c.source)))
	}
	return v, nil
}
