package pipeline

import (
	"context"
	"errors"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// TestRunsWaitForAPlace: a run beyond those that the domain allows at once waits
// and says so; it holds neither the job nor the lock meanwhile, and its slots
// count from the end of its waiting.
func TestRunsWaitForAPlace(t *testing.T) {
	d, file := pumsDomain(t)
	d.MaxRuns = 1
	busy, err := d.Place()
	if err != nil || busy == nil {
		t.Fatal(busy, err)
	}
	var freed time.Time
	told := 0
	p := New(d, &Options{
		Waiting: func(places int) {
			told++
			if places != 1 {
				t.Errorf("%d places", places)
			}
			go func() {
				defer busy.Close()
				ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
				defer stop()
				other, err := domain.Open(ctx, d.Dir, &domain.Options{}) // the lock is free
				if err != nil {
					t.Error(err)
					return
				}
				defer other.Close()
				if n := jobsOf(t, other); n != 0 {
					t.Errorf("%d jobs are known while the only one waits", n)
				}
				freed = time.Now()
			}()
		},
		since: func(start time.Time) time.Duration {
			if start.Before(freed) {
				t.Error("slots count from before the end of the waiting")
			}
			return time.Since(start)
		},
		sleep: sleep,
	})
	if o := run(t, p, file, "wang"); o.Repeated || told != 1 {
		t.Fatalf("told %d times; %+v", told, o)
	}
	free, err := d.Place()
	if err != nil || free == nil {
		t.Fatalf("the run left its place taken: %v", err)
	}
	// What is stored needs no place.
	if o := run(t, p, file, "wang"); !o.Repeated || told != 1 {
		t.Fatalf("told %d times; %+v", told, o)
	}
	free.Close()
}

// TestChannelPlaces: a run keeps its place until its slot, whatever it takes, so
// that who waits for the place learns the slot and nothing else.
func TestChannelPlaces(t *testing.T) {
	d, file := pumsDomain(t)
	d.MaxRuns = 1
	held := 0
	p := New(d, &Options{
		since: func(time.Time) time.Duration { return 0 },
		sleep: func(context.Context, time.Duration) error { // the work is done
			other, err := d.Place()
			if err != nil || other != nil {
				t.Errorf("the place is free before the slot: %v", err)
			}
			held++
			return nil
		},
	})
	run(t, p, file, "wang")
	if held != 1 {
		t.Fatalf("the run waited %d times for its slot", held)
	}
}

// TestChannelOneAnswer: a job that others finish between a request's admission
// and its claim is not run again: two answers with fresh noise for one price.
func TestChannelOneAnswer(t *testing.T) {
	for name, before := range map[string]bool{"new": false, "stopped once": true} {
		t.Run(name, func(t *testing.T) {
			d, file := pumsDomain(t)
			stop := errors.New("stopped")
			if before {
				p := New(d, &Options{since: time.Since, sleep: func(context.Context, time.Duration) error { return stop }})
				if _, err := p.Run(t.Context(), submit(file), user(t, d, "wang")); !errors.Is(err, stop) {
					t.Fatalf("the first run was not stopped: %v", err)
				}
			}
			var first *Outcome
			p := New(d, &Options{admitted: func() {
				if first == nil {
					first = run(t, New(d, nil), file, "wang")
				}
			}})
			o := run(t, p, file, "wang")
			if first == nil || !o.Repeated || o.Release.Content != first.Release.Content {
				t.Fatalf("one answer %+v, then another %+v", first, o)
			}
		})
	}
}

func jobsOf(t *testing.T, d *domain.Domain) (n int) {
	t.Helper()
	err := d.Store.View(context.Background(), func(tx *store.Tx) error {
		all, err := domain.Jobs.List(tx)
		n = len(all)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return n
}
