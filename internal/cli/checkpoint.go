package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain"
)

// maxKept is how long a kept checkpoint may be, in bytes.
const maxKept = 16 << 10

// still opens the domain for reading while nobody writes to it.
func (a *app) still(ctx context.Context, fn func(*domain.Domain) error) error {
	return a.opened(ctx, &domain.Options{ReadOnly: true, Still: true}, fn)
}

// kept reads the checkpoints that the log has to extend: the one of
// --remembered, and the one that --save would replace. Empty names are none.
func kept(d *domain.Domain, save, remembered string) (all [][]byte, err error) {
	if remembered != "" {
		b, err := files.Read(remembered, maxKept, "give the file that `glovebox audit verify --save` wrote")
		if err == nil {
			err = d.IsCheckpoint(b)
		}
		if err != nil {
			return nil, glovebox.InFile(err, remembered)
		}
		all = append(all, b)
	}
	if save == "" {
		return all, nil
	}
	if err := outside(save); err != nil {
		return nil, err
	}
	st, err := os.Lstat(save)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	other := (&glovebox.Error{Code: glovebox.CodeInvalid, File: save, Msg: "something else than a checkpoint of this domain is there; it is left as it is"}).
		WithFix("name a file that does not exist")
	if err != nil || !st.Mode().IsRegular() {
		return nil, other
	}
	b, err := files.Read(save, maxKept, "name a file that does not exist")
	if err != nil || d.IsCheckpoint(b) != nil {
		return nil, other
	}
	return append(all, b), nil
}

// outside refuses a path in the directory of a domain, this one or any other:
// a checkpoint helps only where it is not put back together with its log.
func outside(path string) error {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return unsaved(path)
	}
	for {
		if domain.Is(dir) {
			return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "this lies inside a domain, where a checkpoint would be put back together with the log"}).
				WithFix("name a file elsewhere, best on another machine")
		}
		up := filepath.Dir(dir)
		if up == dir {
			return nil
		}
		dir = up
	}
}

// saveCheckpoint puts a checkpoint into a file, whole or not at all. "": no file.
func saveCheckpoint(path string, checkpoint []byte) error {
	if path == "" {
		return nil
	}
	if err := files.Replace(path, 0o644, bytesOf(checkpoint)); err != nil {
		return (&glovebox.Error{Code: whyUnwritten(err), File: path, Msg: "the checkpoint cannot be written"}).Because(bare(err)).WithFix("name another file")
	}
	return nil
}

func unsaved(path string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the checkpoint cannot be written"}).WithFix("name another file")
}

// cosignedNote reads a checkpoint that a witness signed. "": none is given.
func cosignedNote(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := files.Read(path, maxKept, "give the file that `glovebox witness ask --save` wrote")
	if err == nil && len(b) == 0 {
		err = (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the file is empty"}).WithFix("give the file that `glovebox witness ask --save` wrote")
	}
	return string(b), err
}
