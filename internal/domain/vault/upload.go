package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

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

// MaxUpload bounds one upload, in bytes: whoever opens it has it in memory.
const MaxUpload = 4 << 30

// Uploaded says how many bytes of an upload are there, in one run from its
// beginning. digest is 64 hex digits.
func (v *Vault) Uploaded(digest string) (int64, error) {
	pieces, err := v.pieces(digest)
	if err != nil {
		return 0, err
	}
	return end(pieces), nil
}

// Upload keeps a piece of an upload, which begins where those before it end, for
// whoever hands it in. It fails with CodeConflict for one that begins elsewhere,
// and for more than q allows.
func (v *Vault) Upload(by string, q Quota, digest string, at int64, piece []byte) error {
	pieces, err := v.pieces(digest)
	switch {
	case err != nil:
		return err
	case at != end(pieces):
		return glovebox.Errorf(glovebox.CodeConflict, "the piece does not begin where the upload ends, at byte %d", end(pieces)).WithFix("send the bytes from there on")
	case at+int64(len(piece)) > MaxUpload:
		return glovebox.Errorf(glovebox.CodeInvalid, "a file that is handed in has at most %d GiB", MaxUpload>>30).WithFix("hand a table in compressed (.gz, .zst), or in several files")
	case len(piece) == 0 || len(piece) > MaxPiece || len(pieces) >= maxPieces:
		return glovebox.Errorf(glovebox.CodeInvalid, "a piece of an upload has 1 to %d bytes, and an upload at most %d pieces", MaxPiece, maxPieces).WithFix("send pieces of %d bytes", MaxPiece/2)
	}
	if err := v.within(q, by, digest, int64(len(piece))); err != nil {
		return err
	}
	dir := v.path(uploadsDir, digest)
	for _, d := range []string{v.path(uploadsDir), dir} {
		if err := os.Mkdir(d, 0o700); err != nil && !os.IsExist(err) {
			return internal(err, "an upload cannot be kept")
		}
	}
	if err := os.WriteFile(filepath.Join(dir, mark(by)), nil, 0o600); err != nil {
		return internal(err, "an upload cannot be kept")
	}
	v.turning.RLock()
	defer v.turning.RUnlock()
	sealed, err := encryptSmall(piece, v.recipient())
	if err != nil {
		return internal(err, "an upload cannot be kept")
	}
	return WriteFile(filepath.Join(dir, fmt.Sprintf("%016d-%016d", at, at+int64(len(piece)))), sealed)
}

// OpenUpload returns the bytes of an upload in a sealed memory file, without the
// first skip of them, checked against their digest: no file of the domain holds
// them unencrypted. It fails with CodeNotFound for one that is not complete, and
// forgets what is there of it, so that whoever sent other bytes under that digest
// keeps nobody out.
func (v *Vault) OpenUpload(digest string, skip int64) (_ *os.File, err error) {
	pieces, err := v.pieces(digest)
	if err != nil {
		return nil, err
	}
	f, err := newMemory()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // of what nobody gets
		}
	}()
	sum := sha256.New()
	out := &after{w: f, skip: skip}
	for _, p := range pieces {
		if err := v.openPiece(digest, p, out, sum); err != nil {
			return nil, err
		}
	}
	if hex.EncodeToString(sum.Sum(nil)) != digest {
		wrong := glovebox.Errorf(glovebox.CodeNotFound, "the upload sha256:%s is not complete", digest).WithFix("send its bytes before the act that names it")
		return nil, errors.Join(wrong, v.Forget(digest))
	}
	return f, sealMemory(f)
}

// after is a writer that leaves the first bytes out.
type after struct {
	w    io.Writer
	skip int64
}

func (a *after) Write(p []byte) (int, error) {
	n := min(a.skip, int64(len(p)))
	a.skip -= n
	written, err := a.w.Write(p[n:])
	return int(n) + written, err
}

// Forget removes an upload, if it is there.
func (v *Vault) Forget(digest string) error {
	if !isDigest(digest) {
		return nil
	}
	if err := os.RemoveAll(v.path(uploadsDir, digest)); err != nil {
		return internal(err, "an upload cannot be removed")
	}
	return nil
}

// ForgetUploads removes the uploads to which nothing was added since a moment, but
// for those that keep wants.
func (v *Vault) ForgetUploads(since time.Time, keep func(digest string) bool) error {
	all, err := os.ReadDir(v.path(uploadsDir))
	if err != nil && !os.IsNotExist(err) {
		return internal(err, "an upload cannot be read")
	}
	for _, e := range all {
		st, err := e.Info()
		if err != nil || keep(e.Name()) || st.ModTime().After(since) {
			continue
		}
		if err := v.Forget(e.Name()); err != nil {
			return err
		}
	}
	return nil
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
	plain, err := v.own(sealed)
	if err == nil && int64(len(plain)) != p.to-p.from {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = io.MultiWriter(out, sum).Write(plain)
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
