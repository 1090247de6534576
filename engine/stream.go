//go:build duckdb_arrow

package engine

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// stream is an array.RecordReader made of two functions. It belongs to one
// goroutine.
type stream struct {
	schema *arrow.Schema
	// next returns a batch that the stream then owns, or nil at the end.
	next func() (arrow.RecordBatch, error)
	// free runs once, when the last reference goes.
	free func()

	refs int
	cur  arrow.RecordBatch
	err  error
	done bool
}

var _ array.RecordReader = (*stream)(nil)

func newStream(schema *arrow.Schema, next func() (arrow.RecordBatch, error), free func()) *stream {
	return &stream{schema: schema, next: next, free: free, refs: 1}
}

// Retain adds a reference.
func (s *stream) Retain() { s.refs++ }

// Release drops a reference; the last one frees what the stream holds.
func (s *stream) Release() {
	if s.refs--; s.refs != 0 {
		return
	}
	s.drop()
	s.done = true
	s.free()
}

func (s *stream) drop() {
	if s.cur != nil {
		s.cur.Release()
		s.cur = nil
	}
}

// Schema returns the schema of all batches.
func (s *stream) Schema() *arrow.Schema { return s.schema }

// Next moves to the next batch, which has at least one row, and releases the
// one before.
func (s *stream) Next() bool {
	s.drop()
	for !s.done {
		b, err := s.next()
		switch {
		case err != nil:
			s.err, s.done = err, true
		case b == nil:
			s.done = true
		case b.NumRows() == 0:
			b.Release()
		default:
			s.cur = b
			return true
		}
	}
	return false
}

// RecordBatch returns the current batch; it is valid until the next Next.
func (s *stream) RecordBatch() arrow.RecordBatch { return s.cur }

// Record is the old name of RecordBatch.
func (s *stream) Record() arrow.RecordBatch { return s.cur }

// Err returns what ended the stream early, nil if nothing did.
func (s *stream) Err() error { return s.err }

// advance moves a reader on and returns its batch, which the reader owns; nil
// at the end.
func advance(r array.RecordReader) (arrow.RecordBatch, error) {
	if r.Next() {
		return r.RecordBatch(), nil
	}
	return nil, r.Err()
}
