package domain

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"

	"glovebox"
	"glovebox/internal/store"
	"glovebox/internal/vault"
)

// InitOptions of Init.
type InitOptions struct {
	Name  string // [a-z0-9][a-z0-9.-]{0,62}; default: the directory's name
	Parts int    // power of two, 1..1024; zero: DefaultParts
}

// Info says what a domain is, with nothing secret.
type Info struct {
	Name string `json:"name"`
	Dir  string `json:"dir"`
	Key  string `json:"key"` // public key of log and bundles: name+hash+key
}

var nameRule = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,62}$`)

// Init makes a domain in a directory that is missing or empty.
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
	if !nameRule.MatchString(o.Name) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--name", Msg: "not a domain name"}).
			WithFix("use lower-case letters, digits, dots and dashes, at most 63")
	}
	if !powerOfTwo(o.Parts) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--parts", Msg: "not a number of parts"}).WithFix("use a power of two from 1 to 1024")
	}
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the directory is not empty"}).WithFix("name a new one")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the directory cannot be made"}).WithFix("check the path and its owner")
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the directory cannot be closed to others").Because(err)
	}
	if err := vault.Init(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, policyDir), 0o700); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the policy directory cannot be made").Because(err)
	}
	// The config comes last: without it the directory is not a domain.
	b, err := json.MarshalIndent(config{Format: 1, Name: o.Name, Parts: o.Parts}, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := vault.WriteFile(filepath.Join(dir, configFile), append(b, '\n')); err != nil {
		return nil, err
	}
	d, err := Open(ctx, dir, &Options{})
	if err != nil {
		return nil, err
	}
	info := d.Info()
	err = d.Effect(ctx, Owner, func(tx *store.Tx) error {
		return tx.Record("domain.init", "domain/"+o.Name, info)
	})
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return info, err
}

// Info describes an open domain.
func (d *Domain) Info() *Info {
	return &Info{Name: d.Name, Dir: d.Dir, Key: d.logKey.Verifier()}
}

// Owner is the actor of what the account that owns the directory does without
// being a user of the domain: making it and adding users.
const Owner = "owner"
