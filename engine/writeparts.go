package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/source"
)

const (
	// createdBy is the writer's name in every part: a part's bytes must not
	// change with the version of a library.
	createdBy     = "glovebox"
	rowGroupRows  = 1 << 17
	rowGroupBytes = 32 << 20 // of values: a group of wide rows has fewer
	dictBytes     = 1 << 20  // a column with a larger dictionary is stored plainly
)

// partWriter writes parts, one after another. It holds one row group and one
// bucket in memory.
type partWriter struct {
	l      *loader
	create func(name string) (io.WriteCloser, error)
	sort   sorter

	main, sealed *partFile // sealed is nil if nothing is kept
	token        *rowColumnBuffer
	cols         []*rowColumnBuffer // by stored column
	bytes        int64              // in them
	rows, units  int64
	last         unitToken
	run, most    int64 // rows of the last unit, and of the one that has most
	constant     []constant
}

// constant is a column whose value is that of its unit, in all its rows.
type constant struct {
	stored int // in partWriter.cols
	name   string
	value  []byte // of the last unit, as its rows hold it
	differ bool   // in some unit
}

func (l *loader) newPartWriter(create func(name string) (io.WriteCloser, error)) *partWriter {
	w := &partWriter{l: l, create: create, token: newRowColumnBuffer(column.TokenType)}
	for _, s := range l.stored {
		w.cols = append(w.cols, newRowColumnBuffer(s.field.Type))
		if c := l.ds.Columns[s.from]; c.PerUnit {
			w.constant = append(w.constant, constant{stored: len(w.cols) - 1, name: c.Name})
		}
	}
	w.sort = sorter{head: l.tokenAt() - 4, most: l.sortBytes, order: newPRF(l.o.UnitKey), aside: l.aside, drop: l.drop, emit: w.row}
	return w
}

// part writes one part and, if originals are kept, its sealed part.
func (w *partWriter) part(ctx context.Context, i int, p *ManifestPart) error {
	w.rows, w.units, w.most, w.run, w.last = 0, 0, 0, 0, unitToken{}
	if err := w.open(i); err != nil {
		return err
	}
	buckets, known := w.l.bucketsOf(i)
	var err error
	for k := range buckets {
		if err = ctx.Err(); err == nil {
			err = w.sort.bucket(w.l.rows, &buckets[k], known)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = w.flush()
	}
	if u := w.l.ds.Unit; err == nil && len(w.l.ds.OtherUnits) > 0 && w.most > int64(u.MaxRows) {
		// Dropping the rest would let one unit's rows decide about another's.
		err = source.Invalid("unit.max_rows", "in this file a unit of column %s has more than %d rows, and the dataset has several unit columns", u.Column, u.MaxRows).
			WithFix("correct the file, or register the record with a larger max_rows under another code")
	}
	for _, c := range w.constant {
		if c.differ && err == nil {
			err = source.Invalid("columns."+c.name+".per_unit", "in this file some unit has several values in column %s, or some and none", c.name).
				WithFix("correct the file, or register the record without `per_unit` under another code")
		}
	}
	p.Rows, p.Units = w.rows, w.units
	var err2, err3 error
	p.File, err2 = w.main.end()
	if w.sealed != nil {
		var f File
		f, err3 = w.sealed.end()
		p.Sealed = &f
	}
	if err != nil {
		return err
	}
	return errors.Join(err2, err3)
}

// open makes the files of a part.
func (w *partWriter) open(i int) (err error) {
	unit := arrow.Field{Name: column.UnitColumn, Type: column.TokenType}
	main, sealed := []arrow.Field{unit}, []arrow.Field{unit, {Name: source.RowColumn, Type: arrow.PrimitiveTypes.Int32}}
	for _, s := range w.l.stored {
		if s.kept {
			sealed = append(sealed, s.field)
		} else {
			main = append(main, s.field)
		}
	}
	w.sealed = nil
	if w.main, err = newPartFile(w.l.o.Allocator, w.create, partName(i), main, false); err != nil || len(sealed) == 2 {
		return err
	}
	if w.sealed, err = newPartFile(w.l.o.Allocator, w.create, sealedName(i), sealed, true); err != nil {
		_, _ = w.main.end()
	}
	return err
}

// row takes the next row: its token and values.
func (w *partWriter) row(row []byte) error {
	t := tokenAt(row)
	first := w.rows == 0 || t != w.last
	if first {
		w.last, w.run = t, 0
		w.units++
	}
	w.rows++
	w.run++
	w.most = max(w.most, w.run)
	w.token.addToken(row[:column.TokenBytes])
	v := row[column.TokenBytes:]
	next := w.constant
	for i, c := range w.cols {
		at := v
		v = c.add(v)
		if len(next) > 0 && next[0].stored == i {
			next[0].take(at[:len(at)-len(v)], first)
			next = next[1:]
		}
	}
	if w.bytes += int64(len(row)); w.token.n < rowGroupRows && w.bytes < rowGroupBytes {
		return nil
	}
	return w.flush()
}

// take looks at the value of the next row.
func (c *constant) take(v []byte, first bool) {
	if first {
		c.value = append(c.value[:0], v...)
	} else if !bytes.Equal(c.value, v) {
		c.differ = true
	}
}

// flush writes what was taken as one row group.
func (w *partWriter) flush() error {
	n := w.token.n
	if n == 0 {
		return nil
	}
	main, sealed := []arrow.Array{w.token.array()}, []arrow.Array{w.token.array(), int32Array(int(w.rows)-n, n)}
	for i, s := range w.l.stored {
		if s.kept {
			sealed = append(sealed, w.cols[i].array())
		} else {
			main = append(main, w.cols[i].array())
		}
	}
	err := w.main.write(main, n)
	if err == nil && w.sealed != nil {
		err = w.sealed.write(sealed, n)
	}
	w.token.reset()
	for _, c := range w.cols {
		c.reset()
	}
	w.bytes = 0
	return err
}

// fileWriter hashes and counts what goes to the caller's writer. It keeps the
// first error and swallows the rest: Arrow's writer leaks on an error.
type fileWriter struct {
	w   io.Writer
	sum hash.Hash
	n   int64
	err error // of w: the caller's own, safe to show
}

func newFileWriter(w io.Writer) *fileWriter { return &fileWriter{w: w, sum: sha256.New()} }

// file describes what was written.
func (f *fileWriter) file(name string) File {
	return File{Name: name, Bytes: f.n, SHA256: hex.EncodeToString(f.sum.Sum(nil))}
}

func (f *fileWriter) Write(p []byte) (int, error) {
	if f.err == nil {
		_, f.err = f.w.Write(p)
	}
	f.sum.Write(p)
	f.n += int64(len(p))
	return len(p), nil
}
