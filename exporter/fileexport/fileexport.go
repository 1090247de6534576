// Package fileexport writes exports into a directory of the local machine.
//
// A file is written beside its place, synced, and given its name by a hard link,
// or by a renaming that replaces nothing where the file system has no links (a
// stick with FAT or exFAT). So it is there in full or not at all and replaces
// nothing, whatever else writes at the same time and whenever the process is
// killed. Where a file system has neither, the file is created for this writer
// alone and then filled: it still replaces nothing, but a process that is killed
// leaves a part, which the same export completes. Folders are made with mode 0700
// and files with 0600. Links within the directory are not followed out of it.
//
// It does not protect what it wrote from the owner of the directory.
package fileexport

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
)

// incoming holds files that are being written. What a killed process leaves
// there is of no use and may be removed.
const incoming = ".incoming"

// Directory is a driver.Destination.
type Directory struct {
	root *os.Root
	// How a file that is written gets its name. Tests put a file system in their
	// place that can do less.
	link, rename func(temp, name string) error
}

var _ driver.Destination = (*Directory)(nil)

// Open makes dir where it is missing and opens it. It fails with CodeInvalid
// if dir cannot be a folder to write into.
func Open(dir string) (*Directory, error) {
	bad := func() error {
		e := glovebox.Errorf(glovebox.CodeInvalid, "exports cannot be written here").WithFix("name a folder that you may write to")
		e.File = dir
		return e
	}
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return nil, bad()
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, bad()
	}
	d := &Directory{root: root, link: root.Link}
	d.rename = d.renameNew
	return d, nil
}

// Close lets go of the directory and removes the folder of files that are
// being written, if nobody else uses it.
func (d *Directory) Close() error {
	_ = d.root.Remove(incoming) // fails while it holds something
	return d.root.Close()
}

// Put implements driver.Destination.
func (d *Directory) Put(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) (err error) {
	if err := driver.CheckPut(ctx, name, body, sum); err != nil {
		return err
	}
	if err := d.folders(path.Dir(name)); err != nil {
		return err
	}
	if err := d.root.Mkdir(incoming, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return plain("create", name, err)
	}
	temp := incoming + "/" + rand.Text()
	f, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrNotExist) { // another export just closed the directory
		return driver.Transient(plain("create", name, err))
	}
	if err != nil {
		return plain("create", name, err)
	}
	defer func() {
		if e := d.root.Remove(temp); err == nil && e != nil && !errors.Is(e, fs.ErrNotExist) { // it may have become the file
			err = plain("clean up after", name, e)
		}
	}()
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return plain("write", name, err)
	}
	switch err := d.name(temp, name, body, sum); {
	case errors.Is(err, fs.ErrExist):
		return driver.ErrExist
	case err != nil:
		return err
	}
	return d.sync(path.Dir(name))
}

// folders makes the folders of a path and syncs the one above each.
func (d *Directory) folders(dir string) error {
	if dir == "." {
		return nil
	}
	if err := d.folders(path.Dir(dir)); err != nil {
		return err
	}
	switch err := d.root.Mkdir(dir, 0o700); {
	case errors.Is(err, fs.ErrExist):
		if st, err := d.root.Stat(dir); err != nil || !st.IsDir() {
			return driver.ErrExist
		}
		return nil
	case err != nil:
		return plain("make folder", dir, err)
	}
	return d.sync(path.Dir(dir))
}

func (d *Directory) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return plain("sync", dir, err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !cannot(err) { // not every file system can
		return plain("sync", dir, err)
	}
	return nil
}

// Stat implements driver.Destination: it reads the file.
func (d *Directory) Stat(ctx context.Context, name string) (driver.Info, error) {
	if err := driver.CheckName(name); err != nil {
		return driver.Info{}, err
	}
	st, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && st.IsDir() {
		return driver.Info{}, driver.ErrNotExist
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return driver.Info{}, driver.ErrExist // a file is in the place of its folder
	}
	if err != nil {
		return driver.Info{}, plain("look at", name, err)
	}
	if !st.Mode().IsRegular() {
		return driver.Info{}, driver.ErrExist // something is there, and it is no export
	}
	f, err := d.root.Open(name)
	if err != nil {
		return driver.Info{}, plain("open", name, err)
	}
	defer f.Close()
	h, info := sha256.New(), driver.Info{}
	if info.Size, err = io.Copy(h, f); err != nil {
		return driver.Info{}, plain("read", name, err)
	}
	h.Sum(info.SHA256[:0])
	return info, ctx.Err()
}

// plain names the step and the file once, not the temporary one.
func plain(step, name string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok {
		err = le.Err
	}
	e := glovebox.Errorf(glovebox.CodeInternal, "cannot %s an export", step).Because(err)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Fix = "make room there, then run the same export again: it goes on where this one stopped"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Fix = "name a folder that you may write to"
	}
	e.File = name
	return e
}
