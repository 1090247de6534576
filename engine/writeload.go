package engine

import (
	"context"
	"io"
	"runtime"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// write writes all parts and returns their manifest.
func (l *loader) write(ctx context.Context) (*Manifest, error) {
	m := NewManifest(l.ds, l.o.Parts)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var wg sync.WaitGroup
	done, next := 0, 0
	for range min(maxWriters, l.o.Parts, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= l.o.Parts || ctx.Err() != nil {
					return
				}
				if err := l.writePart(ctx, i, &m.Parts[i], &mu); err != nil {
					cancel(err)
					return
				}
				mu.Lock()
				done++
				l.o.Progress(l.size+l.size*int64(done)/int64(l.o.Parts), 2*l.size)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	for _, p := range m.Parts {
		m.Rows, m.Units = m.Rows+p.Rows, m.Units+p.Units
	}
	return m, nil
}

// writePart writes one part and, if originals are kept, its sealed part.
func (l *loader) writePart(ctx context.Context, i int, p *ManifestPart, mu *sync.Mutex) error {
	rec, err := l.parts[i].unpack(l.o.Allocator)
	if err != nil {
		return err
	}
	defer rec.Release()
	rows, units, most, err := sortRows(rec, newPRF(l.o.UnitKey).rowOrder())
	if err != nil {
		return err
	}
	if len(l.ds.OtherUnits) > 0 && most > int64(l.ds.Unit.MaxRows) {
		// Dropping the rest would let one unit's rows decide about another's.
		return source.Invalid("unit.max_rows", "in this file a unit of column %s has more than %d rows, and the dataset has several unit columns", l.ds.Unit.Column, l.ds.Unit.MaxRows).
			WithFix("correct the file, or register the record with a larger max_rows under another code")
	}
	p.Rows, p.Units = int64(len(rows)), units
	main, sealed := []int{0}, []int{0}
	mainFields := []arrow.Field{l.schema.Field(0)}
	sealedFields := []arrow.Field{l.schema.Field(0), {Name: source.RowColumn, Type: arrow.PrimitiveTypes.Int32}}
	for c, s := range l.stored {
		if s.kept {
			sealed, sealedFields = append(sealed, c+1), append(sealedFields, s.field)
		} else {
			main, mainFields = append(main, c+1), append(mainFields, s.field)
		}
	}
	create := func(name string) (io.WriteCloser, error) {
		mu.Lock()
		defer mu.Unlock()
		w, err := l.o.Create(name)
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot create snapshot part %s", name).Because(err)
		}
		return w, nil
	}
	w, err := create(partName(i))
	if err != nil {
		return err
	}
	if p.File, err = writeParquet(ctx, l.o.Allocator, w, partName(i), arrow.NewSchema(mainFields, nil), rec, main, false, rows); err != nil {
		return err
	}
	if len(sealed) == 1 {
		return nil
	}
	if w, err = create(sealedName(i)); err != nil {
		return err
	}
	f, err := writeParquet(ctx, l.o.Allocator, w, sealedName(i), arrow.NewSchema(sealedFields, nil), rec, sealed, true, rows)
	p.Sealed = &f
	return err
}
