package audit

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"glovebox.example/glovebox"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"k8s.io/klog/v2"
)

// Open opens the log in dir for writing and reading, or starts it if there is
// none. It fails with CodeConflict if another process (or another Log of this
// one) has it open, and with CodeInvalid if what lies there does not match its
// last signed checkpoint: then nothing is written, so that `glovebox audit
// verify` finds what is wrong.
func Open(ctx context.Context, dir string, key *Key, o *Options) (_ *Log, err error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no key to sign the audit log with")
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, internal(err, "audit log folder")
	}
	if err := os.MkdirAll(filepath.Join(dir, stateDir), 0o700); err != nil {
		return nil, internal(err, "audit log folder")
	}
	silence()

	l := &Log{dir: dir, key: key, opts: opts}
	if l.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.unlock()
		}
	}()
	signed, err := inspect(dir, key)
	if err != nil {
		return nil, err
	}
	if err := clean(dir, signed); err != nil {
		return nil, err
	}
	if err := l.start(ctx); err != nil {
		return nil, err
	}
	if err := l.sync(ctx); err != nil {
		return nil, err
	}
	// From here on a checkpoint exists and covers every entry, so that one
	// that is missing or behind its tree later was tampered with.
	if _, err := l.Checkpoint(ctx, l.next); err != nil {
		return nil, err
	}
	return l, nil
}

// start runs an appender for each size of step over one storage. Only the last publishes
// checkpoints and collects garbage, and only until Close: two publishers could
// overtake each other and leave the older checkpoint.
func (l *Log) start(ctx context.Context) error {
	// The appenders live until Close, not until the caller's context ends.
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	driver, err := posix.New(run, posix.Config{Path: l.dir})
	if err != nil {
		return internal(err, "audit log storage")
	}
	options := func(size uint, publish, collect time.Duration, live func() bool) *tessera.AppendOptions {
		return tessera.NewAppendOptions().
			WithCheckpointSigner(noteSigner{l.key, live}).
			WithBatching(size, never).
			WithCheckpointInterval(publish).
			WithCheckpointRepublishInterval(0).
			WithGarbageCollectionInterval(collect).
			WithShutdownTimeout(l.opts.CheckpointWait)
	}
	// The one that publishes first: a new log gets its first checkpoint by it.
	o := options(1, checkpointInterval, collectInterval, func() bool { return run.Err() == nil })
	for i, size := range slices.Backward(stepSizes[:]) {
		if size > 1 {
			o = options(uint(size), never, 0, func() bool { return false })
		}
		a, shut, reader, err := tessera.NewAppender(run, driver, o)
		if err != nil {
			return internal(err, "audit log storage")
		}
		l.steps[i], l.reader = appender{a.Add, shut}, reader
	}
	return nil
}

// quiet guards the storage's logging library, which has one setting for the
// whole process and must not be set while anything logs.
var quiet sync.Once

// silence keeps the storage from writing to standard error, which belongs to
// the command line: what fails comes back as an error of the call.
func silence() {
	quiet.Do(func() { klog.SetSlogLogger(slog.New(slog.DiscardHandler)) })
}
