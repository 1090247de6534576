package verify

import (
	"context"
	"os"

	"glovebox.example/glovebox"
)

// Read calls fn with the entries of the log in dir from an index on, up to the
// signed size, in order. It checks the checkpoint's signature and the form of the
// entries, and not that they are those of the signed root, which Log does. An
// error of fn ends it and is returned; so does an entry that cannot be read.
func Read(ctx context.Context, dir, vkey string, from uint64, fn func(*Entry) error) error {
	if _, err := ReadKeys(vkey); err != nil {
		return err
	}
	bad := func(file string) error {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: file, Msg: "the audit log cannot be read"}).WithFix("run `glovebox audit verify`")
	}
	f := folder{dir: dir, known: map[string]bool{}}
	defer f.close()
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return bad(dir)
	}
	msg, err := f.read("checkpoint", maxCheckpoint)
	if err != nil {
		return bad("checkpoint")
	}
	cp, _, err := openSigned(dir, msg, vkey)
	if err != nil {
		return bad("checkpoint")
	}
	for first := from / tileWidth * tileWidth; first < cp.size; first += tileWidth {
		if err := ctx.Err(); err != nil {
			return glovebox.Errorf(glovebox.CodeInternal, "the reading of the log was stopped").Because(err)
		}
		n := int(min(tileWidth, cp.size-first))
		name, data, err := f.part(tileFile(-1, first/tileWidth), n, n*(2+1<<16))
		if err != nil {
			return bad(name)
		}
		entries, err := splitBundle(data)
		if err != nil || len(entries) < n {
			return bad(name)
		}
		for i, raw := range entries[:n] {
			index := first + uint64(i)
			if index < from {
				continue
			}
			e, err := decodeEntry(raw)
			if err != nil {
				return bad(entryName(index))
			}
			e.Index = index
			if err := fn(e); err != nil {
				return err
			}
		}
		clear(f.known)
	}
	return nil
}

// Size is how many entries the log's checkpoint signs.
func Size(dir, vkey string) (uint64, error) {
	if _, err := ReadKeys(vkey); err != nil {
		return 0, err
	}
	f := folder{dir: dir, known: map[string]bool{}}
	defer f.close()
	msg, err := f.read("checkpoint", maxCheckpoint)
	if err == nil {
		var cp checkpoint
		if cp, _, err = openSigned(dir, msg, vkey); err == nil {
			return cp.size, nil
		}
	}
	return 0, (&glovebox.Error{Code: glovebox.CodeInvalid, File: "checkpoint", Msg: "the audit log cannot be read"}).WithFix("run `glovebox audit verify`")
}
