package verify

import (
	"encoding/base64"
	"encoding/hex"
	"errors"

	"glovebox.example/glovebox"

	"golang.org/x/mod/sumdb/tlog"
)

// MaxConsistency is the most hashes that a consistency proof has.
const MaxConsistency = 63

// Head is a checkpoint whose signature was checked: so many entries, with that
// root.
type Head struct {
	Origin string
	Size   uint64
	Root   string // base64
	Signer string // the key that signed it, name+hash+key
	Note   []byte // the signed note, with all its signatures
	root   tlog.Hash
}

// ReadHead reads a checkpoint that a domain's key signed: vkey is that key, or
// its history. It fails with CodeInvalid.
func ReadHead(msg []byte, vkey string) (*Head, error) {
	k, err := ReadKeys(vkey)
	if err != nil {
		return nil, err
	}
	cp, signer, err := k.open(msg)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: "checkpoint", Msg: "the checkpoint is not one that the domain's key signed"}).
			Because(err).WithFix("compare the key with the one that `glovebox domain key --history` prints there")
	}
	return head(k.origin, cp, signer, msg), nil
}

func head(origin string, cp checkpoint, signer string, msg []byte) *Head {
	return &Head{Origin: origin, Size: cp.size, Root: cp.root.String(), Signer: signer, Note: msg, root: cp.root}
}

// HeadOf reads the checkpoint of the log in dir, as it is now, whose key is the
// trusted one or one that the log's own entries link to it.
func HeadOf(dir, vkey string) (*Head, error) {
	k, err := ReadKeys(vkey)
	if err != nil {
		return nil, err
	}
	f := folder{dir: dir, known: map[string]bool{}}
	defer f.close()
	msg, err := f.read("checkpoint", maxCheckpoint)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: "checkpoint", Msg: "the audit log cannot be read"}).Because(err).WithFix("run `glovebox audit verify`")
	}
	cp, signer, err := openSigned(dir, msg, vkey)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: "checkpoint", Msg: "the checkpoint is not one that the domain's key signed"}).
			Because(err).WithFix("compare the key with the one that `glovebox domain key --history` prints there")
	}
	return head(k.origin, cp, signer, msg), nil
}

// HeadIn reads a checkpoint of the log in dir that was kept elsewhere, whose key
// is the trusted one or one that the log's own entries link to it.
func HeadIn(dir string, msg []byte, vkey string) (*Head, error) {
	k, err := ReadKeys(vkey)
	if err != nil {
		return nil, err
	}
	cp, signer, err := openSigned(dir, msg, vkey)
	if err != nil {
		return nil, unusable(err)
	}
	return head(k.origin, cp, signer, msg), nil
}

// Consistency is the proof, from the tiles of the log in dir, that the first size
// entries of a tree are all that a tree of old entries had: hashes in base64, as
// RFC 6962 (2.1.2) has them; none where there is nothing to prove. The tiles are
// held to the root of h, and nothing else of the log is checked. It fails with
// CodeInvalid for a tree that is smaller, or whose tiles are not those of h.
func Consistency(dir string, h *Head, old uint64) ([]string, error) {
	out := []string{}
	if old > h.Size {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the log has %d entries, fewer than the %d asked for", h.Size, old).
			WithFix("a log never shrinks: keep both checkpoints, and compare them with those of others")
	}
	if old == 0 || old == h.Size {
		return out, nil
	}
	f := &folder{dir: dir, known: map[string]bool{}}
	defer f.close()
	p, err := tlog.ProveTree(int64(h.Size), int64(old), tlog.TileHashReader(tlog.Tree{N: int64(h.Size), Hash: h.root}, &storedTiles{f}))
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: "tile", Msg: "the tiles of the log are not those of its checkpoint"}).WithFix("run `glovebox audit verify`")
	}
	for _, x := range p {
		out = append(out, base64.StdEncoding.EncodeToString(x[:]))
	}
	return out, nil
}

// Inclusion reads one entry of the log in dir, and the proof that it is in the tree
// of h: its leaf's hash and the path, in hex. The tiles are held to the root of h.
// It fails with CodeNotFound beyond the end, and with CodeInvalid for an entry that
// is not its leaf.
func Inclusion(dir string, h *Head, index uint64) (entry []byte, leaf string, path []string, err error) {
	if index >= h.Size {
		return nil, "", nil, glovebox.Errorf(glovebox.CodeNotFound, "the audit log has no entry at index %d", index)
	}
	f := &folder{dir: dir, known: map[string]bool{}}
	defer f.close()
	damaged := (&glovebox.Error{Code: glovebox.CodeInvalid, File: "tile", Msg: "the tiles of the log are not those of its checkpoint"}).WithFix("run `glovebox audit verify`")
	first := index / tileWidth * tileWidth
	n := int(min(tileWidth, h.Size-first))
	_, data, err := f.part(tileFile(-1, index/tileWidth), n, n*(2+1<<16))
	if err != nil {
		return nil, "", nil, damaged
	}
	entries, err := splitBundle(data)
	if err != nil || len(entries) < n {
		return nil, "", nil, damaged
	}
	entry = entries[index-first]
	p, err := tlog.ProveRecord(int64(h.Size), int64(index), tlog.TileHashReader(tlog.Tree{N: int64(h.Size), Hash: h.root}, &storedTiles{f}))
	if err != nil {
		return nil, "", nil, damaged
	}
	hash := tlog.RecordHash(entry)
	if tlog.CheckRecord(p, int64(h.Size), h.root, int64(index), hash) != nil {
		return nil, "", nil, damaged
	}
	path = []string{}
	for _, x := range p {
		path = append(path, hex.EncodeToString(x[:]))
	}
	return entry, hex.EncodeToString(hash[:]), path, nil
}

// storedTiles reads tiles of a log for tlog, which checks them.
type storedTiles struct{ f *folder }

func (storedTiles) Height() int { return 8 }

func (s storedTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		_, data, err := s.f.part(tileFile(t.L, uint64(t.N)), t.W, t.W*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		if len(data) < t.W*tlog.HashSize {
			return nil, errors.New("a tile is too short")
		}
		out[i] = data[:t.W*tlog.HashSize]
	}
	return out, nil
}

func (storedTiles) SaveTiles([]tlog.Tile, [][]byte) {}

// Reasons why one checkpoint does not follow another.
var (
	// ErrRolledBack: the later one has fewer entries.
	ErrRolledBack = errors.New("rolled back")
	// ErrForked: it has other entries where the earlier one has its own.
	ErrForked = errors.New("forked")
)

// Follows says whether the tree of h begins with the one of old, by a proof as
// Consistency makes it. It fails with ErrRolledBack, or with ErrForked, which is
// also what a proof of another form is.
func (h *Head) Follows(old *Head, proof []string) error {
	switch {
	case h.Origin != old.Origin:
		return ErrForked
	case h.Size < old.Size:
		return ErrRolledBack
	case h.Size == old.Size || old.Size == 0:
		if len(proof) > 0 || h.Size == old.Size && h.root != old.root || old.Size == 0 && old.root != emptyRoot() {
			return ErrForked
		}
		return nil
	case len(proof) > MaxConsistency:
		return ErrForked
	}
	p := make(tlog.TreeProof, len(proof))
	for i, s := range proof {
		b, err := plain64(s)
		if err != nil || len(b) != tlog.HashSize {
			return ErrForked
		}
		p[i] = tlog.Hash(b)
	}
	if tlog.CheckTree(p, int64(h.Size), h.root, int64(old.Size), old.root) != nil {
		return ErrForked
	}
	return nil
}
