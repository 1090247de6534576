package hook

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Told is which messages each target took, by the target's name. It can be kept as
// JSON.
type Told map[string][]string

// maxTold bounds what is remembered of a target.
const maxTold = 100_000

// Tell sends each target what it has not taken yet, in order, and stops at the
// first that is not taken: what is behind it comes next time, in its turn. It
// forgets what is not among all any more. Errors of targets are joined; one does
// not keep others from being told.
func (t Told) Tell(ctx context.Context, targets []Target, all []Message, at time.Time) error {
	now := map[string]bool{}
	for i := range all {
		now[all[i].ID()] = true
	}
	var errs []error
	for _, to := range targets {
		took := slices.DeleteFunc(t[to.Name()], func(id string) bool { return !now[id] })
		for i := range all {
			id := all[i].ID()
			if slices.Contains(took, id) {
				continue
			}
			if err := to.Send(ctx, &all[i], at); err != nil {
				errs = append(errs, err)
				break
			}
			if took = append(took, id); len(took) > maxTold {
				took = took[1:]
			}
		}
		t[to.Name()] = took
	}
	return errors.Join(errs...)
}
