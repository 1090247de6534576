package witness

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"glovebox.example/glovebox"
)

// get reads a regular file of at most so many bytes.
func get(path string, most int64) ([]byte, error) {
	st, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > most {
		return nil, errors.New("not a regular file, or too long")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// put writes a file whole or not at all, and for good: the file and its folder
// are on disk when it returns.
func put(path string, data []byte, mode os.FileMode) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // nothing refers to it
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func unwritten(path string, err error) error {
	return (&glovebox.Error{Code: glovebox.CodeInternal, File: path, Msg: "the witness's folder cannot be read or written"}).Because(err).WithFix("check its owner and free disk space")
}
