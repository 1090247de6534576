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
		return unwritten(path, err).WithFix("name a place with room that you may write to, with -o")
	}
	return nil
}

// unwritten is the error of a file that a command was to write. It ends with
// status 1 where the place took some of it, 2 where it is no place for a file.
func unwritten(path string, err error) *glovebox.Error {
	code := glovebox.CodeInternal
	for _, bad := range []error{fs.ErrNotExist, fs.ErrPermission, syscall.ENOTDIR, syscall.EISDIR, syscall.EROFS} {
		if errors.Is(err, bad) {
			code = glovebox.CodeInvalid
		}
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err // the path is said once
	}
	return (&glovebox.Error{Code: code, File: path, Msg: "the file cannot be written"}).Because(err)
}

// bytesOf writes bytes that are there already.
func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}
