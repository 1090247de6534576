package masking

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Reader masks what r reads, batch by batch. It keeps a reference to r until it
// is released.
func (t *Transform) Reader(r array.RecordReader) array.RecordReader {
	r.Retain()
	m := &reader{from: r, transform: t}
	m.refs.Store(1)
	return m
}

type reader struct {
	refs      atomic.Int64
	from      array.RecordReader
	transform *Transform
	cur       arrow.RecordBatch
	err       error
}

func (r *reader) Retain() { r.refs.Add(1) }

func (r *reader) Release() {
	if r.refs.Add(-1) == 0 {
		r.drop()
		r.from.Release()
	}
}

func (r *reader) drop() {
	if r.cur != nil {
		r.cur.Release()
		r.cur = nil
	}
}

// Next masks the next batch. After an error there is none.
func (r *reader) Next() bool {
	r.drop()
	if r.err != nil || !r.from.Next() {
		return false
	}
	r.cur, r.err = r.transform.Apply(r.from.RecordBatch())
	return r.err == nil
}

func (r *reader) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.from.Err()
}

func (r *reader) Schema() *arrow.Schema          { return r.transform.Schema() }
func (r *reader) RecordBatch() arrow.RecordBatch { return r.cur }

// Record is RecordBatch under its older name, which the interface still has.
func (r *reader) Record() arrow.RecordBatch { return r.cur }
