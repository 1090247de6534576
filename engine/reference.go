package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source"
)

// Bounds on a reference table.
const (
	MaxReferenceBytes = 10 << 20
	MaxReferenceRows  = 100_000
)

// ReferenceColumn is a column of a public reference table.
type ReferenceColumn struct {
	Name string // as in the header; at most 128 bytes
	Type glovebox.Type
}

// ReferenceOptions are the options of ReadReference; nil means all defaults.
type ReferenceOptions struct {
	// Scratch is as in LoadOptions.
	Scratch []*os.File
	// Allocator is where the batch lives; nil: Go's heap.
	Allocator memory.Allocator
}

// ReadReference reads a small public table, such as a list of keys, from a CSV
// file in UTF-8 with a header: the given columns in the given order, or all of
// them as strings if cols is nil. Other columns of the file are left out. An
// empty field is null. The caller releases the batch.
//
// One row that is broken or does not have the declared types fails it all, with
// code invalid, the row's number and the reason. The table must be public: it
// goes to a guest whole, and nothing here protects its rows.
func ReadReference(ctx context.Context, f *os.File, cols []ReferenceColumn, o *ReferenceOptions) (arrow.RecordBatch, error) {
	var opt ReferenceOptions
	if o != nil {
		opt = *o
	}
	mem := opt.Allocator
	if mem == nil {
		mem = memory.DefaultAllocator
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() || st.Size() > MaxReferenceBytes {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a reference table is a regular file of at most %d MiB", MaxReferenceBytes>>20)
	}
	if cols == nil {
		if _, err := source.NewCSV(source.NewWindow(f, st.Size(), ""), glovebox.Source{}, nil, nil, func(header []string, _ int) (source.Layout, error) {
			for _, h := range header {
				cols = append(cols, ReferenceColumn{h, glovebox.String})
			}
			return source.Layout{}, nil
		}); err != nil {
			return nil, ofTable(err, nil)
		}
	}
	var decl []glovebox.Column
	var fields []arrow.Field
	names := map[string]bool{}
	for i, c := range cols {
		l := strings.ToLower(c.Name)
		if c.Name == "" || len(c.Name) > 128 || c.Name[0] == '#' || strings.ContainsRune(c.Name, 0) || names[l] {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "column %d of the reference table has an empty, long, reserved or repeated name", i+1).
				WithFix("names that differ in case only are the same name; none starts with #")
		}
		names[l] = true
		if c.Type == glovebox.Token || column.ArrowTypes[c.Type] == nil {
			return nil, source.Invalid(fmt.Sprintf("columns[%d].type", i), "the type is string, int32, int64, float64, bool or date")
		}
		decl = append(decl, glovebox.Column{Name: c.Name, Type: c.Type, Nullable: true, MaxBytes: source.MaxTextBytes})
		fields = append(fields, arrow.Field{Name: c.Name, Type: column.ArrowTypes[c.Type], Nullable: true})
	}
	if len(cols) == 0 || len(cols) > source.MaxColumns {
		return nil, source.Invalid("columns", "a reference table has 1 to %d columns", source.MaxColumns)
	}
	feed, err := openFeed(ctx, feedSpec{
		src: f, size: st.Size(), def: glovebox.Source{Format: "csv"}, cols: decl, locate: locateReference, memory: MinMemory, files: opt.Scratch,
	})
	if err != nil {
		return nil, ofTable(err, cols)
	}
	defer feed.close()
	rb := array.NewRecordBuilder(mem, arrow.NewSchema(fields, nil))
	defer rb.Release()
	rows := int64(0)
	if err := feed.run(ctx, func(s *slot) error {
		rows += s.n
		return takeReference(ctx, s, rows, decl, rb)
	}); err != nil {
		return nil, err
	}
	return rb.NewRecordBatch(), nil
}

func takeReference(ctx context.Context, s *slot, rows int64, cols []glovebox.Column, rb *array.RecordBuilder) error {
	wrong := func(at source.Position, column string, why source.Reason) error {
		e := glovebox.Errorf(glovebox.CodeInvalid, "line %d of the reference table: %s", at.Line, why)
		e.Field = column
		return e.WithFix("correct the line: each has as many fields as the header, a text with a comma or a quote in double quotes, values of the declared types, and is in UTF-8")
	}
	if rows > MaxReferenceRows {
		return glovebox.Errorf(glovebox.CodeInvalid, "the reference table has more than %d rows", MaxReferenceRows)
	}
	if len(s.chunk.Bad) > 0 {
		return wrong(s.chunk.Bad[0].At, "", s.chunk.Bad[0].Why)
	}
	var at int64
	for s.res != nil && s.res.Next() {
		b := s.res.RecordBatch()
		for i, why := range b.Column(0).(*array.Int32).Int32Values() {
			if why != 0 {
				column, reason := source.DecodeWhy(why, cols)
				return wrong(s.place(at+int64(i)), column, reason)
			}
		}
		all := upTo(int(b.NumRows()))
		for i := range cols {
			column.Append(rb.Field(i), b.Column(i+2), all)
		}
		at += b.NumRows()
	}
	if s.res != nil && s.res.Err() != nil {
		return duck.ReadError(ctx, s.res.Err())
	}
	return nil
}

// ofTable says of a public table what is said of a file that has a record: nobody
// declares how a table is written.
func ofTable(err error, cols []ReferenceColumn) error {
	e, ok := errors.AsType[*glovebox.Error](err)
	if !ok || e.Code != glovebox.CodeInvalid {
		return err
	}
	const save = "save it as CSV in UTF-8, with commas between the fields and the columns' names in the first line"
	if what, _, other := strings.Cut(e.Msg, ", and its record declares "); other {
		fix := save
		if strings.Contains(what, "carriage return") {
			fix = e.Fix // it says how lines end
		}
		return glovebox.Errorf(glovebox.CodeInvalid, "%s, and a public table is CSV in UTF-8", what).WithFix("%s", fix)
	}
	if len(cols) > 0 && strings.HasPrefix(e.Msg, "the file lacks the columns") {
		var names []string
		for _, c := range cols {
			names = append(names, strconv.Quote(c.Name))
		}
		return glovebox.Errorf(glovebox.CodeInvalid, "the first line of the public table does not name the columns %s", strings.Join(names, ", ")).WithFix(save)
	}
	return err
}

// locateReference makes sure that a header has the columns, each once.
func locateReference(header []string, _ glovebox.Source, cols []glovebox.Column) (source.Layout, error) {
	l := source.Layout{Width: len(header)}
	for _, c := range cols {
		i := slices.Index(header, c.Name)
		if i < 0 {
			return l, glovebox.Errorf(glovebox.CodeInvalid, "the reference table lacks the column %s", c.Name)
		}
		if slices.Contains(header[i+1:], c.Name) {
			return l, glovebox.Errorf(glovebox.CodeInvalid, "the reference table names the column %s twice", c.Name)
		}
		l.At = append(l.At, i)
	}
	return l, nil
}

func upTo(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}
