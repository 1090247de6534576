package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/evidence/watch"
)

// readHead reads a checkpoint of a log with the keys that its source goes by.
func readHead(ctx context.Context, src watch.Source, msg []byte) (*verify.Head, error) {
	switch s := src.(type) {
	case *door:
		if s.keys == "" {
			if _, _, err := s.Head(ctx, 0); err != nil {
				return nil, err
			}
		}
		return verify.ReadHead(msg, s.keys)
	case watch.Folder:
		return verify.HeadIn(s.Dir, msg, s.Key)
	}
	return nil, glovebox.Errorf(glovebox.CodeInternal, "a log of an unknown kind")
}

// heads reads the checkpoint of --state, nil if there is none yet, and those of
// --remembered.
func heads(ctx context.Context, src watch.Source, state string, remembered []string) ([]*verify.Head, error) {
	first, err := keptHead(ctx, src, state)
	if err != nil {
		return nil, err
	}
	out := []*verify.Head{first}
	for _, name := range remembered {
		b, err := files.Read(name, maxKept, "give the file that `glovebox audit verify --save` wrote")
		if err != nil {
			return nil, err
		}
		h, err := readHead(ctx, src, b)
		if err != nil {
			return nil, glovebox.InFile(err, name)
		}
		out = append(out, h)
	}
	return out, nil
}

// keptHead is the checkpoint in a file that will be replaced; nil: there is no
// file yet, or none is named.
func keptHead(ctx context.Context, src watch.Source, path string) (*verify.Head, error) {
	if path == "" {
		return nil, nil
	}
	if err := outside(path); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	b, err := files.Read(path, maxKept, "name a file that does not exist")
	if err != nil {
		return nil, err
	}
	h, err := readHead(ctx, src, b)
	if glovebox.CodeOf(err) == glovebox.CodeInvalid {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "this is no checkpoint that the domain's key of this log signed; it is left as it is"}).
			WithFix("name a file that does not exist; if the file was kept of this log, another key signs it now: ask the domain's people, and keep the file")
	}
	return h, err
}

// looked fails unless the log extends a checkpoint.
func looked(ctx context.Context, src watch.Source, old *verify.Head) error {
	_, alarm, err := watch.Look(ctx, src, old)
	if err == nil && alarm != nil {
		err = alarm.Err()
	}
	return err
}

func sizeText(n uint64) string { return strconv.FormatUint(n, 10) }
