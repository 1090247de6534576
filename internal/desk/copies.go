package desk

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/backup"
)

func domainRotate(c *call, p *Rotate) (any, error) {
	if err := c.named(c.d.Name); err != nil {
		return nil, err
	}
	return c.d.RotateKey(c, c.by, p.Key, p.Space)
}

// domainBackup takes a safety copy into two new files, which appear when both are
// whole.
func domainBackup(c *call, p *Copy) (_ any, err error) {
	if err := c.named(c.d.Name); err != nil {
		return nil, err
	}
	if c.o.Copies == nil {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "this domain has no place for safety copies").WithFix("start it with one: `glovebox serve --copies DIR --key-copies DIR`")
	}
	var to domain.BackupTo
	if to.DataFor, err = backup.ReadRecipients([]byte(p.DataFor)); err != nil {
		return nil, field(err, "data_for")
	}
	if to.KeysFor, err = backup.ReadRecipients([]byte(p.KeysFor)); err != nil {
		return nil, field(err, "keys_for")
	}
	data, err := c.newCopy(p.Data, backup.Data)
	if err != nil {
		return nil, err
	}
	defer data.drop()
	keys, err := c.newCopy(p.Keys, backup.Keys)
	if err != nil {
		return nil, err
	}
	defer keys.drop()
	if filepath.Dir(data.path) == filepath.Dir(keys.path) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: p.Keys, Msg: "the keys would lie beside the data that they open"}).WithFix("name another folder for them, on another medium")
	}
	to.Data, to.Keys = data.f, keys.f
	done, err := c.d.Backup(c, c.by, to)
	if err == nil {
		err = errors.Join(data.keep(), keys.keep())
	}
	return done, err
}

func field(err error, name string) error {
	var e *glovebox.Error
	if errors.As(err, &e) && e.Field == "" {
		e.Field = name
	}
	return err
}

// newFile is a file that appears under its name when it is whole.
type newFile struct {
	path string
	f    *os.File
}

// newCopy begins one half of a copy.
func (c *call) newCopy(name string, half backup.Half) (*newFile, error) {
	path, err := c.o.Copies(name, half)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, err
	}
	fail := func(what, fix string) error {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: name, Msg: what}).WithFix("%s", fix)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return nil, fail("the folder of the copy is not there", "make it, for the owner of the domain alone")
	}
	if in, err := filepath.Rel(c.d.Dir, dir); err == nil && filepath.IsLocal(in) {
		return nil, fail("a copy within the domain's own directory", "name a folder outside of it, on another medium")
	}
	path = filepath.Join(dir, filepath.Base(path))
	if _, err := os.Lstat(path); err == nil {
		return nil, fail("the file is there already", "name a new one: copies are not overwritten")
	}
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fail("the copy cannot be written", "check the folder and its owner")
	}
	return &newFile{path, f}, nil
}

// keep puts the file in place.
func (n *newFile) keep() error {
	err := n.f.Sync()
	if err == nil {
		err = unix.Renameat2(unix.AT_FDCWD, n.path+".part", unix.AT_FDCWD, n.path, unix.RENAME_NOREPLACE)
	}
	if err != nil {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: n.path, Msg: "the copy cannot be put in place"}).Because(err).WithFix("check free disk space, and that the name is free")
	}
	return nil
}

// drop removes what is not kept.
func (n *newFile) drop() {
	_ = n.f.Close()
	_ = os.Remove(n.path + ".part") // gone, if it was kept
}
