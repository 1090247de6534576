package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/fault"
)

// maxKeyFile is the largest file of the keys directory, in bytes.
const maxKeyFile = 64 << 10

// tmpPrefix starts the names of files that are being written.
const tmpPrefix = ".tmp-"

// WriteFile puts data into a file of mode 0600 so that, whenever the machine
// stops, the file is there with all of data or as it was before. Files that a
// stopped write leaves behind start with ".tmp-".
func WriteFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, tmpPrefix)
	if err != nil {
		return internal(err, "a file cannot be written")
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	fault.Point("file-written")
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return internal(err, "a file cannot be written")
	}
	return syncDir(dir)
}

// RemoveUnfinished removes what stopped calls of WriteFile left in a directory.
// No other may be under way.
func RemoveUnfinished(dir string) error {
	names, err := os.ReadDir(dir)
	for _, n := range names {
		if strings.HasPrefix(n.Name(), tmpPrefix) {
			err = errors.Join(err, os.Remove(filepath.Join(dir, n.Name())))
		}
	}
	if err != nil {
		return internal(err, "an unfinished file cannot be removed")
	}
	return nil
}

// syncDir makes what happened to the names in a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return internal(err, "a directory cannot be synced")
	}
	err = f.Sync()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return internal(err, "a directory cannot be synced")
	}
	return nil
}

// makeDir makes a directory of mode 0700, durably. It may exist already.
func makeDir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return internal(err, "a directory cannot be made")
	}
	return syncDir(filepath.Dir(path))
}

// checkPrivate refuses a path that is not of the type, or that group or others
// can get at.
func checkPrivate(path string, want fs.FileMode) error {
	st, err := os.Lstat(path)
	if err != nil {
		return unreadable(path, err)
	}
	return checkMode(path, st, want)
}

func checkMode(path string, st fs.FileInfo, want fs.FileMode) error {
	if st.Mode().Type() != want {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "is not what it should be: a link or another kind of file is in its place"}).
			WithFix("restore it from a backup")
	}
	if perm := st.Mode().Perm(); perm&0o077 != 0 {
		mode := "600"
		if want == fs.ModeDir {
			mode = "700"
		}
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: fmt.Sprintf("is open to others than its owner (mode %04o)", perm)}).
			WithFix("run: chmod %s '%s'; if others had access, the data must be loaded into a new domain", mode, path)
	}
	return nil
}

func unreadable(path string, err error) error {
	e := &glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "cannot be read", Fix: "use the account that owns the domain"}
	if errors.Is(err, fs.ErrNotExist) {
		e.Msg, e.Fix = "is missing", "restore it from a backup: without it the data cannot be read"
	}
	return e
}

// readPrivate reads a small file that only its owner can get at.
func readPrivate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, checkPrivate(path, 0) // a link: says so
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, unreadable(path, err)
	}
	if err := checkMode(path, st, 0); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	if len(b) > maxKeyFile {
		return nil, brokenKey(path)
	}
	return b, nil
}
