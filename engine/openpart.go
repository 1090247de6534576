package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/engine/internal/column"
)

// batchRows is the largest batch that OpenPart gives.
const batchRows = 1 << 14

// PartSpec says what to read of one part.
type PartSpec struct {
	Manifest *Manifest
	Index    int      // of the part in the manifest
	Part     *os.File // the decrypted part, in memory
	Sealed   *os.File // its sealed part; needed only if Kept is not empty
	// Columns are the columns to read, in the order in which they come.
	Columns []string
	// Kept names those of Columns whose originals are wanted, not tokens.
	Kept []string
	// Where drops rows; nil: none. It sees tokens, never originals. The part
	// does not own it.
	Where *filter.RowFilter
	// Uncapped leaves out the limit on a unit's rows. Then the caller applies
	// Cap after all masks and filters.
	Uncapped bool
	// Allocator is where batches live; nil: Go's heap.
	Allocator memory.Allocator
}

// OpenPart verifies a part against its manifest and reads it: batches with
// column 0 UnitColumn and then the columns asked for, sorted by token, with the
// types of the manifest. It fails at a batch with a unit of another part. A unit has at most the manifest's MaxRows rows, counted
// after Where.
//
// The files stay the caller's and must live as long as the reader. Release
// frees everything else.
func OpenPart(ctx context.Context, s PartSpec) (array.RecordReader, error) {
	bad := func(format string, a ...any) (array.RecordReader, error) {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "read part: "+format, a...)
	}
	if s.Manifest == nil || s.Index < 0 || s.Index >= len(s.Manifest.Parts) || s.Part == nil {
		return bad("no such part")
	}
	if s.Allocator == nil {
		s.Allocator = memory.DefaultAllocator
	}
	p := s.Manifest.Parts[s.Index]
	want := slices.Clone(s.Columns)
	if s.Where != nil {
		for _, c := range s.Where.Filter().Columns {
			if !slices.Contains(want, c) {
				want = append(want, c)
			}
			if slices.Contains(s.Kept, c) {
				return bad("a filter cannot read the original of %s", c)
			}
		}
	}
	fields := []arrow.Field{{Name: column.UnitColumn, Type: column.TokenType}}
	from := []origin{{name: column.UnitColumn}}
	for i, name := range want {
		c, ok := s.Manifest.Column(name)
		if !ok || slices.Contains(want[:i], name) {
			return bad("a column that the snapshot lacks, or twice")
		}
		f, src := arrow.Field{Name: name, Type: column.ArrowTypes[c.Type], Nullable: c.Nullable}, origin{name: name}
		if slices.Contains(s.Kept, name) {
			if c.Kept == "" || p.Sealed == nil || s.Sealed == nil {
				return bad("the original of %s was not kept", name)
			}
			f.Type, src.sealed = column.ArrowTypes[c.Kept], true
		} else if name == s.Manifest.Unit {
			src.name = column.UnitColumn
		}
		fields, from = append(fields, f), append(from, src)
	}
	for _, k := range s.Kept {
		if !slices.Contains(s.Columns, k) {
			return bad("an original that is not among the columns")
		}
	}
	r, err := openAligned(ctx, s, p, arrow.NewSchema(fields, nil), from)
	if err != nil {
		return nil, err
	}
	if s.Where != nil {
		w, err := s.Where.Apply(ctx, r)
		if err != nil {
			r.Release()
			return nil, err
		}
		r = firstColumns(w, 1+len(s.Columns))
	}
	if !s.Uncapped {
		r = Cap(r, s.Manifest.MaxRows)
	}
	return r, nil
}

// origin is where a column comes from.
type origin struct {
	name   string
	sealed bool
}

// aligned reads a part and, if needed, its sealed part side by side.
type aligned struct {
	ctx          context.Context
	index, parts int
	schema       *arrow.Schema
	from         []origin
	main, sealed *pages
}

