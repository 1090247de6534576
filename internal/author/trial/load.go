package trial

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/work"
)

// keyOf is a key of samples: of a seed and a use, and of nothing secret.
func keyOf(seed uint64, use string) (k [32]byte) {
	return sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("glovebox sample key: "+use+": "), seed))
}

// loaded is one dataset's sample rows as a part in memory.
type loaded struct {
	files    work.Files
	manifest []byte                             // canonical
	names    map[[engine.TokenBytes]byte]string // units by token
	facts    InputFacts
	opened   []*os.File
}

func (l *loaded) close() {
	for _, f := range l.opened {
		_ = f.Close() // a file in memory
	}
}

// load takes a table in as `dataset load` takes a file in: it is checked
// against its record, its identifiers become tokens, it is sorted by unit. An
// author's own rows are foreign, and are taken in behind the walls.
func load(ctx context.Context, t *sample.Table, seed uint64, foreign bool) (_ *loaded, err error) {
	rec := *sample.Plain(t.Record)
	rec.Source = glovebox.Source{Format: "csv", Null: t.Record.Source.Null}
	plain := sample.Table{Record: &rec, Rows: t.Rows}
	var text bytes.Buffer
	if err := plain.WriteCSV(&text); err != nil {
		return nil, err
	}
	src, err := files.Memory("sample", text.Bytes())
	if err != nil {
		return nil, err
	}
	defer src.Close()
	l := &loaded{names: map[[engine.TokenBytes]byte]string{}}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	byName := map[string]*os.File{}
	unitKey := keyOf(seed, "unit/"+rec.Unit.Space)
	take := engine.Load
	if foreign {
		take = crew.Load
	}
	res, err := take(ctx, rec, src, engine.LoadOptions{
		UnitKey:  unitKey,
		IdentKey: func(c glovebox.Column) [32]byte { return keyOf(seed, identifierUse(c)) },
		Parts:    1,
		Memory:   engine.MinMemory,
		Create: func(name string) (io.WriteCloser, error) {
			fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
			if err != nil {
				return nil, glovebox.Errorf(glovebox.CodeInternal, "no memory file").Because(err)
			}
			f := os.NewFile(uintptr(fd), name)
			byName[name], l.opened = f, append(l.opened, f)
			return staysOpen{f}, nil
		},
	})
	if err != nil {
		return nil, err
	}
	part := res.Manifest.Parts[0]
	l.manifest = res.ManifestBytes
	l.files = work.Files{Manifest: res.Manifest, Part: byName[part.Name]}
	if part.Sealed != nil {
		l.files.Sealed = byName[part.Sealed.Name]
	}
	unit, _ := rec.Column(rec.Unit.Column)
	for _, id := range plain.Units() {
		l.names[engine.UnitToken(unitKey, unit.Format, id)] = id
	}
	l.facts = InputFacts{Rows: res.Report.Accepted, Rejected: res.Report.Rejected, Units: len(l.names), Digest: glovebox.Digest(text.Bytes())}
	if res.Report.Rejected > 0 {
		l.facts.First = res.Report.First
	}
	return l, nil
}

// identifierUse names the key of an identifier that is not the unit: the same
// kind of identifier gets the same token wherever it stands.
func identifierUse(c glovebox.Column) string {
	if c.Format != "" {
		return "identifier/format/" + c.Format
	}
	return "identifier/column/" + c.Name
}

// staysOpen is a file whose writer does not close it.
type staysOpen struct{ io.Writer }

func (staysOpen) Close() error { return nil }

// OwnFile opens a CSV file of rows that an author wrote. The file has to
// belong to the account that runs this, so that nobody is led to hand in
// somebody else's data, and may not lie below the folders in not: those of a
// domain.
func OwnFile(path string, not ...string) (*os.File, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	why := ""
	switch real, lerr := os.Readlink("/proc/self/fd/" + itoa(int(f.Fd()))); {
	case unix.Fstat(int(f.Fd()), &st) != nil || lerr != nil:
		why = "the file cannot be looked at"
	case int(st.Uid) != os.Getuid():
		why = "the file belongs to another account"
	case st.Size > sample.MaxFile:
		why = "the file is larger than 64 MiB"
	default:
		for _, dir := range not {
			if dir != "" && (real == dir || strings.HasPrefix(real, strings.TrimSuffix(dir, "/")+"/")) {
				why = "the file is a domain's own"
			}
		}
	}
	if why == "" {
		return f, nil
	}
	e := &glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: why}
	return nil, errors.Join(e.WithFix("sample rows come from a CSV file that you wrote; `glovebox dataset sample` makes one"), f.Close())
}
