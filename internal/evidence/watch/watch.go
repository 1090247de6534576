// Package watch follows a domain's log from outside: whoever keeps a checkpoint
// of it learns whether the log of today still extends it, and whether a witness
// was shown another one.
//
// What it promises: a log that has fewer entries than the kept checkpoint, or
// other entries in their place, is said to be rolled back or forked, from two
// checkpoints that the domain's key signed; nothing that does not follow replaces
// what is kept. What it does not promise: to see what happened to a log before its
// first checkpoint was kept, or that entries are true. It reads checkpoints and
// hashes, and no entry.
package watch

import (
	"context"
	"errors"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Source is a log that is followed.
type Source interface {
	// Head is the log's checkpoint of now, and the proof that its tree begins with
	// one of old entries (verify.Consistency); a log that has fewer gives no proof.
	Head(ctx context.Context, old uint64) (*verify.Head, []string, error)
}

// Folder is a log's folder, or a copy of one.
type Folder struct {
	Dir string
	Key string // of the domain
}

// Head implements Source.
func (f Folder) Head(_ context.Context, old uint64) (*verify.Head, []string, error) {
	h, err := verify.HeadOf(f.Dir, f.Key)
	if err != nil || h.Size < old {
		return h, nil, err
	}
	p, err := verify.Consistency(f.Dir, h, old)
	return h, p, err
}

// What is wrong with a log.
const (
	RolledBack = "rolled_back"
	Forked     = "forked"
	Unseen     = "unseen" // by the witness, or not lately
)

// Alarm is what a look found: the log does not follow from what is kept.
type Alarm struct {
	Kind string // one of the above
	Kept *verify.Head
	Now  *verify.Head
}

// Err says it, in one sentence.
func (a *Alarm) Err() error {
	switch a.Kind {
	case RolledBack:
		return glovebox.Errorf(glovebox.CodeInvalid, "the log was rolled back: it has %d entries, the kept checkpoint has %d", a.Now.Size, a.Kept.Size).WithFix(fix)
	case Forked:
		return glovebox.Errorf(glovebox.CodeInvalid, "history was rewritten: the first %d entries are not those of the kept checkpoint", a.Kept.Size).WithFix(fix)
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "no witness saw this log lately").WithFix("`glovebox witness ask` has its checkpoint cosigned")
}

const fix = "keep both checkpoints: together they prove it; tell the auditor, and run `glovebox audit verify --remembered FILE` on the domain"

// Look looks at a log once and holds it to checkpoints that were kept of it. It
// returns the log's checkpoint of now, and what is wrong; nil: it follows from all
// of them.
func Look(ctx context.Context, src Source, kept ...*verify.Head) (*verify.Head, *Alarm, error) {
	now, _, err := src.Head(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	for _, old := range kept {
		if now.Size < old.Size {
			return now, &Alarm{RolledBack, old, now}, nil
		}
		h, proof, err := src.Head(ctx, old.Size)
		if err != nil {
			return now, nil, err
		}
		switch err := h.Follows(old, proof); {
		case errors.Is(err, verify.ErrRolledBack):
			return h, &Alarm{RolledBack, old, h}, nil
		case err != nil:
			return h, &Alarm{Forked, old, h}, nil //nolint:nilerr // the error is the alarm
		}
		if h.Size >= now.Size {
			now = h
		}
	}
	return now, nil, nil
}
