package verify

import (
	"encoding/hex"

	"glovebox.example/glovebox"

	"golang.org/x/mod/sumdb/tlog"
)

// maxProof is the longest stored proof in bytes, maxPath the longest path.
const (
	maxProof = 64 << 10
	maxPath  = 40
)

// storedProof is the form of docs/formats/audit-log.md.
type storedProof struct {
	V          int      `json:"v"`
	Index      uint64   `json:"index"`
	Size       uint64   `json:"size"`
	Leaf       string   `json:"leaf"`
	Path       []string `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

// Proof checks, with nothing but its arguments, that entry is in the log whose
// checkpoint the proof carries, and returns the entry's index. The checkpoint
// must be signed by vkey. It fails with CodeInvalid.
//
// That the log still holds the entry, or shows the same one to others, a
// single proof cannot say.
func Proof(proof, entry []byte, vkey string) (uint64, error) {
	v, err := verifier(vkey)
	if err != nil {
		return 0, err
	}
	p, path, err := parseProof(proof)
	if err != nil {
		return 0, err
	}
	cp, err := openCheckpoint([]byte(p.Checkpoint), v)
	if err != nil {
		return 0, badProof("checkpoint: %v", err)
	}
	if cp.size != p.Size {
		return 0, badProof("its tree has %d entries, its checkpoint %d", p.Size, cp.size)
	}
	e, err := decodeEntry(entry)
	if err != nil {
		return 0, badProof("the entry cannot be decoded: %v", err)
	}
	if e.Seq != p.Index+1 {
		return 0, badProof("the entry is numbered %d, its place is %d", e.Seq, p.Index+1)
	}
	leaf := tlog.RecordHash(entry)
	if p.Leaf != hex.EncodeToString(leaf[:]) {
		return 0, badProof("it is for another entry")
	}
	if err := tlog.CheckRecord(path, int64(p.Size), cp.root, int64(p.Index), leaf); err != nil {
		return 0, badProof("its path does not lead to the signed root")
	}
	return p.Index, nil
}

// parseProof reads a stored proof and bounds all of it.
func parseProof(data []byte) (*storedProof, tlog.RecordProof, error) {
	if len(data) > maxProof {
		return nil, nil, badProof("%d bytes, more than %d", len(data), maxProof)
	}
	p := &storedProof{}
	if err := strict(data, p); err != nil {
		return nil, nil, badProof("not a proof in its stored form")
	}
	switch {
	case p.V != 1:
		return nil, nil, badProof("version %d is not known", p.V)
	case p.Size > maxSize || p.Index >= p.Size:
		return nil, nil, badProof("its index is not in its tree")
	case len(p.Path) > maxPath:
		return nil, nil, badProof("its path is longer than any tree is deep")
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, s := range p.Path {
		h, err := hex.DecodeString(s)
		if err != nil || len(h) != tlog.HashSize {
			return nil, nil, badProof("hash %d of its path is malformed", i)
		}
		path[i] = tlog.Hash(h)
	}
	return p, path, nil
}

func badProof(format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.File = "audit proof"
	return e
}
