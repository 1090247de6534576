// Package exporter writes an approved release to a destination: a bundle of
// files (package bundle), checked before it leaves and compared after.
//
// # What is promised
//
// Nothing leaves but a *release.Release, and each leaves once: the export takes
// the content out of it. Before the first byte is sent the bundle is verified
// as its reader will verify it. No file is ever overwritten. Of several exports
// of one release with different bytes exactly one succeeds; the same export
// made again, after a crash or by two machines, succeeds without changing
// anything. Every file is announced with its SHA-256 and compared with what the
// destination says it holds. Only errors that the destination calls transient
// are tried again.
//
// # What is not promised
//
// The files of a bundle do not appear all at once. The signed statement comes
// first and claims the name, so until the export returns a reader may find a
// bundle that does not verify yet for want of files. Who can read the
// destination is not this package's business.
package exporter

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/internal/release"
)

const (
	// DefaultAttempts is how often one operation is tried.
	DefaultAttempts = 5
	// DefaultBackoff is the longest wait after the first failure; it doubles
	// with each.
	DefaultBackoff = 200 * time.Millisecond
	// maxBackoff ends the doubling.
	maxBackoff = 10 * time.Second
)

// Options changes how an Exporter works. nil means all defaults.
type Options struct {
	// Attempts is how often an operation is tried if its errors are transient.
	// Default (zero): DefaultAttempts. 1: no retry. At most 20.
	Attempts int
	// Backoff is the longest wait after the first failure. The wait is drawn
	// from the upper half of it, doubles with each failure and ends at 10 s.
	// Default (zero): DefaultBackoff. 1 ms to 10 s.
	Backoff time.Duration
	// Retrying is called before an operation on a file is tried again: which
	// try of how many comes next, and why the one before failed. May be nil.
	Retrying func(name string, next, of int, err error)
}

func (o *Options) withDefaults() (Options, error) {
	var r Options
	if o != nil {
		r = *o
	}
	if r.Attempts == 0 {
		r.Attempts = DefaultAttempts
	}
	if r.Backoff == 0 {
		r.Backoff = DefaultBackoff
	}
	if r.Attempts < 1 || r.Attempts > 20 || r.Backoff < time.Millisecond || r.Backoff > maxBackoff {
		return r, glovebox.Errorf(glovebox.CodeInvalid, "export attempts are outside 1 to 20, or their backoff outside 1 ms to 10 s")
	}
	return r, nil
}

// Exporter writes releases to one destination. It may be used at the same time
// by several callers.
type Exporter struct {
	dest  driver.Destination
	check bundle.ProofFunc
	opts  Options
}

// New makes an exporter. check verifies inclusion proofs (audit/verify.Proof),
// so that no bundle leaves that its reader would refuse.
func New(dest driver.Destination, check bundle.ProofFunc, o *Options) (*Exporter, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if dest == nil || check == nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "an exporter needs a destination and a proof check")
	}
	return &Exporter{dest, check, opts}, nil
}

// Exported says what lies at the destination.
type Exported struct {
	Folder string // the release's ID; every name below starts with it and "/"
	Files  []ExportedFile
}

// ExportedFile is one file of an exported bundle.
type ExportedFile struct {
	Name   string
	Size   int64
	SHA256 string // 64 hex digits
}

// Export takes the content of rel and writes its bundle into the folder named
// by the release's ID. Decision, Receipt and Index of ev are set from rel. It
// fails with CodeConflict if rel was exported before or if the folder holds
// another bundle of the same release, and with CodeDenied if its decision does
// not allow.
//
// After another error the bundle may be there in part: the same export made
// again (a new Release with the same content, the same evidence) completes it.
func (e *Exporter) Export(ctx context.Context, rel *release.Release, ev bundle.Evidence) (*Exported, error) {
	content, err := rel.Take()
	if err != nil {
		return nil, err
	}
	ev.Decision, ev.Receipt, ev.Index = rel.Decision(), rel.Receipt(), rel.Index()
	files, err := bundle.Build(ctx, content, ev)
	if err != nil {
		return nil, err
	}
	content.Rows = nil // the files hold them now, and the check reads them anew
	report, err := bundle.VerifyFiles(ctx, files, e.check, nil)
	if err != nil {
		return nil, err
	}
	if err := report.Err(); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "release %s was not exported", content.ID).Because(err)
	}
	if report.Content != rel.Digest() {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "release %s changed after it was approved", content.ID)
	}
	out := &Exported{Folder: content.ID}
	for _, f := range files {
		name := content.ID + "/" + f.Name
		if err := e.put(ctx, name, f.Data); err != nil {
			return nil, err
		}
		out.Files = append(out.Files, ExportedFile{name, int64(len(f.Data)), f.SHA256()})
	}
	return out, nil
}

// put stores one file and looks at what is stored. A file that is already
// there with the same bytes is as good as stored: an earlier try did it.
func (e *Exporter) put(ctx context.Context, name string, body []byte) error {
	sum := sha256.Sum256(body)
	err := e.retry(ctx, name, func() error {
		if err := e.dest.Put(ctx, name, body, sum); !errors.Is(err, driver.ErrExist) {
			return err
		}
		return nil
	})
	if err != nil {
		return failed(name, err)
	}
	var info driver.Info
	err = e.retry(ctx, name, func() (err error) {
		info, err = e.dest.Stat(ctx, name)
		return err
	})
	if errors.Is(err, driver.ErrExist) || err == nil && (info.SHA256 != sum || info.Size != int64(len(body))) {
		c := glovebox.Errorf(glovebox.CodeConflict, "something else was exported under this name").
			WithFix("export to another place; nothing is overwritten")
		c.File = name
		return c
	}
	if errors.Is(err, driver.ErrNotExist) {
		err = glovebox.Errorf(glovebox.CodeInternal, "the destination said that it stored the file, and does not have it").
			WithFix("look at the destination and at what lies between here and it, then run the same export again")
	}
	if err != nil {
		return failed(name, err)
	}
	return nil
}

// failed is the error of an export. What to do about it is what the destination
// says, if it does.
func failed(name string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := glovebox.Errorf(glovebox.CodeInternal, "export failed").Because(err).WithFix("run the same export again: it goes on where this one stopped")
	if own, ok := errors.AsType[*glovebox.Error](err); ok {
		e.Code = own.Code
		inner := *own
		if own.Fix != "" {
			e.Fix = own.Fix
		}
		inner.File, inner.Fix = "", "" // said once
		e.Err = &inner
	}
	e.File = name
	return e
}

// retry runs an operation until it succeeds, fails for good, has been tried
// often enough, or the context ends.
func (e *Exporter) retry(ctx context.Context, name string, op func() error) error {
	wait := e.opts.Backoff
	for try := 1; ; try++ {
		err := op()
		if err == nil || !driver.IsTransient(err) || try == e.opts.Attempts {
			return err
		}
		if e.opts.Retrying != nil {
			e.opts.Retrying(name, try+1, e.opts.Attempts, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait/2+1)): //nolint:gosec // so that clients do not come together; no secret
		}
		wait = min(2*wait, maxBackoff)
	}
}
