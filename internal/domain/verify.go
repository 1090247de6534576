package domain

import (
	"context"
	"errors"
	"iter"
	"path/filepath"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/store/check"
	"glovebox.example/glovebox/internal/evidence/index"
	"glovebox.example/glovebox/text"
)

// Verification is what a check of log and database found.
type Verification struct {
	Origin   string   `json:"origin"`
	Entries  uint64   `json:"entries"`
	Root     string   `json:"root"`
	First    string   `json:"first,omitempty"`
	Last     string   `json:"last,omitempty"`
	Docs     int      `json:"documents"` // compared with their last entry
	Charges  int      `json:"charges"`   // compared with their entry
	Kept     int      `json:"kept"`      // versions of documents, requests, answers and policies
	Problems []string `json:"problems"`  // empty: all is as it was written
	// Checkpoint is the signed one that was checked.
	Checkpoint []byte `json:"-"`
}

// Verify checks the whole log, and the schema and every column of every row of
// the database against it, with readers that share no code with the writers.
// remembered are checkpoints that were kept elsewhere; without one a rollback
// cannot be seen.
func (d *Domain) Verify(ctx context.Context, remembered ...[]byte) (*Verification, error) {
	if err := d.SignAll(ctx); err != nil {
		return nil, err
	}
	state, acts := verify.NewState(), verify.NewActs(d.logKey.Load().Origin())
	each := func(e *verify.Entry) error { return errors.Join(state.Entry(e), acts.Entry(e)) }
	rep, err := verify.Log(ctx, d.LogDir(), d.verifier(), &verify.Options{Entries: each, Remembered: remembered})
	if err != nil {
		return nil, err
	}
	v := &Verification{Origin: rep.Origin, Entries: rep.Size, Root: rep.Root, First: rep.First, Last: rep.Last, Problems: []string{}, Checkpoint: rep.Signed}
	v.add(&rep.Problems)
	v.add(acts.Check())
	db, err := check.Open(filepath.Join(d.Dir, dbFile), d.still)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	bad, err := db.Schema(ctx)
	if err != nil {
		bad = append(bad, dbFile+": the database cannot be read")
	}
	for _, x := range bad {
		v.Problems = append(v.Problems, text.Printed(x))
	}
	var other int
	v.add(state.Check(verify.Tables{
		Documents: rows(&v.Docs, db.Docs(ctx), func(r check.Doc) verify.Document { return verify.Document(r) }),
		Ledgers:   rows(&other, db.Ledgers(ctx), func(r check.Ledger) verify.Ledger { return verify.Ledger(r) }),
		Charges:   rows(&v.Charges, db.Charges(ctx), func(r check.Charge) verify.Row { return verify.Row(r) }),
		Parts:     rows(&other, db.Parts(ctx), func(r check.Part) verify.Part { return verify.Part(r) }),
		Outbox:    rows(&other, db.Outbox(ctx), func(r check.Out) verify.Out { return verify.Out(r) }),
		Blobs:     rows(&other, db.Blobs(ctx), func(r check.Blob) verify.Blob { return verify.Blob(r) }),
		Kept:      rows(&v.Kept, db.Kept(ctx), d.opened),
	}))
	if exists(d.Dir, filepath.Join("cache", "audit.db")) {
		bad, err := index.Check(ctx, d.IndexFile(), d)
		if err != nil {
			return nil, err
		}
		for _, x := range bad {
			v.Problems = append(v.Problems, text.Printed(x))
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "audit verify was stopped").Because(err)
	}
	return v, nil
}

// opened is a kept document as the checker compares it.
func (d *Domain) opened(r check.Kept) verify.Blob {
	data, err := d.Vault.Unseal(r.Name, r.Sealed)
	if err != nil {
		data = nil
	}
	return verify.Blob{Name: r.Name, Data: data}
}

// SignAll signs the log up to its last entry, so that readers of its files see
// what this process wrote last. Where it is open for reading it does nothing.
func (d *Domain) SignAll(ctx context.Context) error {
	if d.readOnly {
		return nil
	}
	_, err := d.Checkpoint(ctx)
	return err
}

// Consistency is the log's signed head, and the proof that its tree begins with
// one of old entries.
func (d *Domain) Consistency(ctx context.Context, old uint64) (*verify.Head, []string, error) {
	if err := d.SignAll(ctx); err != nil {
		return nil, nil, err
	}
	for tries := 0; ; tries++ {
		h, err := verify.HeadOf(d.LogDir(), d.verifier())
		if err != nil {
			return nil, nil, err
		}
		p, err := verify.Consistency(d.LogDir(), h, old)
		// The tile that a tree ended in may be tidied away while the log grows.
		if err == nil || h.Size < old || tries == 2 {
			return h, p, err
		}
	}
}

// Entries calls fn with every entry of the log that can be decoded.
func (d *Domain) Entries(ctx context.Context, fn func(*verify.Entry) error) error {
	_, err := verify.Log(ctx, d.LogDir(), d.verifier(), &verify.Options{Entries: fn})
	return err
}

// From calls fn with every entry from an index on that can be read, without
// checking the log.
func (d *Domain) From(ctx context.Context, index uint64, fn func(*verify.Entry) error) error {
	return verify.Read(ctx, d.LogDir(), d.verifier(), index, fn)
}

// IndexFile is where an index of the log is kept: what is in there can be thrown
// away at any time.
func (d *Domain) IndexFile() string { return filepath.Join(d.Dir, "cache", "audit.db") }

// Kept reads what is kept under a digest, checked against it.
func (d *Domain) Kept(ctx context.Context, digest string) (data []byte, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		data, err = tx.Kept(digest)
		return err
	})
	return data, err
}

// IsCheckpoint fails with CodeInvalid for anything but a checkpoint of this
// domain's log.
func (d *Domain) IsCheckpoint(b []byte) error {
	text, err := d.KeyHistory(context.Background())
	if err != nil {
		return err
	}
	return verify.Checkpoint(b, text)
}

func (v *Verification) add(p *verify.Problems) {
	for _, x := range p.List {
		v.Problems = append(v.Problems, text.Printed(x.String()))
	}
}

// rows turns the rows that the reader yields into those that are compared, and
// counts them. A table that is not read stays nil.
func rows[From, To any](n *int, in iter.Seq2[From, error], as func(From) To) iter.Seq2[To, error] {
	if in == nil {
		return nil
	}
	return func(yield func(To, error) bool) {
		for r, err := range in {
			*n++
			if !yield(as(r), err) {
				return
			}
		}
	}
}
