package audit

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// clean removes what no reader of the log needs: temporary files of a writer
// that was killed, and partial tiles that a wider or full tile replaced. One
// bundle of 256 entries appended one by one leaves about 20 MB of the latter.
// The caller holds the writer's lock, so nothing is being written.
func clean(dir string, s sizes) error {
	if err := cleanTop(dir); err != nil {
		return internal(err, "audit log clean-up")
	}
	root := filepath.Join(dir, tileDir)
	levels, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return internal(err, "audit log clean-up")
	}
	for _, level := range levels {
		l := 0
		if level.Name() != "entries" {
			if l, err = strconv.Atoi(level.Name()); err != nil || l < 0 || l > 7 {
				continue
			}
		}
		c := cleaner{signed: s.signed >> (l * tileHeight), integrated: s.integrated >> (l * tileHeight)}
		if err := c.folder(filepath.Join(root, level.Name()), 0); err != nil {
			return internal(err, "audit log clean-up")
		}
	}
	return nil
}

// cleanTop removes temporary files beside the checkpoint and the tree state:
// their names are the file's with a number behind.
func cleanTop(dir string) error {
	for _, base := range []string{checkpointName, stateDir + "/" + treeStateName, stateDir + "/gcState", stateDir + "/version"} {
		found, err := filepath.Glob(filepath.Join(dir, base) + "[0-9]*")
		if err != nil {
			return err
		}
		for _, name := range found {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// cleaner goes through the tiles of one level, which has these many hashes.
type cleaner struct{ signed, integrated uint64 }

// folder cleans one folder of the group of indexes that starts at prefix.
func (c cleaner) folder(dir string, prefix uint64) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, path := e.Name(), filepath.Join(dir, e.Name())
		group, isGroup := strings.CutPrefix(name, "x")
		index, isPartial := strings.CutSuffix(name, ".p")
		switch {
		case e.IsDir() && isGroup && len(group) == 3:
			n, err := strconv.ParseUint(group, 10, 64)
			if err != nil || prefix > 1<<43 {
				continue
			}
			if err := c.folder(path, (prefix+n)*1000); err != nil {
				return err
			}
		case e.IsDir() && isPartial && len(index) == 3:
			n, err := strconv.ParseUint(index, 10, 64)
			if err != nil {
				continue
			}
			if err := c.partials(path, prefix+n); err != nil {
				return err
			}
		case !e.IsDir() && len(name) == 3:
			// A full tile beyond the tree: its writer was killed before the
			// tree took it in.
			n, err := strconv.ParseUint(name, 10, 64)
			if err == nil && (prefix+n+1)*tileWidth > c.integrated {
				if err := os.Remove(path); err != nil {
					return err
				}
			}
		case !e.IsDir() && temporary(name):
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// partials cleans the widths of one tile: it keeps what the signed and the
// integrated tree end in.
func (c cleaner) partials(dir string, index uint64) error {
	keep := map[string]bool{}
	for _, size := range []uint64{c.signed, c.integrated} {
		if size/tileWidth == index {
			keep[strconv.FormatUint(size%tileWidth, 10)] = true
		}
	}
	if (index+1)*tileWidth <= c.signed && len(keep) == 0 {
		return os.RemoveAll(dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !keep[e.Name()] {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// temporary says whether a name is a tile's with a random number behind.
func temporary(name string) bool {
	if len(name) < 4 || len(name) > 3+10 {
		return false
	}
	return strings.Trim(name, "0123456789") == ""
}
