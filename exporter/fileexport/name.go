package fileexport

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/exporter/driver"
)

// cannot says whether a file system has no such operation.
func cannot(err error) bool {
	for _, e := range []error{syscall.EPERM, syscall.ENOTSUP, syscall.ENOSYS, syscall.EINVAL, syscall.EMLINK, syscall.EXDEV} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// name gives a file that is written its name, in the best way that the file
// system has. It fails with fs.ErrExist if something has the name.
func (d *Directory) name(temp, name string, body []byte, sum [sha256.Size]byte) error {
	err := d.link(temp, name)
	if err == nil || !cannot(err) {
		return named(name, err)
	}
	if err = d.rename(temp, name); err == nil || !cannot(err) {
		return named(name, err)
	}
	return d.fill(name, body, sum)
}

func named(name string, err error) error {
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return plain("name", name, err)
}

// renameNew renames and replaces nothing: the kernel sees to that under its own
// lock of the folder.
func (d *Directory) renameNew(temp, name string) error {
	from, err := d.root.Open(path.Dir(temp))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := d.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer to.Close()
	return unix.Renameat2(int(from.Fd()), path.Base(temp), int(to.Fd()), path.Base(name), unix.RENAME_NOREPLACE)
}

// fill creates the file and writes into it. A marker beside it says that these
// bytes are on their way to this name: only then is a part that is there
// completed. The lock is for writers of the same bytes at the same time.
func (d *Directory) fill(name string, body []byte, sum [sha256.Size]byte) error {
	marker := marker(name, sum)
	begun := d.exists(marker)
	if !begun && d.exists(name) {
		return fs.ErrExist
	}
	switch err := d.mark(marker); {
	case errors.Is(err, fs.ErrNotExist): // another export just closed the directory
		return driver.Transient(plain("create", name, err))
	case err != nil:
		return plain("create", name, err)
	}
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if !begun {
			return errors.Join(fs.ErrExist, d.unmark(marker))
		}
		f, err = d.root.OpenFile(name, os.O_RDWR, 0)
	}
	if err != nil {
		return plain("create", name, err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return driver.Transient(plain("write", name, errors.New("another export is writing it")))
	}
	// Closing alone would leave the lock with a process that is being started.
	defer func() { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }()
	there, err := io.ReadAll(io.LimitReader(f, int64(len(body))+1))
	if err != nil {
		return plain("read", name, err)
	}
	if len(there) >= len(body) && len(body) > 0 || !bytes.HasPrefix(body, there) {
		return errors.Join(fs.ErrExist, d.unmark(marker))
	}
	if _, err = f.Write(body[len(there):]); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return plain("write", name, err)
	}
	if err := d.unmark(marker); err != nil {
		return plain("clean up after", name, err)
	}
	return nil
}

// marker is the name of the file that says that bytes are on their way.
func marker(name string, sum [sha256.Size]byte) string {
	of := sha256.Sum256(append(sum[:], name...))
	return incoming + "/" + hex.EncodeToString(of[:])
}

func (d *Directory) exists(name string) bool {
	_, err := d.root.Lstat(name)
	return err == nil
}

// mark makes an empty file that lasts; it may be there already.
func (d *Directory) mark(marker string) error {
	f, err := d.root.OpenFile(marker, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), d.sync(incoming))
}

func (d *Directory) unmark(marker string) error {
	if err := d.root.Remove(marker); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
