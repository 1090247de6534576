package outside

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/text"
)

// log checks a log's folder, and beside it, if it is such a copy, the documents.
func (w *checking) log(ctx context.Context, dir string) error {
	logDir, copied := dir, exists(filepath.Join(dir, evidence.KeptFolder))
	if copied {
		logDir = filepath.Join(dir, evidence.LogFolder)
	}
	key, err := w.trusted(filepath.Join(dir, "key.pub"))
	if err != nil {
		return err
	}
	o := &verify.Options{}
	if w.remembered != "" {
		old, err := read(w.remembered, 1<<20)
		if err != nil {
			return err
		}
		o.Remembered = [][]byte{old}
		if err := w.cosigned(old); err != nil {
			return err
		}
	}
	origin, _, _ := strings.Cut(key, "+")
	acts, named := verify.NewActs(origin), map[string]bool{}
	o.Entries = func(e *verify.Entry) error {
		if e.State != "" {
			named[e.State] = true
		}
		for _, d := range evidence.KeptWith(e) {
			named[d] = true
		}
		return acts.Entry(e)
	}
	r, err := verify.Log(ctx, logDir, key, o)
	if err != nil {
		return err
	}
	found := append([]verify.Problem{}, r.List...)
	found = append(found, acts.Check().List...)
	if copied {
		more, err := documents(ctx, evidence.Folder{Dir: dir, Key: key}, named)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	if len(found) > 0 {
		errs := make([]error, len(found))
		for i, p := range found {
			errs[i] = glovebox.Errorf(glovebox.CodeInvalid, "%s", p.String())
		}
		return errors.Join(errs...)
	}
	w.say("verified: log %s, %d entries, root %s", "核验通过：日志 %s，%d 个条目，根 %s", r.Origin, r.Size, r.Root)
	if copied {
		w.say("%d kept documents are those that the log names", "%d 个留存文档与日志所写的一致", len(named))
	}
	return nil
}

// cosigned fails unless the witness of --witness signed a checkpoint, if one is
// named.
func (w *checking) cosigned(msg []byte) error {
	if w.witness == "" {
		return nil
	}
	text := []byte(w.witness)
	if exists(w.witness) {
		var err error
		if text, err = read(w.witness, maxKeys); err != nil {
			return err
		}
	}
	k, err := verify.ReadWitness(string(text))
	if err != nil {
		return err
	}
	at, err := k.Saw(msg)
	if err != nil {
		return err
	}
	w.say("the witness %s signed the checkpoint at %s", "见证方 %s 已于 %s 签过该检查点", k.Name(), at.Format(time.RFC3339))
	return nil
}

// documents compares the kept documents of a copy with those that its log names.
func documents(ctx context.Context, f evidence.Folder, named map[string]bool) (found []verify.Problem, err error) {
	for d := range named {
		if _, err := f.Kept(ctx, d); err != nil {
			found = append(found, verify.Problem{Where: "kept/" + d, What: "the document is missing, or another"})
		}
	}
	names, err := os.ReadDir(filepath.Join(f.Dir, evidence.KeptFolder))
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: f.Dir, Msg: "the file cannot be read"}).WithFix("check the path and its owner")
	}
	for _, n := range names {
		if !named["sha256:"+n.Name()] {
			found = append(found, verify.Problem{Where: "kept/" + text.Printed(n.Name()), What: "no entry of the log names this document"})
		}
	}
	return found, nil
}
