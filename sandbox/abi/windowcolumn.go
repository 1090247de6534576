package abi

import (
	"glovebox.example/glovebox"
)

// putTable writes the rows of w.parts: the directory entry and descriptors
// into the prefix, the buffers into the window from *cur up to end.
func (w *Writer) putTable(window []byte, i int, t *table, rows int, cur *int, end int) error {
	l := &w.plan.layout
	at := l.tables + i*tableBytes
	le.PutUint32(w.prefix[at:], uint32(rows))
	first := int(le.Uint32(w.prefix[at+8:]))
	for j := range t.columns {
		d := w.prefix[l.columns+(first+j)*columnBytes:][:columnBytes]
		if err := w.putColumn(window, d, t, j, rows, cur, end); err != nil {
			return err
		}
	}
	return nil
}

// buffer takes the next n bytes of the window, aligned.
func buffer(window []byte, n int, cur *int, end int) ([]byte, int, error) {
	at := *cur
	if n > end-at {
		return nil, 0, errTooLong
	}
	*cur = at + align(n)
	return window[at : at+n], at, nil
}

// putColumn writes one column and its descriptor d.
func (w *Writer) putColumn(window, d []byte, t *table, j, rows int, cur *int, end int) error {
	c := &t.columns[j]
	clear(d)
	le.PutUint32(d, uint32(c.typ))
	if c.nullable {
		le.PutUint32(d[4:], flagNullable)
	}
	le.PutUint32(d[8:], uint32(rows))
	missing := 0
	for _, p := range w.parts {
		missing += p.views.cols[j].missing(p.from, p.to)
	}
	if missing > 0 {
		if !c.nullable {
			return glovebox.Errorf(glovebox.CodeInternal, "table %s: a value is missing in a column that is not nullable", t.name)
		}
		b, at, err := buffer(window, (rows+7)/8, cur, end)
		if err != nil {
			return err
		}
		n := 0
		for _, p := range w.parts {
			v := &p.views.cols[j]
			if v.nulls {
				copyBits(b, n, v.validity, v.offset+p.from, p.to-p.from)
			} else {
				for i := n; i < n+p.to-p.from; i++ {
					b[i>>3] |= 1 << (i & 7)
				}
			}
			n += p.to - p.from
		}
		le.PutUint32(d[12:], uint32(missing))
		le.PutUint32(d[16:], uint32(at))
	}
	switch c.typ {
	case typeString:
		return w.putStrings(window, d, c, j, rows, cur, end)
	case typeBool:
		b, at, err := buffer(window, (rows+7)/8, cur, end)
		if err != nil {
			return err
		}
		w.putBools(b, j)
		le.PutUint32(d[24:], uint32(at))
		le.PutUint32(d[28:], uint32(len(b)))
		return nil
	}
	width := c.typ.width()
	b, at, err := buffer(window, rows*width, cur, end)
	if err != nil {
		return err
	}
	n := 0
	for _, p := range w.parts {
		v := &p.views.cols[j]
		n += copy(b[n:], v.data[(v.offset+p.from)*width:(v.offset+p.to)*width])
		if v.nulls { // nothing may shine through under a missing value
			for r := p.from; r < p.to; r++ {
				if !v.present(r) {
					clear(b[n-(p.to-r)*width : n-(p.to-r-1)*width])
				}
			}
		}
	}
	le.PutUint32(d[24:], uint32(at))
	le.PutUint32(d[28:], uint32(len(b)))
	return nil
}

func (w *Writer) putBools(b []byte, j int) {
	n := 0
	for _, p := range w.parts {
		v := &p.views.cols[j]
		if !v.nulls {
			copyBits(b, n, v.data, v.offset+p.from, p.to-p.from)
			n += p.to - p.from
			continue
		}
		for r := p.from; r < p.to; r, n = r+1, n+1 {
			if v.present(r) && bit(v.data, v.offset+r) {
				b[n>>3] |= 1 << (n & 7)
			}
		}
	}
}

func (w *Writer) putStrings(window, d []byte, c *column, j, rows int, cur *int, end int) error {
	offsets, at, err := buffer(window, 4*(rows+1), cur, end)
	if err != nil {
		return err
	}
	le.PutUint32(d[20:], uint32(at))
	start := *cur
	le.PutUint32(d[24:], uint32(start))
	n, row := 0, 0
	for _, p := range w.parts {
		v := &p.views.cols[j]
		for r := p.from; r < p.to; r++ {
			lo, hi := int(v.offsets[v.offset+r]), int(v.offsets[v.offset+r+1])
			if v.present(r) {
				if (c.maxBytes > 0 && hi-lo > c.maxBytes) || hi-lo > end-start-n {
					return errTooLong
				}
				n += copy(window[start+n:], v.data[lo:hi])
			}
			row++
			le.PutUint32(offsets[4*row:], uint32(n))
		}
	}
	le.PutUint32(d[28:], uint32(n))
	*cur = start + align(n)
	return nil
}
