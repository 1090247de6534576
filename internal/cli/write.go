package cli

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
)

// writeTo writes a new file, or one in the place of an old one: all of it or
// nothing.
func writeTo(path string, write func(w io.Writer) error) error {
	if err := files.Replace(path, 0o644, write); err != nil {
		return (&glovebox.Error{Code: whyUnwritten(err), File: path, Msg: "the file cannot be written"}).Because(bare(err)).
			WithFix("name a place with room that you may write to, with -o")
	}
	return nil
}

// whyUnwritten is the code of an error of a file that a command was to write:
// bad use where it is no place for a file, a failure where the place did not take
// all of it.
func whyUnwritten(err error) glovebox.Code {
	for _, bad := range []error{fs.ErrNotExist, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR, syscall.EROFS} {
		if errors.Is(err, bad) {
			return glovebox.CodeInvalid
		}
	}
	return glovebox.CodeInternal
}

// bare is an error without the path, which is said once.
func bare(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

// bytesOf writes bytes that are there already.
func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}
