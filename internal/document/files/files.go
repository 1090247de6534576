// Package files opens what people name: regular files, bounded, and without
// waiting. A FIFO, a device or a socket in the place of a file is refused and
// never blocks; a file that a job names is found beside the job and nowhere
// else, whatever links say.
//
// It does not promise that a file stays what it was: who needs the bytes twice
// keeps them.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// Open opens a regular file for reading. It fails with CodeInvalid.
func Open(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	return regular(f, err, path)
}

// Read returns the bytes of a regular file of at most limit bytes; fix says
// what to do about a larger one.
func Read(path string, limit int64, fix string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, path, limit, fix)
}

// Folder is what lies in a folder, for ReadIn. Open never waits, and follows no
// link out of the folder; what is no regular file is for the reader to refuse.
func Folder(dir string) fs.FS { return folder(dir) }

type folder string

func (d folder) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// ErrTooLarge is what Open of a file system may fail with for a file that it would
// have to take into memory and that is longer than any that a document names.
var ErrTooLarge = errors.New("the file is too large")

// ReadIn returns the bytes of a file of fsys that a document called base names:
// by a path relative to the document's folder that does not leave it. It is a
// regular file of at most limit bytes. A nil fsys has none.
func ReadIn(fsys fs.FS, base, path string, limit int64, fix string) ([]byte, error) {
	shown := filepath.Join(filepath.Dir(base), path)
	if !filepath.IsLocal(path) {
		return nil, invalid(path, "the path leaves the folder of "+filepath.Base(base)).WithFix("put the file beside it and name it by a relative path")
	}
	if fsys == nil {
		return nil, unreadable(shown)
	}
	f, err := fsys.Open(filepath.ToSlash(filepath.Clean(path)))
	if errors.Is(err, ErrTooLarge) {
		return nil, Size(limit+1, shown, limit, fix)
	}
	if err != nil {
		return nil, unreadable(shown)
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, irregular(shown)
	}
	return readAll(f, shown, limit, fix)
}

// Fits says whether bytes are within a limit, in the words of Read.
func Fits(data []byte, path string, limit int64, fix string) error {
	return Size(int64(len(data)), path, limit, fix)
}

// Size says whether n bytes are within a limit, in the words of Read.
func Size(n int64, path string, limit int64, fix string) error {
	if n > limit {
		return invalid(path, "the file is too large").WithFix("%s", fix)
	}
	return nil
}

// Memory puts bytes into a memory file that no path leads to.
func Memory(name string, data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no memory file").Because(err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(data); err != nil {
		_ = f.Close() // the write's error is the one to report
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no memory file").Because(err)
	}
	return f, nil
}

func regular(f *os.File, err error, path string) (*os.File, error) {
	if err != nil {
		return nil, unreadable(path)
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		_ = f.Close() // it was only looked at
		return nil, irregular(path)
	}
	return f, nil
}

func readAll(f io.Reader, path string, limit int64, fix string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, unreadable(path)
	}
	if err := Fits(b, path, limit, fix); err != nil {
		return nil, err
	}
	return b, nil
}

func invalid(path, msg string) *glovebox.Error {
	return &glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: msg}
}

func irregular(path string) error {
	return invalid(path, "this is not a regular file").WithFix("name a file")
}

func unreadable(path string) error {
	return invalid(path, "the file cannot be read").WithFix("check the path and its owner")
}
