package domain

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/backup"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/fault"
	"glovebox.example/glovebox/text"
)

// RestoreFrom is a copy, and what opens its halves.
type RestoreFrom struct {
	Data, Keys         io.Reader
	DataWith, KeysWith *backup.Identities
	// Remembered are checkpoints kept elsewhere: a copy that is older than one of
	// them is refused, for what was spent since is not in it.
	Remembered [][]byte
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Restored is a domain that was made again.
type Restored struct {
	*Info
	Set     string `json:"set"`
	Taken   string `json:"taken"`
	Entries uint64 `json:"entries"`
	// Unreadable are snapshots whose keys are not in the copy of the keys: they were
	// destroyed before it was taken, and stay so.
	Unreadable []string `json:"unreadable"`
}

// Restore makes a domain again of a copy, in a directory that is missing or empty,
// and checks all of it before it appears there: log against database, and both
// against what was remembered. Its log goes on with an entry that says so. The half
// with the keys may be newer than that with the data: what was destroyed in between
// stays destroyed.
func Restore(ctx context.Context, dir string, from RestoreFrom) (*Restored, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the directory cannot be named").Because(err)
	}
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, notEmpty(dir)
	}
	data, err := backup.Open(from.Data, from.DataWith, backup.Data)
	if err != nil {
		return nil, err
	}
	keys, err := backup.Open(from.Keys, from.KeysWith, backup.Keys)
	if err != nil {
		return nil, err
	}
	if data.Head.Domain != keys.Head.Domain || keys.Head.Taken < data.Head.Taken {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the keys are of another domain, or older than the data").WithFix("name the keys that were copied with the data, or later")
	}
	// Beside its place, under a name that the next try finds.
	work := dir + ".restoring"
	if err := os.RemoveAll(work); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the directory cannot be cleared").Because(err)
	}
	out, err := restoreIn(ctx, work, data, keys, &from)
	if err == nil {
		fault.Point("restored")
		if err = os.Rename(work, dir); err != nil {
			err = (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the directory cannot be made"}).WithFix("check the path and its owner")
		}
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(work))
	}
	out.Dir = dir
	return out, nil
}

func restoreIn(ctx context.Context, work string, data, keys *backup.Reader, from *RestoreFrom) (_ *Restored, err error) {
	for _, sub := range []string{"", policyDir, logDir, "vault", "vault/snapshots", "vault/keys", "vault/tmp"} {
		if err := os.MkdirAll(filepath.Join(work, sub), 0o700); err != nil {
			return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: work, Msg: "the directory cannot be made"}).WithFix("check the path and its owner")
		}
	}
	for _, r := range []*backup.Reader{data, keys} {
		if err := unpack(ctx, r, work); err != nil {
			return nil, err
		}
	}
	fault.Point("restore-unpacked")
	d, err := Open(ctx, work, &Options{Now: from.Now})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if d.Name != data.Head.Domain {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the copy is not of the domain that it names").WithFix("use another copy, as `glovebox domain backup` wrote it")
	}
	v, err := d.Verify(ctx, from.Remembered...)
	if err != nil {
		return nil, err
	}
	if len(v.Problems) > 0 {
		all := []error{glovebox.Errorf(glovebox.CodeInvalid, "the copy does not verify, and nothing was restored").WithFix("use a newer copy; what is wrong is said below")}
		for _, p := range v.Problems {
			all = append(all, glovebox.Errorf(glovebox.CodeInvalid, "%s", p))
		}
		return nil, errors.Join(all...)
	}
	out := &Restored{Info: d.Info(), Set: data.Head.Set, Taken: data.Head.Taken, Entries: v.Entries, Unreadable: []string{}}
	if out.Unreadable, err = d.unreadable(ctx); err != nil {
		return nil, err
	}
	return out, d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		return DomainKeys.Record(tx, "domain.restore", d.Name, map[string]any{"set": out.Set, "taken": out.Taken, "entries": out.Entries, "remembered": len(from.Remembered)})
	})
}

// unreadable lists the snapshots that the database knows and the keys do not open.
func (d *Domain) unreadable(ctx context.Context) ([]string, error) {
	out := []string{}
	return out, d.Store.View(ctx, func(tx *store.Tx) error {
		return Snapshots.Each(tx, func(id string, s glovebox.Snapshot) error {
			if s.State == glovebox.SnapshotDestroyed {
				return nil
			}
			if _, err := d.Vault.ReadManifest(s.Dataset, s.Version); err != nil {
				out = append(out, id)
			}
			return nil
		})
	})
}

// unpack writes the files of a half into a new directory.
func unpack(ctx context.Context, r *backup.Reader, dir string) error {
	for {
		name, size, from, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			return unwritten(name, err)
		}
		f, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return unwritten(name, err)
		}
		n, err := io.Copy(f, from)
		if err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil || n != size {
			return unwritten(name, err)
		}
	}
}

func unwritten(name string, err error) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "%s of the copy cannot be restored", text.Printed(name)).Because(err).WithFix("check free disk space; if there is enough, the copy is damaged: use another one")
}
