package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
)

// Dir is shared storage in a folder that all machines mount, as NFS or Ceph give
// it. Files and folders take the group of the folder and can be read and written
// by it: the accounts of core and nodes belong to that group.
type Dir struct{ root *os.Root }

// Modes of what Dir makes.
const (
	dirMode  = 0o770
	fileMode = 0o660
)

// OpenDir opens a folder, which has to be there.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the shared storage cannot be opened"}).Because(err).
			WithFix("make the folder, mount it on every machine, and give its group to the accounts of core and nodes (docs/cluster.md)")
	}
	return &Dir{root}, nil
}

// Put implements Storage.
func (d *Dir) Put(_ context.Context, name string, r io.Reader, size int64) (err error) {
	if err := checkName(name); err != nil {
		return err
	}
	dir := filepath.Dir(name)
	if err := d.root.MkdirAll(dir, dirMode); err != nil {
		return away(err)
	}
	tmp := filepath.Join(dir, ".tmp-"+strings.ToLower(rand.Text()))
	f, err := d.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return away(err)
	}
	n, err := io.Copy(f, io.LimitReader(r, size+1))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = d.root.Rename(tmp, name)
	}
	if err != nil {
		_ = d.root.Remove(tmp)
		return away(err)
	}
	return nil
}

// Get implements Storage.
func (d *Dir) Get(_ context.Context, name string) (io.ReadCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	// What lies there is foreign: a pipe would wait for ever.
	st, err := d.root.Lstat(name)
	if err != nil {
		return nil, away(err)
	}
	if !st.Mode().IsRegular() {
		return nil, away(fs.ErrInvalid)
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, away(err)
	}
	return f, nil
}

// Size implements Storage.
func (d *Dir) Size(_ context.Context, name string) (int64, error) {
	if err := checkName(name); err != nil {
		return 0, err
	}
	st, err := d.root.Lstat(name)
	if err != nil {
		return 0, away(err)
	}
	return st.Size(), nil
}

// List implements Storage.
func (d *Dir) List(_ context.Context, folder string) ([]string, error) {
	f, err := d.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, away(err)
	}
	defer f.Close()
	entries, err := f.ReadDir(MaxList)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, away(err)
	}
	var out []string
	for _, e := range entries {
		if name := folder + "/" + e.Name(); Name(name) {
			out = append(out, name)
		}
	}
	return out, nil
}

// Remove implements Storage.
func (d *Dir) Remove(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return away(err)
	}
	// The last file of a run takes its folder along.
	if dir := filepath.Dir(name); strings.Contains(dir, "/") {
		_ = d.root.Remove(dir) // fails unless it is empty
	}
	return nil
}

// Close lets go of the folder.
func (d *Dir) Close() error { return d.root.Close() }

// away is an error of the storage; fs.ErrNotExist stays one.
func away(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fs.ErrNotExist
	}
	return glovebox.Errorf(glovebox.CodeInternal, "the shared storage does not do what it is asked to").Because(err)
}