func openAligned(ctx context.Context, s PartSpec, p ManifestPart, schema *arrow.Schema, from []origin) (_ array.RecordReader, err error) {
	a := &aligned{ctx: ctx, index: s.Index, parts: len(s.Manifest.Parts), schema: schema, from: from}
	names := map[bool][]string{}
	for _, c := range from {
		if !slices.Contains(names[c.sealed], c.name) {
			names[c.sealed] = append(names[c.sealed], c.name)
		}
	}
	if a.main, err = openPages(ctx, s.Part, p.File, p.Rows, names[false], s.Allocator); err != nil {
		return nil, err
	}
	if len(names[true]) > 0 {
		if a.sealed, err = openPages(ctx, s.Sealed, *p.Sealed, p.Rows, append([]string{column.UnitColumn}, names[true]...), s.Allocator); err != nil {
			a.free()
			return nil, err
		}
	}
	for i, c := range from {
		pg := a.pages(c)
		f := pg.rr.Schema().Field(pg.at[c.name])
		if !arrow.TypeEqual(f.Type, schema.Field(i).Type) {
			a.free()
			return nil, pg.broken()
		}
	}
	return column.NewStream(schema, a.next, a.free), nil
}

func (a *aligned) pages(c origin) *pages {
	if c.sealed {
		return a.sealed
	}
	return a.main
}

func (a *aligned) free() {
	a.main.free()
	if a.sealed != nil {
		a.sealed.free()
	}
}

func (a *aligned) next() (arrow.RecordBatch, error) {
	if err := a.ctx.Err(); err != nil {
		return nil, err
	}
	n, err := a.main.ready()
	if n == 0 || err != nil {
		return nil, err
	}
	if a.sealed != nil {
		m, err := a.sealed.ready()
		if err != nil {
			return nil, err
		}
		if n = min(n, m); n == 0 {
			return nil, a.sealed.broken()
		}
	}
	cols := make([]arrow.Array, len(a.from))
	for i, c := range a.from {
		cols[i] = a.pages(c).column(c.name, n)
		defer cols[i].Release()
	}
	t1, err := column.Tokens(cols[0])
	if err != nil || !a.holds(t1[:column.TokenBytes]) || !a.holds(t1[len(t1)-column.TokenBytes:]) {
		return nil, a.main.broken()
	}
	if a.sealed != nil {
		other := a.sealed.column(column.UnitColumn, n)
		defer other.Release()
		t2, err := column.Tokens(other)
		if err != nil || !bytes.Equal(t1, t2) {
			return nil, a.sealed.broken()
		}
		a.sealed.pos += n
	}
	a.main.pos += n
	return array.NewRecordBatch(a.schema, cols, int64(n)), nil
}

// holds says whether a token is of this part's range: the top bits are the part.
// As tokens ascend, which Units looks at, those at both ends of a batch say it
// of all.
func (a *aligned) holds(token []byte) bool {
	return int(uint64(binary.BigEndian.Uint32(token))*uint64(a.parts)>>32) == a.index
}

// fileAt reads a file by position and leaves its offset alone.
type fileAt struct {
	f    *os.File
	size int64
	pos  int64
}

func (r *fileAt) ReadAt(p []byte, off int64) (int, error) { return r.f.ReadAt(p, off) }

func (r *fileAt) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case 1:
		off += r.pos
	case 2:
		off += r.size
	}
	r.pos = off
	return off, nil
}

// firstColumns drops all but the first n columns. The result owns r.
func firstColumns(r array.RecordReader, n int) array.RecordReader {
	if r.Schema().NumFields() == n {
		return r
	}
	schema := arrow.NewSchema(r.Schema().Fields()[:n], nil)
	return column.NewStream(schema, func() (arrow.RecordBatch, error) {
		b, err := column.Advance(r)
		if b == nil || err != nil {
			return nil, err
		}
		return array.NewRecordBatch(schema, b.Columns()[:n], b.NumRows()), nil
	}, r.Release)
}
