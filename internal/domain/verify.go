package domain

import (
	"context"
	"iter"
	"os"
	"path/filepath"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain/store/check"
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
	Problems []string `json:"problems"`  // empty: all is as it was written
}

// Verify checks the whole log and every state of the database against it, with
// readers that share no code with the writers. remembered is a checkpoint that
// was kept elsewhere; nil: none, and then a rollback cannot be seen.
func (d *Domain) Verify(ctx context.Context, remembered []byte) (*Verification, error) {
	if !d.readOnly { // what this process wrote last has to be signed first
		s, err := d.Enter(ctx)
		if err != nil {
			return nil, err
		}
		defer s.End()
		n, err := d.log.Size(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := d.log.Checkpoint(ctx, n); err != nil {
			return nil, err
		}
	}
	state := verify.NewState()
	rep, err := verify.Log(ctx, d.LogDir(), d.logKey.Verifier(), &verify.Options{Entries: state.Entry, Remembered: remembered})
	if err != nil {
		return nil, err
	}
	v := &Verification{Origin: rep.Origin, Entries: rep.Size, Root: rep.Root, First: rep.First, Last: rep.Last, Problems: []string{}}
	v.add(&rep.Problems)
	db, err := check.Open(filepath.Join(d.Dir, dbFile), d.still)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	found, err := state.Check(v.docs(ctx, db), v.rows(ctx, db))
	if err != nil {
		return nil, err
	}
	v.add(found)
	for _, look := range []func(context.Context) ([]string, error){db.Sums, db.Blobs} {
		bad, err := look(ctx)
		if err != nil {
			return nil, err
		}
		for _, x := range bad {
			v.Problems = append(v.Problems, text.Printed(x))
		}
	}
	return v, nil
}

// Entries calls fn with every entry of the log that can be decoded.
func (d *Domain) Entries(ctx context.Context, fn func(*verify.Entry) error) error {
	_, err := verify.Log(ctx, d.LogDir(), d.logKey.Verifier(), &verify.Options{Entries: fn})
	return err
}

// Checkpoint is the newest signed checkpoint of the log.
func (d *Domain) Checkpoint() ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(d.LogDir(), "checkpoint"))
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInternal, File: d.LogDir(), Msg: "the log has no checkpoint"}).WithFix("run `glovebox audit verify`")
	}
	return b, nil
}

func (v *Verification) add(p *verify.Problems) {
	for _, x := range p.List {
		v.Problems = append(v.Problems, x.String())
	}
}

func (v *Verification) docs(ctx context.Context, db *check.DB) iter.Seq2[verify.Document, error] {
	return func(yield func(verify.Document, error) bool) {
		for d, err := range db.Docs(ctx) {
			v.Docs++
			if !yield(verify.Document{Subject: d[0], Data: []byte(d[1])}, err) {
				return
			}
		}
	}
}

func (v *Verification) rows(ctx context.Context, db *check.DB) iter.Seq2[verify.Row, error] {
	return func(yield func(verify.Row, error) bool) {
		for r, err := range db.Charges(ctx) {
			v.Charges++
			if !yield(verify.Row(r), err) {
				return
			}
		}
	}
}
