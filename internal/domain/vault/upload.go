package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// uploadsDir holds what people hand in before an act names it: a folder for each
// digest, in it a file for each piece, named by the offset of its first byte,
// encrypted to the domain like all that lies here.
const uploadsDir = "uploads"

// MaxPiece bounds one piece of an upload, in bytes.
const MaxPiece = 16 << 20

// maxPieces bounds the pieces of one upload.
const maxPieces = 1 << 13

// Uploaded says how many bytes of an upload are there, in one run from its
// beginning. digest is 64 hex digits.
func (v *Vault) Uploaded(digest string) (int64, error) {
	pieces, err := v.pieces(digest)
	if err != nil {
		return 0, err
	}
	return end(pieces), nil
}

// Upload keeps a piece of an upload, which begins where those before it end. It
// fails with CodeConflict for one that begins elsewhere.
func (v *Vault) Upload(digest string, at int64, piece []byte) error {
	pieces, err := v.pieces(digest)
	switch {
	case err != nil:
		return err
	case at != end(pieces):
		return glovebox.Errorf(glovebox.CodeConflict, "the piece does not begin where the upload ends, at byte %d", end(pieces)).WithFix("send the bytes from there on")
	case len(piece) == 0 || len(piece) > MaxPiece || len(pieces) >= maxPieces:
		return glovebox.Errorf(glovebox.CodeInvalid, "a piece of an upload has 1 to %d bytes, and an upload at most %d pieces", MaxPiece, maxPieces).WithFix("send pieces of %d bytes", MaxPiece/2)
	}
	dir := v.path(uploadsDir, digest)
	for _, d := range []string{v.path(uploadsDir), dir} {
		if err := os.Mkdir(d, 0o700); err != nil && !os.IsExist(err) {
			return internal(err, "an upload cannot be kept")
		}
	}
	sealed, err := encryptSmall(piece, v.identity.Recipient())
	if err != nil {
		return internal(err, "an upload cannot be kept")
	}
	return WriteFile(filepath.Join(dir, fmt.Sprintf("%016d-%016d", at, at+int64(len(piece)))), sealed)
}

// OpenUpload returns the bytes of an upload in a file that no path leads to,
// checked against their digest. It fails with CodeNotFound for one that is not
// complete, and forgets one that turned out to be of another digest.
func (v *Vault) OpenUpload(digest string) (_ *os.File, err error) {
	pieces, err := v.pieces(digest)
	if err != nil {
		return nil, err
	}
	if len(pieces) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "no upload sha256:%s", digest).WithFix("send its bytes before the act that names it")
	}
	f, err := os.CreateTemp(v.path(uploadsDir), "open-*")
	if err != nil {
		return nil, internal(err, "an upload cannot be read")
	}
	defer func() {
		if err != nil {
			_ = f.Close() // it has no name any more
		}
	}()
	if err := os.Remove(f.Name()); err != nil {
		return nil, internal(err, "an upload cannot be read")
	}
	sum := sha256.New()
	for _, p := range pieces {
		if err := v.openPiece(digest, p, f, sum); err != nil {
			return nil, err
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the upload sha256:%s is not complete", digest).WithFix("send the rest of its bytes, or all of them again")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, internal(err, "an upload cannot be read")
	}
	return f, nil
}

// Forget removes an upload.
func (v *Vault) Forget(digest string) error {
	if _, err := v.pieces(digest); err != nil {
		return err
	}
	return os.RemoveAll(v.path(uploadsDir, digest))
}

// Uploads lists the digests of all uploads.
func (v *Vault) Uploads() ([]string, error) {
	all, err := os.ReadDir(v.path(uploadsDir))
	if os.IsNotExist(err) {
		return nil, nil
	}
	var out []string
	for _, e := range all {
		if e.IsDir() && isDigest(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out, err
}

// piece is the range of bytes of one file of an upload.
type piece struct{ from, to int64 }

func (v *Vault) pieces(digest string) ([]piece, error) {
	if !isDigest(digest) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "an upload is named by 64 hex digits").WithFix("name it by the SHA-256 of its bytes")
	}
	all, err := os.ReadDir(v.path(uploadsDir, digest))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, internal(err, "an upload cannot be read")
	}
	var out []piece
	for _, e := range all {
		a, b, ok := strings.Cut(e.Name(), "-")
		from, err1 := strconv.ParseInt(a, 10, 64)
		to, err2 := strconv.ParseInt(b, 10, 64)
		if ok && err1 == nil && err2 == nil && len(e.Name()) == 33 {
			out = append(out, piece{from, to})
		}
	}
	slices.SortFunc(out, func(a, b piece) int { return int(a.from - b.from) })
	for i := range out { // one that a killed writer left alone
		if i > 0 && out[i].from != out[i-1].to || i == 0 && out[i].from != 0 {
			return out[:i], nil
		}
	}
	return out, nil
}

func end(pieces []piece) int64 {
	if len(pieces) == 0 {
		return 0
	}
	return pieces[len(pieces)-1].to
}

func (v *Vault) openPiece(digest string, p piece, out io.Writer, sum hash.Hash) error {
	sealed, err := os.ReadFile(v.path(uploadsDir, digest, fmt.Sprintf("%016d-%016d", p.from, p.to)))
	if err != nil {
		return internal(err, "an upload cannot be read")
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), v.identity)
	if err == nil {
		_, err = io.CopyN(io.MultiWriter(out, sum), r, p.to-p.from)
	}
	if err != nil {
		return internal(err, "an upload cannot be read")
	}
	return nil
}

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size && strings.ToLower(s) == s
}
