package domain

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// openStore opens the database. Where nothing can be written (a copy on read-only
// media) the database cannot make its index of changes, so a reader takes the
// file as it stands: with the writer's lock shared, that nobody changes it by
// another way, and only if no changes wait beside it.
func (d *Domain) openStore(ctx context.Context, o *Options) (err error) {
	path := filepath.Join(d.Dir, dbFile)
	opts := store.Options{Now: d.now, ReadOnly: o.ReadOnly, Sealer: d.Vault}
	if d.Store, err = store.Open(ctx, path, &opts); err == nil || !o.ReadOnly || unix.Access(d.Dir, unix.W_OK) == nil {
		return err
	}
	if d.lock, err = share(ctx, filepath.Join(d.Dir, lockFile), o.Waiting); err != nil {
		return err
	}
	if st, err := os.Stat(path + "-wal"); err == nil && st.Size() > 0 {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path + "-wal", Msg: "the domain cannot be read where nothing can be written: changes wait in this file"}).
			WithFix("copy the whole directory to a disk that can be written and read it there; a domain is copied while no command runs on it")
	}
	opts.Still, d.still = true, true
	d.Store, err = store.Open(ctx, path, &opts)
	return err
}

// share takes the writer's lock for reading. A domain without the file has no
// writer.
func share(ctx context.Context, path string, waiting func()) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the domain cannot be read"}).WithFix("use the account that owns it")
	}
	return flock(ctx, f, unix.LOCK_SH, waiting)
}
