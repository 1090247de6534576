package domain

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/vault"
)

// CopyEvidence writes the log and all kept documents, in clear, into a new
// folder: DIR/log, and DIR/kept with a file for each document, named by its
// SHA-256. Whoever holds it can check and make again what was made of them. The
// domain has to be open still, so that log and documents are of one moment.
func (d *Domain) CopyEvidence(ctx context.Context, dir string) (documents int, err error) {
	fail := func(err error) error {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the copy cannot be written"}).Because(err).WithFix("name a new folder with room that you may write to")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return 0, fail(err)
	}
	if err := copyLog(filepath.Join(dir, "log"), d.LogDir()); err != nil {
		return 0, fail(err)
	}
	kept := filepath.Join(dir, "kept")
	if err := os.Mkdir(kept, 0o700); err != nil {
		return 0, fail(err)
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		for data, err := range tx.EachKept() {
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(glovebox.Digest(data), "sha256:")
			if _, err := hex.DecodeString(name); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(kept, name), data, 0o600); err != nil {
				return fail(err)
			}
			documents++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return documents, vault.WriteFile(filepath.Join(dir, "key.pub"), []byte(d.Info().Key+"\n"))
}

// copyLog copies regular files, as they are.
func copyLog(to, from string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		at := filepath.Join(to, rel)
		switch {
		case e.IsDir():
			return os.MkdirAll(at, 0o700)
		case !e.Type().IsRegular():
			return nil
		}
		in, err := os.Open(path) //nolint:gosec // the log's own folder, which is its owner's alone
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Close())
	})
}
