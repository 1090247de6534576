package pipeline

import (
	"context"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/policy"
)

// witnessed tells the policy of the cosigned checkpoint that was brought: whether
// the witness saw the entries that made and approved the release.
func (p *Pipeline) witnessed(ctx context.Context, in *policy.Input, doc *job.ReleaseDoc, w *domain.Cosigned) error {
	in.Witness = policy.Witness{Names: []string{}}
	if w == nil {
		return nil
	}
	in.Witness = policy.Witness{Names: w.Names, Seen: w.Seen, Entries: int(w.Entries)} //nolint:gosec // of a log that is here
	return p.d.Store.View(ctx, func(tx *store.Tx) error {
		made, err := domain.Releases.Indexes(tx, doc.ID, "release.make")
		if err != nil {
			return err
		}
		approved, err := domain.Releases.Indexes(tx, doc.ID, "release.approve")
		if err != nil {
			return err
		}
		all := append(made, approved...)
		in.Witness.Covers = len(all) > 0
		for _, i := range all {
			in.Witness.Covers = in.Witness.Covers && i < w.Entries
		}
		return nil
	})
}

// keepExport keeps what an export was decided on: the policy's request and answer,
// and the checkpoint that a witness signed.
func keepExport(tx *store.Tx, d decided, w *domain.Cosigned) error {
	if w != nil {
		if err := tx.Keep(w.Note); err != nil {
			return err
		}
	}
	return keep(tx, d)
}
