package verify

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxCheckpoint is the longest signed checkpoint in bytes.
const maxCheckpoint = 16 << 10

// maxSize is the largest tree that is looked at.
const maxSize = 1 << 40

// checkpoint is what a signed note says of a tree.
type checkpoint struct {
	size uint64
	root tlog.Hash
}

// verifier parses a "name+hash+key" text.
func verifier(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil || text.Name(v.Name()) != "" { // messages hold the name
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "not a verifier key").
			WithFix("give the domain's public key as name+hash+key, one line")
	}
	return v, nil
}

// openCheckpoint checks the signature and reads the three lines of the text:
// origin, tree size, root hash. Signatures of other keys (witnesses) may stand
// beside the log's own.
func openCheckpoint(msg []byte, v note.Verifier) (checkpoint, error) {
	if len(msg) > maxCheckpoint {
		return checkpoint{}, errors.New("too long")
	}
	n, err := note.Open(msg, note.VerifierList(v))
	if err != nil {
		// The library's texts name the key, never the note.
		return checkpoint{}, errors.New("not signed by " + v.Name() + "'s key")
	}
	for _, s := range n.Sigs {
		// The library's base64 reader overlooks the unused bits at the end.
		if raw, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil || len(raw) == 0 {
			return checkpoint{}, errors.New("malformed signature")
		}
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != v.Name() {
		return checkpoint{}, errors.New("not a checkpoint of " + v.Name())
	}
	size, err := strconv.ParseUint(lines[1], 10, 64)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] || size > maxSize {
		return checkpoint{}, errors.New("malformed tree size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return checkpoint{}, errors.New("malformed root hash")
	}
	return checkpoint{size, root}, nil
}
