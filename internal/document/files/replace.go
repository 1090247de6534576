package files

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Replace writes a file that is there in full or not at all: beside its place,
// synced, then given its name, in place of an older file. A symbolic link stays
// and its file is replaced. A device, pipe or descriptor (/dev/stdout) is
// written to as it is.
// mode, less the umask, is that of a new file; an older one keeps its own. What
// write returns and what a closing flush says is returned.
func Replace(path string, mode os.FileMode, write func(io.Writer) error) error {
	st, err := os.Stat(path)
	old := err == nil
	if old {
		f, err := os.OpenFile(path, os.O_WRONLY, 0) // refuses a folder, and what is not to be changed
		if err != nil {
			return err
		}
		if !st.Mode().IsRegular() || strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/") {
			return errors.Join(write(f), f.Close())
		}
		if err := f.Close(); err != nil {
			return err
		}
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".glovebox-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil && old {
		err = f.Chmod(st.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) { // a file system that has no such thing
		err = nil
	}
	return errors.Join(err, d.Close())
}
