package domain

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/fault"
)

// InitOptions of Init.
type InitOptions struct {
	Name  string // [a-z0-9][a-z0-9.-]{0,62}; default: the directory's name
	Parts int    // power of two, 1..1024; zero: DefaultParts
	// Require is what jobs need beside their grant: some of Requirements.
	Require []string
}

// Info says what a domain is, with nothing secret.
type Info struct {
	Name string `json:"name"`
	Dir  string `json:"dir"`
	Key  string `json:"key"` // public key of log and bundles: name+hash+key
}

var nameRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`) })

// Init makes a domain in a directory that is missing or empty. One that was
// killed is finished by the same call, and a call that comes after the last
// step answers as the first would have, until something happens in the domain.
func Init(ctx context.Context, dir string, o InitOptions) (_ *Info, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the directory cannot be named").Because(err)
	}
	if o.Name == "" {
		o.Name = filepath.Base(dir)
	}
	if o.Parts == 0 {
		o.Parts = DefaultParts
	}
	if !nameRule().MatchString(o.Name) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--name", Msg: "not a domain name"}).
			WithFix("use lower-case letters, digits, dots and dashes, at most 63")
	}
	if !powerOfTwo(o.Parts) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--parts", Msg: "not a number of parts"}).WithFix("use a power of two from 1 to 1024")
	}
	if !known(o.Require) || slices.Contains(o.Require, "witnessed") { // which needs a witness: domain.json names it
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--require", Msg: "is nothing that a domain can require"}).WithFix("use certified, promoted or listed, or several of them with commas")
	}
	if err := lay(ctx, dir, config{Format: 1, Name: o.Name, Parts: o.Parts, Require: o.Require}); err != nil {
		return nil, err
	}
	d, err := Open(ctx, dir, &Options{})
	if err != nil {
		return nil, err
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		n, err := tx.Recorded()
		if err == nil && n > 1 {
			err = notEmpty(dir)
		}
		return err
	})
	info := d.Info()
	if err = errors.Join(err, d.Close()); err != nil {
		return nil, err
	}
	return info, nil
}

// lay puts keys, vault and config into the directory, or those of them that an
// Init that was killed did not get to. What is there is never replaced.
func lay(ctx context.Context, dir string, c config) error {
	if err := vacant(dir, c); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the directory cannot be made"}).WithFix("check the path and its owner")
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory
		return glovebox.Errorf(glovebox.CodeInternal, "the directory cannot be closed to others").Because(err)
	}
	l, err := lock(ctx, filepath.Join(dir, lockFile), nil)
	if err != nil {
		return err
	}
	defer l.Close()
	fault.Point("init-locked")
	// Another Init may have had the lock until now.
	if err := vacant(dir, c); err != nil || exists(dir, configFile) {
		return err
	}
	if !vault.Made(dir) {
		if err := vault.Init(dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, policyDir), 0o700); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the policy directory cannot be made").Because(err)
	}
	if err := vault.RemoveUnfinished(dir); err != nil {
		return err
	}
	// The config comes last: without it the directory is not a domain.
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := vault.WriteFile(filepath.Join(dir, configFile), append(b, '\n')); err != nil {
		return err
	}
	fault.Point("init-laid")
	return nil
}

// vacant refuses a directory that holds anything but what an Init with the
// same options makes before the first entry of its log.
func vacant(dir string, c config) error {
	if exists(dir, configFile) {
		if old, _, err := readConfig(dir); err != nil || !reflect.DeepEqual(old, c) {
			return notEmpty(dir)
		}
		return nil
	}
	names, _ := os.ReadDir(dir) // where this fails, making or locking it says why
	for _, n := range names {
		if n := n.Name(); n != lockFile && n != policyDir && !vault.Makes(n) {
			return notEmpty(dir)
		}
	}
	return nil
}

// Is says whether dir is the directory of a domain.
func Is(dir string) bool { return exists(dir, configFile) }

func exists(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

func unfinished(dir string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the making of this domain was cut short"}).WithFix("run the same `glovebox init` again")
}

func notEmpty(dir string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the directory is not empty"}).WithFix("name a new one")
}

// begin writes the first entry of a domain's log, which Init may not have got
// to. It changes nothing where the database or the log has an entry.
func (d *Domain) begin(ctx context.Context) error {
	var n uint64
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.Recorded()
		return err
	})
	if err != nil || n > 0 {
		return err
	}
	if n, err = d.log.Size(ctx); err != nil || n > 0 {
		return err
	}
	return d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		r, err := d.rules(tx, true, true)
		if err != nil {
			return err
		}
		return tx.Record("domain.init", "domain/"+d.Name, struct {
			*Info
			rules
		}{d.Info(), r})
	})
}

// Info describes an open domain.
func (d *Domain) Info() *Info {
	return &Info{Name: d.Name, Dir: d.Dir, Key: d.verifier()}
}

// Owner is the actor of what the account that owns the directory does without
// being a user of the domain: making it and adding users.
const Owner = "owner"
