package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Name is the public name of the snapshot whose manifest this is: "sha256:" and
// 64 hex digits, a keyed hash under a key that is made of the snapshot's own and
// of nothing else. Every snapshot has another key, so that names of equal
// manifests have nothing in common, and no name tells whether a guessed manifest
// is that of the snapshot. Without the snapshot's key nobody can make it again.
func (w *SnapshotWriter) Name(manifest []byte) (string, error) {
	key, err := hkdf.Key(sha256.New, []byte(w.key.String()+"\n"), nil, fmt.Sprintf("glovebox/v1/name\x00%s@%d", w.id.code, w.id.version), KeySize)
	if err != nil {
		return "", internal(err, "a key cannot be derived")
	}
	h := hmac.New(sha256.New, key)
	h.Write(manifest)
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
