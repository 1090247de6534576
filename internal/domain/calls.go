package domain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/workday"
)

// callsDir holds the call log (调用日志) of days that are not closed: a file a day,
// a line a call.
const callsDir = "calls"

// maxCallDay bounds the calls of one day, in bytes of its file: some 200,000.
const maxCallDay = 64 << 20

// Call is one time that somebody was handed data of a product.
type Call struct {
	At      string `json:"at"` // RFC 3339, UTC
	User    string `json:"user"`
	Org     string `json:"org"`
	Product string `json:"product"`
	Release string `json:"release"`
	Form    string `json:"form"`
	Bytes   int    `json:"bytes"`
	SHA256  string `json:"sha256"` // of what was handed over, 64 hex digits
}

// CallsDoc closes the call log of a day (Beijing time): what its bytes were, and
// how many calls each product had.
type CallsDoc struct {
	Day      string         `json:"day"` // YYYY-MM-DD
	Digest   string         `json:"digest"`
	Calls    int            `json:"calls"`
	Products map[string]int `json:"products"`
	// Damaged are lines that a stop of the machine left half written.
	Damaged int `json:"damaged"`
}

// NoteCall writes a call down, durably, before what it is about is handed over.
// It closes the days before. One process holds the folder's lock meanwhile.
func (d *Domain) NoteCall(ctx context.Context, c Call) error {
	if err := d.CloseCalls(ctx); err != nil {
		return err
	}
	return d.withCalls(ctx, func(dir string) error {
		now := d.Now()
		c.At = now.Format(time.RFC3339)
		line, err := json.Marshal(c)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(dir, workday.Day(now)), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		if info.Size() > maxCallDay {
			return glovebox.Errorf(glovebox.CodeConflict, "the call log of today is full").WithFix("no data is handed out before tomorrow: ask what calls so often")
		}
		if n := info.Size(); n > 0 { // a stop of the machine may have cut the last line
			last := make([]byte, 1)
			if _, err := f.ReadAt(last, n-1); err != nil {
				return err
			}
			if last[0] != '\n' {
				line = append([]byte{'\n'}, line...)
			}
		}
		if _, err := f.Write(append(line, '\n')); err != nil {
			return err
		}
		return f.Sync()
	})
}

// CloseCalls closes each day before today that has calls: its file becomes a blob,
// and its digest an entry of the log. The program does it of its own accord, before
// the first call of another day, when a core starts and once an hour.
func (d *Domain) CloseCalls(ctx context.Context) error {
	if d.readOnly {
		return nil
	}
	return d.withCalls(ctx, func(dir string) error {
		days, err := callDays(dir)
		if err != nil {
			return err
		}
		for _, day := range days {
			if day >= workday.Day(d.Now()) {
				continue
			}
			path := filepath.Join(dir, day)
			data, err := os.ReadFile(path) //nolint:gosec // the domain's own folder, and a name that is a day
			if err != nil {
				return err
			}
			if err := d.closeDay(ctx, day, data); err != nil {
				return err
			}
			if err := os.Remove(path); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *Domain) closeDay(ctx context.Context, day string, data []byte) error {
	doc := CallsDoc{Day: day, Digest: glovebox.Digest(data), Products: map[string]int{}}
	all, damaged := readCalls(data)
	for _, c := range all {
		doc.Products[c.Product]++
	}
	doc.Calls, doc.Damaged = len(all), damaged
	return d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		known, err := CallDays.Find(tx, day)
		if err != nil || known != nil && known.Digest == doc.Digest { // a stop came before the file went
			return err
		}
		if known != nil {
			return glovebox.Errorf(glovebox.CodeConflict, "the call log of %s is closed, and there are other calls of that day", day).
				WithFix("somebody set the clock back or wrote into DIR/calls: move the file away, and report it")
		}
		if _, err := tx.PutBlob(data); err != nil {
			return err
		}
		return CallDays.Put(tx, "product.calls", day, doc, map[string]any{"digest": doc.Digest, "calls": doc.Calls})
	})
}

// withCalls holds the folder of calls for one process at a time.
func (d *Domain) withCalls(ctx context.Context, do func(dir string) error) error {
	dir := filepath.Join(d.Dir, callsDir)
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err != nil {
		return callsFailed(err)
	}
	f, err := os.Open(dir) //nolint:gosec // the domain's own folder
	if err != nil {
		return callsFailed(err)
	}
	if f, err = flock(ctx, f, unix.LOCK_EX, nil); err != nil {
		return err
	}
	defer f.Close()
	err = do(dir)
	if _, ok := errors.AsType[*glovebox.Error](err); err == nil || ok {
		return err
	}
	return callsFailed(err)
}

func callsFailed(err error) error {
	return glovebox.Errorf(glovebox.CodeInternal, "the call log cannot be written").Because(err).WithFix("give the domain's disk room, and use the account that owns it")
}

// callDays are the days whose files are there, oldest first.
func callDays(dir string) (out []string, err error) {
	all, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range all {
		if _, bad := time.Parse(time.DateOnly, e.Name()); bad == nil && e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out, err
}

// readCalls reads the lines of a day, and counts those that are none.
func readCalls(data []byte) (out []Call, damaged int) {
	for line := range bytes.Lines(data) {
		var c Call
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&c); err != nil || c.Product == "" || line[len(line)-1] != '\n' {
			damaged++
			continue
		}
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			damaged++
			continue
		}
		out = append(out, c)
	}
	return out, damaged
}

// CallDay is the call log of a day with its calls; one that is not closed has no
// digest yet.
type CallDay struct {
	CallsDoc
	Entries []Call `json:"entries"`
}

// CallsOf is the call log of a day, "" for today, for the products that may is
// true of.
func (d *Domain) CallsOf(ctx context.Context, day string, may func(product string) bool) (*CallDay, error) {
	today := workday.Day(d.Now())
	if day == "" {
		day = today
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return nil, glovebox.Invalid("day", "is not a day").WithFix("write YYYY-MM-DD")
	}
	out := &CallDay{CallsDoc: CallsDoc{Day: day, Products: map[string]int{}}, Entries: []Call{}}
	data, err := os.ReadFile(filepath.Join(d.Dir, callsDir, day)) //nolint:gosec // the domain's own folder, and a name that is a day
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, callsFailed(err)
	}
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		doc, err := CallDays.Find(tx, day)
		if err != nil || doc == nil {
			return err
		}
		out.CallsDoc = *doc
		data, err = tx.Blob(doc.Digest)
		return err
	})
	if err != nil {
		return nil, err
	}
	all, damaged := readCalls(data)
	for _, c := range all {
		if may(c.Product) {
			out.Entries = append(out.Entries, c)
		}
	}
	out.Damaged, out.Calls = damaged, len(out.Entries)
	clear(out.Products)
	for _, c := range out.Entries {
		out.Products[c.Product]++
	}
	return out, nil
}
