package engine

import (
	"context"
	"encoding/binary"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/value"
)

// rowMaker turns the checked rows of a piece into rows of the store, for one
// goroutine.
type rowMaker struct {
	l    *loader
	prfs []*prf     // by column; nil for what is no identifier
	ids  [][]string // by column: normalised, "" means none
	key  []byte

	fast *fastReader // nil: the check query sees all rows
	made madeRows    // of the rows that it saw
	buf  []byte
}

// madeRows is what became of a piece.
type madeRows struct {
	data []byte // rows of the store
	bad  []madeBad
	keys []keyHash // of the rows in data, if the record has a key
	n    int64     // rows that were seen
	at   int       // bytes of data that were taken out
	out  int       // rows that were taken out
}

func (m *madeRows) reset() { *m = madeRows{data: m.data[:0], bad: m.bad[:0], keys: m.keys[:0]} }

// next takes the next row out, and its key if it has one.
func (m *madeRows) next() (row []byte, key keyHash) {
	row = m.data[m.at:]
	row = row[:4+binary.LittleEndian.Uint32(row)]
	if len(m.keys) > 0 {
		key = m.keys[m.out]
	}
	m.at, m.out = m.at+len(row), m.out+1
	return row, key
}

// madeBad is a rejected row.
type madeBad struct {
	i      int64 // in the piece
	column string
	why    source.Reason
}

func (l *loader) newRowMaker() *rowMaker {
	m := &rowMaker{l: l, prfs: make([]*prf, len(l.ds.Columns)), ids: make([][]string, len(l.ds.Columns))}
	for i, key := range l.idKeys {
		if key != nil {
			m.prfs[i] = newPRF(*key)
		}
	}
	return m
}

// token returns the token of a normalised id; it is valid until the next call.
func (m *rowMaker) token(col int, id string) []byte {
	m.buf = append(m.buf[:0], id...)
	return m.prfs[col].token(m.buf)
}

// read takes in a piece of a file.
func (m *rowMaker) read(ctx context.Context, s *slot) (err error) {
	if m.fast != nil {
		return m.fast.read(ctx, s)
	}
	if s.mem != nil {
		err = s.mem.Put(s.chunk.Data)
	}
	if err == nil {
		err = s.query(ctx)
	}
	if err == nil {
		err = m.take(ctx, s, nil)
	}
	return err
}

// take takes in all that the check query says of a piece's rows: of those that
// odd lists, or of all.
func (m *rowMaker) take(ctx context.Context, s *slot, odd []int64) error {
	m.made.reset()
	want := s.n
	if odd != nil {
		want = int64(len(odd))
	}
	for s.res.Next() {
		b := s.res.RecordBatch()
		if m.made.n+b.NumRows() > want {
			m.made.n += b.NumRows()
			break
		}
		if err := m.batch(b, s, odd); err != nil {
			return err
		}
		m.made.n += b.NumRows()
	}
	if s.res.Err() != nil {
		return duck.ReadError(ctx, s.res.Err())
	}
	if m.made.n != want {
		return glovebox.Errorf(glovebox.CodeInternal, "DuckDB sees other rows than the splitter")
	}
	return nil
}

// batch takes in one batch of checked rows.
func (m *rowMaker) batch(b arrow.RecordBatch, s *slot, odd []int64) error {
	l := m.l
	why, ok1 := b.Column(0).(*array.Int32)
	rule, ok2 := b.Column(1).(*array.Int32)
	if !ok1 || !ok2 || int(b.NumCols()) != len(l.ds.Columns)+2 {
		return glovebox.Errorf(glovebox.CodeInternal, "the check query returned other columns")
	}
	cols := b.Columns()[2:]
	for i, c := range l.ds.Columns {
		if !arrow.TypeEqual(cols[i].DataType(), column.ArrowTypes[c.Type.Plain()]) {
			return glovebox.Errorf(glovebox.CodeInternal, "the check query returned another type for column %s", c.Name)
		}
		if m.prfs[i] != nil {
			m.ids[i] = normaliseIDs(m.ids[i][:0], c.Format, cols[i])
		}
	}
	for i := range int(b.NumRows()) {
		at := m.made.n + int64(i)
		if odd != nil {
			at = odd[at]
		}
		if name, reason := m.judge(cols, i, why.Value(i), rule.Value(i)); reason != "" {
			m.made.bad = append(m.made.bad, madeBad{at, name, reason})
			continue
		}
		m.row(cols, i, s.place(at).Row)
		if l.seeds != nil {
			m.made.keys = append(m.made.keys, l.seeds.hash(m.keyBytes(cols, i)))
		}
	}
	return nil
}

// judge returns why a row is rejected, "" if it is not.
func (m *rowMaker) judge(cols []arrow.Array, i int, why, rule int32) (column string, reason source.Reason) {
	l := m.l
	if why != 0 {
		return source.DecodeWhy(why, l.ds.Columns)
	}
	for c, col := range cols {
		name := l.ds.Columns[c].Name
		if m.prfs[c] != nil {
			if m.ids[c][i] == "" {
				if !l.ds.Columns[c].Nullable {
					return name, source.ReasonNull
				}
			} else if value.LooksRounded([]byte(m.ids[c][i])) {
				return name, source.ReasonRounded
			} else if l.check[c] != nil && !l.check[c](m.ids[c][i]) {
				return name, source.ReasonFormat
			}
		} else if l.check[c] != nil && col.IsValid(i) {
			if t := col.(*array.String).Value(i); !l.check[c](t) {
				if value.LooksRounded([]byte(t)) {
					return name, source.ReasonRounded
				}
				return name, source.ReasonFormat
			}
		}
	}
	if rule != 0 {
		return l.ds.Quality[rule-1].Name, source.ReasonQuality
	}
	return "", ""
}

// row appends one row.
func (m *rowMaker) row(cols []arrow.Array, i int, number int64) {
	l := m.l
	start := len(m.made.data)
	b := append(m.made.data, 0, 0, 0, 0)
	if l.seeds != nil {
		b = binary.LittleEndian.AppendUint64(b, uint64(number))
	}
	b = append(b, m.token(l.unit, m.ids[l.unit][i])...)
	for _, s := range l.stored {
		switch {
		case s.kept || m.prfs[s.from] == nil:
			b = column.AppendValue(b, cols[s.from], i)
		case m.ids[s.from][i] == "":
			b = append(b, 0)
		default:
			b = append(append(b, 1), m.token(s.from, m.ids[s.from][i])...)
		}
	}
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	m.made.data = b
}

// keyBytes returns an unambiguous encoding of a row's key. Missing values are
// equal to one another.
func (m *rowMaker) keyBytes(cols []arrow.Array, i int) []byte {
	m.key = m.key[:0]
	for _, c := range m.l.key {
		if m.prfs[c] != nil {
			m.key = binary.LittleEndian.AppendUint32(m.key, uint32(len(m.ids[c][i])))
			m.key = append(m.key, m.ids[c][i]...)
		} else {
			m.key = column.AppendValue(m.key, cols[c], i)
		}
	}
	return m.key
}

// normaliseIDs appends the ids of a column; "" stands for none.
func normaliseIDs(ids []string, format string, col arrow.Array) []string {
	for i := range col.Len() {
		s := ""
		if col.IsValid(i) {
			switch c := col.(type) {
			case *array.String:
				s = source.NormaliseID(format, c.Value(i))
			case *array.Int32:
				s = strconv.Itoa(int(c.Value(i)))
			case *array.Int64:
				s = strconv.FormatInt(c.Value(i), 10)
			}
		}
		ids = append(ids, s)
	}
	return ids
}
