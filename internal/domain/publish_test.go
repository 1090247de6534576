package domain

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"glovebox.example/glovebox/internal/domain/store"
)

// TestManyActAtOnce: steps that are taken at once, some by callers that give up
// meanwhile, are all in the log when they return, once each, and it verifies.
func TestManyActAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "city")
	if _, err := Init(t.Context(), dir, InitOptions{}); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), dir, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	const people, each = 40, 5
	d.publishing.work.Lock() // the first group waits for the others to come
	var wg sync.WaitGroup
	for i := range people {
		wg.Go(func() {
			for n := range each {
				ctx, cancel := context.WithCancel(t.Context())
				name := fmt.Sprintf("u%d-%d", i, n)
				err := d.Effect(ctx, OwnerBy(), func(tx *store.Tx) error {
					if i%4 == 0 {
						defer cancel() // once this is committed, or instead
					}
					return Users.Record(tx, "bench.step", name, nil)
				})
				cancel()
				if err == nil {
					err = d.Store.View(t.Context(), func(tx *store.Tx) error {
						at, err := Users.Indexes(tx, name, "bench.step")
						if err == nil && len(at) != 1 {
							err = fmt.Errorf("%s is at %v", name, at)
						}
						return err
					})
				}
				if err != nil && i%4 != 0 {
					t.Error(err)
				}
			}
		})
	}
	for full := false; !full; runtime.Gosched() {
		d.publishing.mu.Lock()
		full = len(d.publishing.waiting) >= people/2
		d.publishing.mu.Unlock()
	}
	d.publishing.work.Unlock()
	wg.Wait()
	v, err := d.Verify(t.Context())
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("%v: %v", err, v.Problems)
	}
	if d.publishing.busy || len(d.publishing.waiting) > 0 {
		t.Error("somebody is left waiting")
	}
}
