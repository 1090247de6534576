package engine

import (
	"context"
	"io"
	"math/bits"
	"runtime"
	"sync"

	"glovebox.example/glovebox"
)

// write writes all parts and returns their manifest.
func (l *loader) write(ctx context.Context) (*Manifest, error) {
	m := NewManifest(l.ds, l.o.Parts)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	create := func(name string) (io.WriteCloser, error) {
		mu.Lock()
		defer mu.Unlock()
		w, err := l.o.Create(name)
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot create snapshot part %s", name).Because(err)
		}
		return w, nil
	}
	var wg sync.WaitGroup
	done, next := 0, 0
	for range min(maxWriters, l.o.Parts, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			w := l.newPartWriter(create)
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= l.o.Parts || ctx.Err() != nil {
					return
				}
				if err := w.part(ctx, i, &m.Parts[i]); err != nil {
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
		m.Rows += p.Rows
		m.Units += p.Units
	}
	if m.Rows != l.report.Accepted {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the parts hold other rows than were accepted")
	}
	return m, nil
}

// bucketsOf returns the buckets of a part, and how many bits of a token those of
// one share.
func (l *loader) bucketsOf(part int) (list []bucket, known int) {
	n := len(l.rows.buckets) / l.o.Parts
	return l.rows.buckets[part*n : (part+1)*n], bits.Len(uint(len(l.rows.buckets) - 1))
}
