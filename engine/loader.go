package engine

import (
	"context"
	"encoding/binary"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/source"
)

const maxWriters = 4 // parts that are written at once

// loader takes in the checked rows of a file and writes them out by unit.
type loader struct {
	ds     *glovebox.Dataset
	o      LoadOptions
	report LoadReport
	size   int64 // of the file, at least 1

	stored    []storedColumn
	unit      int         // column of the unit
	idKeys    []*[32]byte // by column; nil for what is no identifier
	check     []func(string) bool
	key       []int // columns
	seeds     *keySeeds
	aside     *aside
	rows      *store
	sortBytes int64     // of a bucket in memory
	keys      *keyStore // nil: the record has no key
	drop      *rowSet   // rows that turned out to repeat a key
	slow      bool      // the check query sees every row
	fast      int64     // rows that it did not see
}

// storedColumn is a value of a row in the store.
type storedColumn struct {
	from  int  // column of the record
	kept  bool // the original of an identifier, for the sealed part
	field arrow.Field
}

func newLoader(ds *glovebox.Dataset, o LoadOptions) (*loader, error) {
	l := &loader{ds: ds, o: o, idKeys: make([]*[32]byte, len(ds.Columns)), check: make([]func(string) bool, len(ds.Columns))}
	var kept []storedColumn
	for i, c := range ds.Columns {
		l.check[i] = source.Formats[c.Format]
		isUnit := c.Name == ds.Unit.Column
		if isUnit {
			l.unit = i
		} else {
			l.stored = append(l.stored, storedColumn{from: i, field: arrow.Field{Name: c.Name, Type: column.ArrowTypes[c.StoredType()], Nullable: c.Nullable}})
		}
		if c.Class != glovebox.ClassIdentifier {
			continue
		}
		key := o.UnitKey
		if !isUnit {
			key = o.IdentKey(c)
		}
		l.idKeys[i] = &key
		if c.Keep {
			kept = append(kept, storedColumn{from: i, kept: true, field: arrow.Field{Name: c.Name, Type: column.ArrowTypes[c.Type.Plain()], Nullable: c.Nullable}})
		}
	}
	l.stored = append(l.stored, kept...)
	var err error
	if l.aside, err = newAside(o.Spill); err != nil {
		return nil, err
	}
	l.sortBytes = sortBytes
	l.rows = newStore(bucketsFor(o.Hold, o.Parts), o.Hold, l.aside)
	for _, k := range ds.Key {
		l.key = append(l.key, slices.IndexFunc(ds.Columns, func(c glovebox.Column) bool { return c.Name == k }))
	}
	if len(l.key) > 0 {
		l.seeds, l.keys = newKeySeeds(), &keyStore{store: newStore(bucketsFor(o.Hold/2, 1), o.Hold/2, l.aside)}
	}
	return l, nil
}

// read takes in the whole file.
func (l *loader) read(ctx context.Context, src *os.File, size int64) error {
	f, err := openFeed(ctx, feedSpec{
		src: src, size: size, def: l.ds.Source, cols: l.ds.Columns, rules: l.ds.Quality, memory: l.o.Memory / 2, files: l.o.Scratch,
		work: l.newRowMaker, fast: func(header []string) *fastPlan { return l.fastPlan(header) },
	})
	if err != nil {
		return err
	}
	defer f.close()
	l.size = max(size, 1)
	l.o.Progress(0, 2*l.size)
	if err := f.run(ctx, func(s *slot) error {
		if err := l.take(s); err != nil {
			return err
		}
		l.o.Progress(min(s.chunk.Read, l.size), 2*l.size)
		return nil
	}); err != nil {
		return err
	}
	return l.dropRepeats()
}

// take takes in one piece of the file.
func (l *loader) take(s *slot) error {
	if l.report.Rows > source.MaxRows {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file has more than %d rows", int64(source.MaxRows))
	}
	l.report.Dropped += s.chunk.Dropped
	bad, worse, odd := s.chunk.Bad, s.rows.made.bad, []int64(nil)
	if s.rows.fast != nil {
		odd = s.rows.fast.odd
	}
	flush := func(before int64) {
		for len(bad) > 0 && bad[0].At.Row < before {
			l.report.reject(bad[0].At, bad[0].Column, bad[0].Source, bad[0].Why)
			bad = bad[1:]
		}
	}
	made := &s.rows.made
	for i := range s.n {
		at := s.place(i)
		flush(at.Row)
		if len(worse) > 0 && worse[0].i == i {
			l.reject(at, worse[0].column, worse[0].why)
			worse, odd = worse[1:], odd[min(1, len(odd)):]
			continue
		}
		from := made
		if s.rows.fast != nil {
			if from = &s.rows.fast.rows; len(odd) > 0 && odd[0] == i {
				from, odd = made, odd[1:]
			} else {
				l.fast++
			}
		}
		l.report.accept(at)
		row, key := from.next()
		if err := l.rows.push(binary.BigEndian.Uint32(row[l.tokenAt():]), row); err != nil {
			return err
		}
		if l.keys != nil {
			if err := l.keys.push(key, at); err != nil {
				return err
			}
		}
	}
	flush(1 << 62)
	return nil
}

// tokenAt is where the token begins in a row of the store.
func (l *loader) tokenAt() int {
	if l.seeds != nil {
		return 12
	}
	return 4
}

// reject counts a rejected row.
func (l *loader) reject(at source.Position, name string, why source.Reason) {
	from := name
	if c, ok := l.ds.Column(name); ok && why != source.ReasonQuality {
		from = c.SourceName()
	}
	l.report.reject(at, name, from, why)
}

// dropRepeats rejects the rows whose key an earlier row has.
func (l *loader) dropRepeats() error {
	if l.keys == nil {
		return nil
	}
	r, err := l.keys.repeats()
	if err == nil && r.n > 0 {
		l.drop = &r.rows
		l.report.repeat(r)
	}
	return err
}
