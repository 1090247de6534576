package evidence

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Folders of a copy of a log with its kept documents.
const (
	LogFolder  = "log"
	KeptFolder = "kept"
)

// maxKept bounds one kept document.
const maxKept = 64 << 20

// Folder is a copy of a log with its kept documents: DIR/log as a domain has it,
// and DIR/kept with a file for each document, named by its SHA-256 in hex.
type Folder struct {
	Dir string
	Key string // of the domain: name+hash+key
}

// Entries implements Source.
func (f Folder) Entries(ctx context.Context, fn func(*verify.Entry) error) error {
	return verify.Read(ctx, filepath.Join(f.Dir, LogFolder), f.Key, 0, fn)
}

// Kept implements Source.
func (f Folder) Kept(_ context.Context, digest string) ([]byte, error) {
	name, ok := strings.CutPrefix(digest, "sha256:")
	if raw, err := hex.DecodeString(name); !ok || err != nil || len(raw) != 32 || strings.ToLower(name) != name {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "%q is not a digest", digest)
	}
	root, err := os.OpenRoot(filepath.Join(f.Dir, KeptFolder))
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: f.Dir, Msg: "no copy of a log with its kept documents"}).WithFix("`glovebox audit copy DIR` makes one")
	}
	defer root.Close()
	st, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the copy lacks the document %s", digest).WithFix("`glovebox audit copy DIR` makes a whole one")
	}
	if err != nil || !st.Mode().IsRegular() || st.Size() > maxKept {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the copy of document %s cannot be read", digest)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the copy of document %s cannot be read", digest)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxKept))
	if err != nil || glovebox.Digest(data) != digest {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the copy of document %s is not that document", digest)
	}
	return data, nil
}
