package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"iter"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
)

// Size is the number of entries in the tree; the next entry gets this index.
func (l *Log) Size(ctx context.Context) (uint64, error) {
	n, err := l.reader.IntegratedSize(ctx)
	if err != nil {
		return 0, internal(err, "audit log size")
	}
	return n, nil
}

// Last returns the last entry, nil if there is none.
func (l *Log) Last(ctx context.Context) (*Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.synced {
		if err := l.sync(ctx); err != nil {
			return nil, err
		}
	}
	if l.last == nil {
		return nil, nil
	}
	e := *l.last
	return &e, nil
}

// Entry returns the bytes of one entry; CodeNotFound beyond the end. Only
// package audit/verify says whether they are those that were signed.
func (l *Log) Entry(ctx context.Context, index uint64) ([]byte, error) {
	for data, err := range l.Read(ctx, index, index+1) {
		return data, err
	}
	return nil, glovebox.Errorf(glovebox.CodeNotFound, "the audit log has no entry at index %d", index)
}

// Read yields the entries of indexes from (inclusive) to to (exclusive), or to
// the end of the log. It stops after the first error.
func (l *Log) Read(ctx context.Context, from, to uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		size, err := l.Size(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		to = min(to, size)
		for i := from; i < to; {
			b, err := client.GetEntryBundle(ctx, l.reader.ReadEntryBundle, i/tileWidth, size)
			if err != nil {
				yield(nil, internal(err, "audit log entries from %d on", i))
				return
			}
			if uint64(len(b.Entries)) <= (min(size, (i/tileWidth+1)*tileWidth)-1)%tileWidth {
				yield(nil, damaged(l.dir, "a bundle has fewer entries than its tree"))
				return
			}
			for ; i < to; i++ {
				if !yield(b.Entries[i%tileWidth], nil) {
					return
				}
				if (i+1)%tileWidth == 0 {
					i++
					break
				}
			}
		}
	}
}

// Checkpoint waits until a signed checkpoint covers the first size entries
// and returns it: a signed note with origin, tree size and root hash.
func (l *Log) Checkpoint(ctx context.Context, size uint64) ([]byte, error) {
	msg, _, _, err := l.checkpoint(ctx, size)
	return msg, err
}

func (l *Log) checkpoint(ctx context.Context, want uint64) (msg []byte, size uint64, root [32]byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.opts.CheckpointWait)
	defer cancel()
	for {
		msg, err = l.reader.ReadCheckpoint(ctx)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, 0, root, internal(err, "audit checkpoint")
		}
		if err == nil {
			if size, root, err = openCheckpoint(msg, l.key); err != nil {
				return nil, 0, root, damaged(l.dir, "its checkpoint is not one of this domain's key").Because(err)
			}
			if size >= want {
				return msg, size, root, nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, 0, root, internal(ctx.Err(), "no signed checkpoint covers audit entry %d", want)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Proof shows that an entry is in the log that a checkpoint signs. With the
// entry's bytes and the domain's public key it is checked offline.
type Proof struct {
	Index      uint64   `json:"index"`
	Size       uint64   `json:"size"`       // of the tree that the checkpoint signs
	Leaf       string   `json:"leaf"`       // hash of the entry, hex
	Path       []string `json:"path"`       // sibling hashes from the leaf up, hex
	Checkpoint string   `json:"checkpoint"` // signed note
}

// Encode returns the stored form of p, one JSON object.
func (p *Proof) Encode() ([]byte, error) {
	data, err := canonical.Encode(struct {
		V int `json:"v"`
		*Proof
	}{Version, p})
	if err != nil {
		return nil, internal(err, "audit proof")
	}
	return data, nil
}

// Proof waits for a checkpoint that covers the entry and returns the proof of
// it, checked. CodeNotFound if the log has no such entry.
func (l *Log) Proof(ctx context.Context, index uint64) (*Proof, error) {
	entry, err := l.Entry(ctx, index)
	if err != nil {
		return nil, err
	}
	msg, size, root, err := l.checkpoint(ctx, index+1)
	if err != nil {
		return nil, err
	}
	b, err := client.NewProofBuilder(ctx, size, l.reader.ReadTile)
	if err != nil {
		return nil, internal(err, "audit proof")
	}
	path, err := b.InclusionProof(ctx, index)
	if err != nil {
		return nil, internal(err, "audit proof")
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(entry)
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf, path, root[:]); err != nil {
		return nil, damaged(l.dir, "an entry does not belong to its signed tree")
	}
	p := &Proof{Index: index, Size: size, Leaf: hex.EncodeToString(leaf), Path: []string{}, Checkpoint: string(msg)}
	for _, h := range path {
		p.Path = append(p.Path, hex.EncodeToString(h))
	}
	return p, nil
}
