package vault

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/fault"
)

// DestroySnapshot destroys a snapshot's key, durably, and then removes its
// files. After a crash in between nothing of it can be read; a second call
// finishes the work.
func (v *Vault) DestroySnapshot(code string, version int) error {
	s := snapshot{code, version}
	if err := s.valid(); err != nil {
		return err
	}
	_, keyErr := os.Lstat(v.keyPath(s))
	_, dirErr := os.Lstat(v.snapshotPath(s))
	if os.IsNotExist(keyErr) && os.IsNotExist(dirErr) {
		return glovebox.Errorf(glovebox.CodeNotFound, "%s is not in the vault", s.name())
	}
	return v.destroy(s)
}

func (v *Vault) destroy(s snapshot) error {
	if err := destroyKey(v.keyPath(s)); err != nil {
		return err
	}
	fault.Point("vault-destroy")
	dir := v.snapshotPath(s)
	if err := os.RemoveAll(dir); err != nil {
		return internal(err, "the files of %s cannot be removed", s.name())
	}
	home := filepath.Dir(dir)
	if err := syncDir(home); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_ = os.Remove(home) // if it is empty
	return nil
}

// destroyKey overwrites and removes a wrapped key. One that is not there is
// destroyed.
func destroyKey(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return internal(err, "a key cannot be destroyed")
	}
	st, err := f.Stat()
	if err == nil {
		noise := make([]byte, min(st.Size(), maxKeyFile))
		_, _ = rand.Read(noise) // never fails
		_, err = f.WriteAt(noise, 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		return internal(err, "a key cannot be destroyed")
	}
	return syncDir(filepath.Dir(path))
}

// Clean removes what a process that died left behind: unfinished files, keys
// without a snapshot and snapshots that known does not know, because their
// loads were never recorded. A known snapshot without a key is left for
// DestroySnapshot. Known may be nil: then every snapshot is known.
func (v *Vault) Clean(known func(code string, version int) bool) error {
	tmp, err := os.ReadDir(v.path(tmpDir))
	if err != nil {
		return internal(err, "the vault cannot be read")
	}
	for _, d := range tmp {
		if err := os.RemoveAll(v.path(tmpDir, d.Name())); err != nil {
			return internal(err, "an unfinished snapshot cannot be removed")
		}
	}
	if err := v.cleanSnapshots(known); err != nil {
		return err
	}
	return v.cleanKeys()
}

func (v *Vault) cleanSnapshots(known func(string, int) bool) error {
	codes, err := os.ReadDir(v.path(snapshotsDir))
	if err != nil {
		return internal(err, "the vault cannot be read")
	}
	for _, c := range codes {
		if !c.IsDir() {
			continue
		}
		versions, err := os.ReadDir(v.path(snapshotsDir, c.Name()))
		if err != nil {
			return internal(err, "the vault cannot be read")
		}
		for _, d := range versions {
			if s, ok := parseSnapshot(c.Name(), d.Name()); ok && known != nil && !known(s.code, s.version) {
				if err := v.destroy(s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (v *Vault) cleanKeys() error {
	keys, err := os.ReadDir(v.path(wrappedDir))
	if err != nil {
		return internal(err, "the vault cannot be read")
	}
	for _, k := range keys {
		s, ok := parseKeyName(k.Name())
		if ok {
			_, err := os.Lstat(v.snapshotPath(s))
			ok = os.IsNotExist(err)
		}
		if ok || strings.HasPrefix(k.Name(), tmpPrefix) {
			if err := destroyKey(v.path(wrappedDir, k.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
