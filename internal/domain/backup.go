package domain

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/backup"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/fault"
)

// BackupTo is where a copy goes: its two halves, each to recipients of its own.
type BackupTo struct {
	Data, Keys       io.Writer
	DataFor, KeysFor *backup.Recipients
}

// BackedUp is a copy that was taken.
type BackedUp struct {
	Set     string `json:"set"`     // 32 hex digits, in both halves
	Taken   string `json:"taken"`   // RFC 3339, UTC
	Entries uint64 `json:"entries"` // of the log, in the copy
	Data    string `json:"data"`    // sha256:… of the half with the data
	Keys    string `json:"keys"`    // of the half with the keys
}

// Backup takes a copy of the domain while it is in use: database and log of one
// moment, for which others wait, then the encrypted parts, which never change. Its
// two halves never lie in one file, and nobody is a recipient of both. Left out is
// what can be made again or was not asked for yet: caches, uploads. The log tells
// of the copy before it is taken and, with its digests, when it is whole. A
// registrar does it, or the owner of the directory.
func (d *Domain) Backup(ctx context.Context, by *By, to BackupTo) (*BackedUp, error) {
	if err := d.custodian(by, "take a copy of the domain"); err != nil {
		return nil, err
	}
	if to.DataFor.Shares(to.KeysFor) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "one key would open both halves of the copy: the data and the keys").
			WithFix("name other recipients for the keys than for the data")
	}
	var set [16]byte
	_, _ = rand.Read(set[:]) // never fails
	out := &BackedUp{Set: hex.EncodeToString(set[:]), Taken: d.Stamp()}
	s, err := d.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.End()
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		return DomainKeys.Record(tx, "domain.backup", d.Name, map[string]any{"set": out.Set, "data_to": to.DataFor.Names(), "keys_to": to.KeysFor.Names()})
	})
	if err != nil {
		return nil, err
	}
	fault.Point("backup-told")
	data, keys := &summed{w: to.Data, h: sha256.New()}, &summed{w: to.Keys, h: sha256.New()}
	opened, err := d.copyData(ctx, data, to.DataFor, out)
	if err != nil {
		return nil, err
	}
	if err := d.copyKeys(keys, to.KeysFor, out, opened); err != nil {
		return nil, err
	}
	out.Data, out.Keys = data.digest(), keys.digest()
	fault.Point("backup-written")
	return out, d.Effect(ctx, by, func(tx *store.Tx) error {
		return DomainKeys.Record(tx, "domain.backed_up", d.Name, map[string]any{"set": out.Set, "data": out.Data, "keys": out.Keys, "entries": out.Entries})
	})
}

// summed is a writer that knows the digest of what it wrote.
type summed struct {
	w io.Writer
	h hash.Hash
}

func (s *summed) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.h.Write(p[:n])
	return n, err
}

func (s *summed) digest() string { return "sha256:" + hex.EncodeToString(s.h.Sum(nil)) }

// copyData writes the half with the data, and returns the keys as they were when
// database and log were copied.
func (d *Domain) copyData(ctx context.Context, to io.Writer, who *backup.Recipients, out *BackedUp) (keys map[string][]byte, err error) {
	dir, err := os.MkdirTemp(filepath.Join(d.Dir, "vault", "tmp"), "backup-")
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be written").Because(err)
	}
	defer os.RemoveAll(dir)
	w, keys, err := d.copyMoment(ctx, dir, to, who, out)
	if err != nil {
		return nil, err
	}
	err = d.Vault.SnapshotFiles(func(name string, f *os.File) error {
		if err := ctx.Err(); err != nil {
			return glovebox.Errorf(glovebox.CodeInternal, "the copying was stopped").Because(err)
		}
		return addOpen(w, name, f)
	})
	if err != nil {
		return nil, err
	}
	return keys, w.Close()
}

// copyMoment begins the half with the data by what has to be of one moment.
// Nothing gets into the log meanwhile.
func (d *Domain) copyMoment(ctx context.Context, dir string, to io.Writer, who *backup.Recipients, out *BackedUp) (*backup.Writer, map[string][]byte, error) {
	d.publishing.work.Lock()
	defer d.publishing.work.Unlock()
	d.turning.RLock()
	defer d.turning.RUnlock()
	if err := d.Store.Publish(ctx, d.log); err != nil {
		return nil, nil, err
	}
	n, err := d.log.Size(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.log.Checkpoint(ctx, n); err != nil {
		return nil, nil, err
	}
	out.Entries = n
	db := filepath.Join(dir, dbFile)
	if err := d.Store.CopyTo(ctx, db); err != nil {
		return nil, nil, err
	}
	keys, err := d.Vault.KeyFiles()
	if err != nil {
		return nil, nil, err
	}
	w, err := backup.NewWriter(to, who, backup.Head{Half: backup.Data, Domain: d.Name, Set: out.Set, Taken: out.Taken, Entries: n})
	if err != nil {
		return nil, nil, err
	}
	for _, f := range []struct{ name, path string }{{configFile, filepath.Join(d.Dir, configFile)}, {dbFile, db}} {
		if err := addFile(w, f.name, f.path); err != nil {
			return nil, nil, err
		}
	}
	for _, folder := range []string{policyDir, logDir} {
		if err := addFolder(w, d.Dir, folder); err != nil {
			return nil, nil, err
		}
	}
	return w, keys, nil
}

// addFolder adds the regular files of a folder of the domain. The log tidies its
// narrower tiles away while it is read.
func addFolder(w *backup.Writer, dir, folder string) error {
	return filepath.WalkDir(filepath.Join(dir, folder), func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be written").Because(err)
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || !e.Type().IsRegular() || filepath.Ext(path) == ".lock" {
			return err
		}
		return addFile(w, filepath.ToSlash(rel), path)
	})
}

func addFile(w *backup.Writer, name, path string) error {
	f, err := os.Open(path) //nolint:gosec // of the domain's directory, which is its owner's alone
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be written").Because(err)
	}
	defer f.Close()
	return addOpen(w, name, f)
}

func addOpen(w *backup.Writer, name string, f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be written").Because(err)
	}
	return w.Add(name, st.Size(), f)
}

func (d *Domain) copyKeys(to io.Writer, who *backup.Recipients, out *BackedUp, files map[string][]byte) error {
	w, err := backup.NewWriter(to, who, backup.Head{Half: backup.Keys, Domain: d.Name, Set: out.Set, Taken: out.Taken, Entries: out.Entries})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.Add(name, int64(len(files[name])), bytes.NewReader(files[name])); err != nil {
			return err
		}
	}
	return w.Close()
}
