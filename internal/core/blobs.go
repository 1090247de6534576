package core

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/request"
)

// maxFiles bounds the files of one act.
const maxFiles = 256

// blobSize says how much of a blob is there: a client goes on from there.
func (s *Server) blobSize(w http.ResponseWriter, r *http.Request) {
	if u, x := s.person(r.Context(), r); u == nil || !x.Scope.hands() {
		unknown(w)
		return
	}
	n, err := s.d.Vault.Uploaded(r.PathValue("digest"))
	if err != nil {
		problem(w, err)
		return
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(n, 10))
	reply(w, http.StatusOK, api.Blob{Offset: n})
}

// blobPut keeps a piece of a blob, at the offset of its header Upload-Offset.
func (s *Server) blobPut(w http.ResponseWriter, r *http.Request) {
	u, x := s.person(r.Context(), r)
	if u == nil || !x.Scope.hands() {
		unknown(w)
		return
	}
	at, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || at < 0 {
		problem(w, glovebox.Invalid("Upload-Offset", "is not the offset of the piece").WithFix("name the offset of its first byte"))
		return
	}
	piece, err := io.ReadAll(http.MaxBytesReader(w, r.Body, vault.MaxPiece))
	if err != nil {
		problem(w, glovebox.Errorf(glovebox.CodeInvalid, "the piece is cut off, or longer than %d bytes", vault.MaxPiece).WithFix("send it again, in smaller pieces"))
		return
	}
	if err := s.d.Vault.Upload(u.Name, vault.DefaultQuota, r.PathValue("digest"), at, piece); err != nil {
		problem(w, err)
		return
	}
	w.Header().Set("Upload-Offset", strconv.FormatInt(at+int64(len(piece)), 10))
	w.WriteHeader(http.StatusNoContent)
}

// blobs are the files of an act, by the names that it gives to digests.
type blobs struct {
	v     *vault.Vault
	names map[string]string // name: 64 hex digits
	skip  int64             // bytes before each file that are no part of it
	open  []*os.File
}

func (s *Server) blobs(names map[string]string) (*blobs, error) {
	b := &blobs{v: s.d.Vault, names: map[string]string{}}
	if len(names) > maxFiles {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "an act has at most %d files", maxFiles)
	}
	for name, digest := range names {
		hex, ok := strings.CutPrefix(digest, "sha256:")
		if !ok {
			return nil, glovebox.Invalid("files", "a file is not named by the digest of its bytes").WithFix(`write "NAME": "sha256:DIGEST"`)
		}
		b.names[path.Clean(name)] = hex
	}
	return b, nil
}

// close closes all that was opened.
func (b *blobs) close() {
	for _, f := range b.open {
		_ = f.Close() // of files that were read
	}
}

// forget removes the files from where they were handed in.
func (b *blobs) forget() error {
	for _, digest := range b.names {
		if err := b.v.Forget(digest); err != nil {
			return err
		}
	}
	return nil
}

// digest is that of a file of the act.
func (b *blobs) digest(name string) (string, error) {
	digest, ok := b.names[path.Clean(name)]
	if !ok {
		return "", (&glovebox.Error{Code: glovebox.CodeInvalid, File: name, Msg: "the act came without this file"}).WithFix("hand it in with the act")
	}
	return digest, nil
}

// size is how long a file of the act is, without opening it: whoever opens one has
// all of it in memory, so that what is too long is refused before.
func (b *blobs) size(name string) (int64, error) {
	digest, err := b.digest(name)
	if err != nil {
		return 0, err
	}
	n, err := b.v.Uploaded(digest)
	return max(0, n-b.skip), err
}

// Open implements desk.Files.
func (b *blobs) Open(name string) (*os.File, error) {
	digest, err := b.digest(name)
	if err != nil {
		return nil, err
	}
	f, err := b.v.OpenUpload(digest, b.skip)
	if err != nil {
		return nil, glovebox.InFile(err, name)
	}
	b.open = append(b.open, f)
	return f, nil
}

// Read implements desk.Files.
func (b *blobs) Read(name string, limit int64, fix string) ([]byte, error) {
	n, err := b.size(name)
	if err == nil {
		err = files.Size(n, name, limit, fix)
	}
	if err != nil {
		return nil, err
	}
	f, err := b.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "an upload cannot be read").Because(err)
	}
	return data, files.Fits(data, name, limit, fix)
}

// Job implements desk.Files.
func (b *blobs) Job(name string) (request.Submission, error) {
	data, err := b.Read(name, request.MaxJob, "a job is a small YAML file")
	return request.Submission{Name: name, Job: data, Files: beside{b, path.Dir(name)}}, err
}

// beside is the folder of a job among the files of its act.
type beside struct {
	b   *blobs
	dir string
}

// maxBeside bounds what a job names: its module is the longest.
const maxBeside = request.MaxModule

// Open implements fs.FS.
func (f beside) Open(name string) (fs.File, error) {
	if n, err := f.b.size(path.Join(f.dir, name)); err == nil && n > maxBeside {
		return nil, &fs.PathError{Op: "open", Path: name, Err: files.ErrTooLarge}
	}
	file, err := f.b.Open(path.Join(f.dir, name))
	if glovebox.CodeOf(err) == glovebox.CodeInvalid || glovebox.CodeOf(err) == glovebox.CodeNotFound {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.Join(fs.ErrNotExist, err)}
	}
	return file, err
}
