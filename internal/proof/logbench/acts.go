package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// acts measures a domain in which so many people act at a time, each again and
// again: a step is done when its change is in the database and its entry in the
// log, both durable.
func acts(ctx context.Context, dir string, say func(what, measured, want string)) error {
	dir = filepath.Join(dir, "city")
	if _, err := domain.Init(ctx, dir, domain.InitOptions{}); err != nil {
		return err
	}
	d, err := domain.Open(ctx, dir, &domain.Options{})
	if err != nil {
		return err
	}
	for _, x := range []struct{ people, each int }{{1, 50}, {32, 50}, {128, 40}, {512, 20}} {
		var wg sync.WaitGroup
		errs := make([]error, x.people)
		at := time.Now()
		for i := range x.people {
			wg.Go(func() {
				for range x.each {
					errs[i] = errors.Join(errs[i], d.Effect(ctx, domain.OwnerBy(), func(tx *store.Tx) error {
						return domain.Users.Record(tx, "bench.step", fmt.Sprintf("u%d", i), nil)
					}))
				}
			})
		}
		wg.Wait()
		took := time.Since(at)
		if err := errors.Join(errs...); err != nil {
			return err
		}
		want := ""
		if x.people >= 128 {
			want = "1,000/s"
		}
		say(fmt.Sprintf("%d acts of a domain, %d at a time", x.people*x.each, x.people), rate(x.people*x.each, took), want)
	}
	v, err := d.Verify(ctx)
	if err == nil && len(v.Problems) > 0 {
		err = fmt.Errorf("the domain does not verify: %s", v.Problems[0])
	}
	return errors.Join(err, d.Close())
}
