package column

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Stream is an array.RecordReader made of two functions. It belongs to one
// goroutine.
type Stream struct {
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

var _ array.RecordReader = (*Stream)(nil)

// NewStream makes a reader of two functions: next returns a batch that the
// stream then owns, or nil at the end; free runs once.
func NewStream(schema *arrow.Schema, next func() (arrow.RecordBatch, error), free func()) *Stream {
	return &Stream{schema: schema, next: next, free: free, refs: 1}
}

// Retain adds a reference.
func (s *Stream) Retain() { s.refs++ }

// Release drops a reference; the last one frees what the stream holds.
func (s *Stream) Release() {
	if s.refs--; s.refs != 0 {
		return
	}
	s.drop()
	s.done = true
	s.free()
}

func (s *Stream) drop() {
	if s.cur != nil {
		s.cur.Release()
		s.cur = nil
	}
}

// Schema returns the schema of all batches.
func (s *Stream) Schema() *arrow.Schema { return s.schema }

// Next moves to the next batch, which has at least one row, and releases the
// one before.
func (s *Stream) Next() bool {
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
func (s *Stream) RecordBatch() arrow.RecordBatch { return s.cur }

// Record is the old name of RecordBatch.
func (s *Stream) Record() arrow.RecordBatch { return s.cur }

// Err returns what ended the stream early, nil if nothing did.
func (s *Stream) Err() error { return s.err }

// Advance moves a reader on and returns its batch, which the reader owns; nil
// at the end.
func Advance(r array.RecordReader) (arrow.RecordBatch, error) {
	if r.Next() {
		return r.RecordBatch(), nil
	}
	return nil, r.Err()
}
