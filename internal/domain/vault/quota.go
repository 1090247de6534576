package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"os"

	"glovebox.example/glovebox"
)

// Quota bounds what one person has handed in that no act has taken yet. Pieces
// that come at once may each find room for themselves alone.
type Quota struct {
	Files int
	Bytes int64
}

// DefaultQuota has room for the largest upload four times, and for the files of the
// largest act.
var DefaultQuota = Quota{Files: 256, Bytes: 4 * MaxUpload}

// mark is the name of the empty file that says of an upload who sends it. A whole
// upload of two people counts for both.
func mark(by string) string {
	sum := sha256.Sum256([]byte(by))
	return "by-" + hex.EncodeToString(sum[:16])
}

// within fails with CodeConflict unless whoever sends has room for so many bytes
// more of an upload.
func (v *Vault) within(q Quota, by, digest string, more int64) error {
	all, err := os.ReadDir(v.path(uploadsDir))
	if err != nil && !os.IsNotExist(err) {
		return internal(err, "an upload cannot be read")
	}
	mine := mark(by)
	files, bytes := 1, more
	for _, e := range all {
		if _, err := os.Stat(v.path(uploadsDir, e.Name(), mine)); err != nil {
			continue // of somebody else, or forgotten just now
		}
		pieces, err := v.pieces(e.Name())
		if err != nil {
			return err
		}
		bytes += end(pieces)
		if e.Name() != digest {
			files++
		}
	}
	if files <= q.Files && bytes <= q.Bytes {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeConflict, "what you handed in and no act has taken is at most %d files and %d MiB", q.Files, q.Bytes>>20).
		WithFix("use it in an act, or wait: it is removed a day after its last piece")
}
