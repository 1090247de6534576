package engine

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
)

// Span is the rows [From, To) of a batch.
type Span = struct {
	Batch    arrow.RecordBatch
	From, To int
}

// Units merges readers whose rows are sorted by token and calls yield once for
// every unit, in ascending order of its token, with the unit's rows in each
// reader (none, one span, or several where the rows go over the end of a
// batch). The spans and their batches are valid during the call only.
//
// It takes no join and no sort: a reader holds one batch, and more only while
// one unit's rows go on. It fails if a reader's tokens do not ascend. It does
// not release the readers. An error of yield ends it and is returned as is.
func Units(readers []array.RecordReader, yield func(token [column.TokenBytes]byte, rows [][]Span) error) error {
	cs := make([]cursor, len(readers))
	rows := make([][]Span, len(readers))
	defer func() {
		for i := range cs {
			cs[i].drop()
		}
	}()
	for i := range cs {
		cs[i].r = readers[i]
		if err := cs[i].load(); err != nil {
			return err
		}
	}
	for {
		var min unitToken
		some := false
		for i := range cs {
			if c := &cs[i]; c.n > 0 && (!some || c.cur.less(min)) {
				min, some = c.cur, true
			}
		}
		if !some {
			return nil
		}
		var token [column.TokenBytes]byte
		for i := range cs {
			c := &cs[i]
			rows[i] = c.spans[:0]
			if c.n == 0 || c.cur != min {
				continue
			}
			// As bytes, not from min: the processor waits for two halves that were just
			// written before it reads them as one.
			token = [column.TokenBytes]byte(c.tok[c.pos*column.TokenBytes:])
			if err := c.take(); err != nil {
				return err
			}
			rows[i] = c.spans
		}
		if err := yield(token, rows); err != nil {
			return err
		}
		for i := range cs {
			if len(cs[i].held) > 0 {
				cs[i].drop()
			}
		}
	}
}

// unitToken is a token as two numbers, for fast comparison.
type unitToken struct{ hi, lo uint64 }

func tokenAt(b []byte) unitToken {
	_ = b[column.TokenBytes-1]
	return unitToken{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (t unitToken) less(o unitToken) bool { return t.hi < o.hi || t.hi == o.hi && t.lo < o.lo }

// cursor is a place in one reader.
type cursor struct {
	r     array.RecordReader
	batch arrow.RecordBatch // owned by the reader
	tok   []byte            // tokens of the batch
	pos   int
	n     int // rows of the batch; 0: the reader is at its end
	cur   unitToken
	spans []Span
	held  []arrow.RecordBatch // batches that the present unit began in
}

// load moves to the next batch that has rows.
func (c *cursor) load() error {
	for {
		b, err := column.Advance(c.r)
		if err != nil {
			return err
		}
		c.batch, c.tok, c.pos, c.n = b, nil, 0, 0
		if b == nil {
			return nil
		}
		if b.NumCols() == 0 {
			return glovebox.Errorf(glovebox.CodeInternal, "a batch has no columns")
		}
		if c.tok, err = column.Tokens(b.Column(0)); err != nil {
			return err
		}
		if len(c.tok) > 0 {
			c.n, c.cur = len(c.tok)/column.TokenBytes, tokenAt(c.tok)
			return nil
		}
	}
}

// take collects the spans of the present unit and moves to the next one.
func (c *cursor) take() error {
	unit := c.cur
	c.spans = c.spans[:0]
	for {
		from := c.pos
		tok := c.tok
		i := from + 1
		for i < c.n {
			if c.cur = tokenAt(tok[i*column.TokenBytes:]); c.cur != unit {
				break
			}
			i++
		}
		c.spans = append(c.spans, Span{c.batch, from, i})
		if i < c.n {
			c.pos = i
			break
		}
		c.batch.Retain()
		c.held = append(c.held, c.batch)
		if err := c.load(); err != nil {
			return err
		}
		if c.n == 0 || c.cur != unit {
			break
		}
	}
	if c.n > 0 && c.cur.less(unit) {
		return glovebox.Errorf(glovebox.CodeInternal, "the rows of an input are not sorted by token")
	}
	return nil
}

// drop releases the batches that the last unit began in.
func (c *cursor) drop() {
	for _, b := range c.held {
		b.Release()
	}
	clear(c.held)
	c.held = c.held[:0]
}
