package engine

import (
	"context"
	"encoding/binary"
	"math"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/value"
)

// fastReader is a fastPlan at work on one piece after another.
type fastReader struct {
	*fastPlan
	m      *rowMaker
	at     []int32  // where the fields of a line begin; one more than there are
	begins []int    // where the values of a row begin in it, by place in cols; one more
	ids    []string // by column of the record
	odd    []int64  // rows of the piece that the check query has to see
	text   []byte   // those, for DuckDB
	rows   madeRows // the others
}

func (p *fastPlan) reader(m *rowMaker) *fastReader {
	return &fastReader{fastPlan: p, m: m, at: make([]int32, p.fields+1), begins: make([]int, len(p.cols)+1), ids: make([]string, len(m.prfs))}
}

// read takes in a piece: plainly sound rows here, the others by the check query.
func (r *fastReader) read(ctx context.Context, s *slot) error {
	r.odd, r.text = r.odd[:0], r.text[:0]
	r.rows.reset()
	r.m.made.reset()
	piece, from := string(s.chunk.Data), 0
	for i, to := range s.chunk.Ends {
		line := piece[from : to-1]
		if !r.row(line, s.chunk.Rows[i].Row) {
			r.odd = append(r.odd, int64(i))
			r.text = append(r.text, piece[from:to]...)
		}
		from = to
	}
	if len(r.odd) == 0 {
		return nil
	}
	err := s.mem.Put(r.text)
	if err == nil {
		err = s.query(ctx)
	}
	if err == nil {
		err = r.m.take(ctx, s, r.odd)
	}
	return err
}

// row appends a row, or says that it is not plainly sound.
func (r *fastReader) row(line string, number int64) bool {
	if !r.cut(line) {
		return false
	}
	start := len(r.rows.data)
	b := append(r.rows.data, 0, 0, 0, 0)
	l := r.m.l
	if l.seeds != nil {
		b = binary.LittleEndian.AppendUint64(b, uint64(number))
	}
	b, ok := r.value(b, &r.unit, line)
	if !ok {
		return false
	}
	for i := range r.cols {
		r.begins[i] = len(b)
		if b, ok = r.value(b, &r.cols[i], line); !ok {
			return false
		}
	}
	r.begins[len(r.cols)] = len(b)
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	r.rows.data = b
	if l.seeds != nil {
		r.rows.keys = append(r.rows.keys, l.seeds.hash(r.keyBytes()))
	}
	return true
}

// cut finds the fields of a line.
func (r *fastReader) cut(line string) bool {
	f := 0
	r.at[0] = 0
	for i := range len(line) {
		switch line[i] {
		case r.delim:
			if f++; f == r.fields {
				return false
			}
			r.at[f] = int32(i + 1)
		case '"':
			return false
		}
	}
	r.at[r.fields] = int32(len(line) + 1)
	return f == r.fields-1
}

// keyBytes is as rowMaker.keyBytes, of the row that was appended last.
func (r *fastReader) keyBytes() []byte {
	k := r.m.key[:0]
	for i, place := range r.key {
		if c := r.m.l.key[i]; r.m.prfs[c] != nil {
			k = binary.LittleEndian.AppendUint32(k, uint32(len(r.ids[c])))
			k = append(k, r.ids[c]...)
		} else {
			k = append(k, r.rows.data[r.begins[place]:r.begins[place+1]]...)
		}
	}
	r.m.key = k
	return k
}

// value appends a value as column.AppendValue does, the unit's token without
// the mark that it is there.
func (r *fastReader) value(b []byte, c *fastColumn, line string) ([]byte, bool) {
	t := line[r.at[c.place] : r.at[c.place+1]-1]
	for _, n := range c.null {
		if t == n {
			r.ids[c.from] = ""
			return append(b, 0), c.nullable
		}
	}
	if c.isID {
		return r.id(b, c, t)
	}
	b = append(b, 1)
	switch c.typ {
	case glovebox.Int32, glovebox.Int64:
		v, ok := fastInt(t)
		if c.typ == glovebox.Int32 {
			return binary.LittleEndian.AppendUint32(b, uint32(v)), ok && v >= c.lo && v <= c.hi
		}
		return binary.LittleEndian.AppendUint64(b, uint64(v)), ok && v >= c.lo && v <= c.hi
	case glovebox.Float64:
		v, ok := fastFloat(t)
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v)), ok && v >= c.flo && v <= c.fhi
	case glovebox.Date:
		v, ok := fastDate(t)
		return binary.LittleEndian.AppendUint32(b, uint32(v)), ok && v >= c.lo && v <= c.hi
	case glovebox.Bool:
		return append(b, t...), t == "true" || t == "false"
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(t)))
	return append(b, t...), c.fits(t) && (c.check == nil || c.check(t))
}

// fits says whether a text may stand in its column.
func (c *fastColumn) fits(t string) bool { return len(t) <= c.most && (c.values == nil || c.values[t]) }

// id appends the token of an id, or its original.
func (r *fastReader) id(b []byte, c *fastColumn, t string) ([]byte, bool) {
	id := t
	var v int64
	if c.typ == glovebox.String {
		// An original is kept without the white space around it.
		if id = source.NormaliseID(c.format, t); id == "" || strings.TrimSpace(t) != t || !c.fits(t) || c.format == "" && value.LooksRounded([]byte(t)) {
			return b, false
		}
	} else {
		var ok bool
		if v, ok = fastInt(t); !ok || v < c.lo || v > c.hi {
			return b, false
		}
	}
	if c.check != nil && !c.check(id) {
		return b, false
	}
	r.ids[c.from] = id
	switch {
	case c.from == r.unit.from && c.token:
		return append(b, r.m.token(c.from, id)...), true
	case c.token:
		return append(append(b, 1), r.m.token(c.from, id)...), true
	}
	switch b = append(b, 1); c.typ {
	case glovebox.Int32:
		return binary.LittleEndian.AppendUint32(b, uint32(v)), true
	case glovebox.Int64:
		return binary.LittleEndian.AppendUint64(b, uint64(v)), true
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(t)))
	return append(b, t...), true
}
