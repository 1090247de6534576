package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeyFiles are the files without which nothing of the domain can be read, by
// their names in its directory: its keys, and the wrapped keys of snapshots.
func (v *Vault) KeyFiles() (map[string][]byte, error) {
	v.turning.RLock()
	defer v.turning.RUnlock()
	out := map[string][]byte{}
	for _, dir := range []string{keysDir, filepath.Join(vaultDir, wrappedDir)} {
		err := v.each(dir, func(name, path string) error {
			b, err := readPrivate(path)
			if err == nil {
				out[name] = b
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SnapshotFiles calls fn with every encrypted file of every snapshot that is
// whole, open, and its name in the domain's directory. Those of a snapshot that is
// destroyed meanwhile are left out.
func (v *Vault) SnapshotFiles(fn func(name string, f *os.File) error) error {
	return v.each(filepath.Join(vaultDir, snapshotsDir), func(name, path string) error {
		f, err := openRegular(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return internal(err, "a file of the vault cannot be read")
		}
		defer f.Close()
		return fn(name, f)
	})
}

// each walks the regular files of a folder of the domain's directory.
func (v *Vault) each(dir string, fn func(name, path string) error) error {
	return filepath.WalkDir(filepath.Join(v.dir, dir), func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return internal(err, "the vault cannot be read")
		}
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), tmpPrefix) || strings.HasSuffix(e.Name(), oldSuffix) {
			return nil
		}
		rel, err := filepath.Rel(v.dir, path)
		if err != nil {
			return internal(err, "the vault cannot be read")
		}
		return fn(filepath.ToSlash(rel), path)
	})
}
