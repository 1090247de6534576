package audit

import (
	"bytes"
	"context"
	"crypto/subtle"
	"os"
	"sync"
	"time"

	"glovebox.example/glovebox"

	"github.com/transparency-dev/tessera"
)

const (
	// DefaultCheckpointWait is how long Open, Checkpoint, Proof and Close wait
	// for a signed checkpoint. It normally takes up to 0.2 s; on a disk that
	// other work keeps busy a flush alone may take seconds.
	DefaultCheckpointWait = time.Minute

	// checkpointInterval is the shortest that the storage takes.
	checkpointInterval = 100 * time.Millisecond
	// collectInterval is how often partial tiles under full ones are removed.
	collectInterval = 5 * time.Second
	// never is longer than any process runs.
	never = 100 * 365 * 24 * time.Hour
)

// stepSizes is how many entries are written at once, from the largest: a batch is
// taken apart into such steps. A step must reach the disk as a whole or not at
// all: were one half written after the other had failed, its entries would lie at
// wrong indexes. So nothing here is ever flushed by a timer.
var stepSizes = [...]int{512, 128, 32, 8, 1}

// Options changes how a log is kept. nil means all defaults.
type Options struct {
	// CheckpointWait is how long to wait for a signed checkpoint. Default
	// (zero): DefaultCheckpointWait. At least 1 s, at most 10 min.
	CheckpointWait time.Duration
}

func (o *Options) withDefaults() (Options, error) {
	var r Options
	if o != nil {
		r = *o
	}
	if r.CheckpointWait == 0 {
		r.CheckpointWait = DefaultCheckpointWait
	}
	if r.CheckpointWait < time.Second || r.CheckpointWait > 10*time.Minute {
		return r, glovebox.Errorf(glovebox.CodeInvalid, "checkpoint wait is outside 1 s to 10 min")
	}
	return r, nil
}

// Log is an open log. Its methods may be called at the same time; appends
// follow one another.
type Log struct {
	dir    string
	key    *Key
	opts   Options
	lock   *os.File
	reader tessera.LogReader
	stop   context.CancelFunc

	steps [len(stepSizes)]appender // the last is entry by entry

	mu     sync.Mutex
	closed bool
	synced bool   // next and last say what is on disk
	next   uint64 // index of the next entry
	last   *Entry // the entry before it; nil: none
}

type appender struct {
	add  tessera.AddFn
	shut func(context.Context) error
}

// Append adds one encoded entry and returns its index in the tree, which is
// its Seq-1. When it returns without error, the entry is on disk and in the
// tree, and Entry reads it.
//
// Entries come in the order of their Seq. An entry that the log already holds
// is answered with its index, so after a crash the caller appends whatever it
// is not sure of; other bytes under a Seq that is taken, a gap, or a time
// before the last entry's is refused with CodeConflict. After any other error
// the entry may or may not be in: append it again.
//
// The context is looked at before the entry is queued, not after.
func (l *Log) Append(ctx context.Context, entry []byte) (uint64, error) {
	return l.AppendBatch(ctx, [][]byte{entry})
}

// AppendBatch adds entries as Append does and returns the index of the first.
// If the process ends or fails in between, the log holds a prefix of them.
func (l *Log) AppendBatch(ctx context.Context, entries [][]byte) (first uint64, err error) {
	if len(entries) == 0 {
		return 0, glovebox.Errorf(glovebox.CodeInternal, "no audit entry to append")
	}
	decoded := make([]*Entry, len(entries))
	for i, data := range entries {
		if decoded[i], err = DecodeEntry(data); err != nil {
			return 0, err
		}
		if i > 0 && decoded[i].Seq != decoded[i-1].Seq+1 {
			return 0, badEntry("seq", "entries of a batch are not numbered one after the other")
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, internal(err, "audit append")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, glovebox.Errorf(glovebox.CodeInternal, "the audit log is closed")
	}
	if !l.synced {
		if err := l.sync(ctx); err != nil {
			return 0, err
		}
	}
	first = decoded[0].Seq - 1
	for len(decoded) > 0 && decoded[0].Seq <= l.next {
		if err := l.same(ctx, decoded[0], entries[0]); err != nil {
			return 0, err
		}
		decoded, entries = decoded[1:], entries[1:]
	}
	if len(decoded) > 0 && decoded[0].Seq != l.next+1 {
		return 0, glovebox.Errorf(glovebox.CodeConflict, "audit entry %d does not follow entry %d", decoded[0].Seq, l.next)
	}
	prev := l.last
	for _, e := range decoded {
		if prev != nil && e.Time < prev.Time {
			return 0, glovebox.Errorf(glovebox.CodeConflict, "audit entry %d is dated before the entry ahead of it", e.Seq).
				WithFix("set the clock, or repeat the last entry's time")
		}
		prev = e
	}
	for len(decoded) > 0 {
		at := 0
		for stepSizes[at] > len(decoded) {
			at++
		}
		n := stepSizes[at]
		if err := l.flush(ctx, l.steps[at], entries[:n]); err != nil {
			return 0, err
		}
		l.next += uint64(n)
		l.last = decoded[n-1]
		decoded, entries = decoded[n:], entries[n:]
	}
	return first, nil
}

// same says whether the log already holds an entry; the caller holds mu.
func (l *Log) same(ctx context.Context, e *Entry, data []byte) error {
	old, err := l.Entry(ctx, e.Seq-1)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(old, data) != 1 {
		return glovebox.Errorf(glovebox.CodeConflict, "the audit log holds another entry %d", e.Seq)
	}
	return nil
}

// flush writes the entries of one step; the caller holds mu.
func (l *Log) flush(ctx context.Context, a appender, entries [][]byte) error {
	futures := make([]tessera.IndexFuture, len(entries))
	for i, e := range entries {
		futures[i] = a.add(context.WithoutCancel(ctx), tessera.NewEntry(bytes.Clone(e)))
	}
	var failed error
	for i, f := range futures {
		index, err := f()
		switch {
		case err != nil:
			failed = internal(err, "audit append")
		case index.Index != l.next+uint64(i):
			failed = glovebox.Errorf(glovebox.CodeInternal, "audit entry %d was put at index %d", l.next+uint64(i)+1, index.Index).
				WithFix("run `glovebox audit verify`")
		}
	}
	l.synced = failed == nil
	return failed
}

// sync reads how far the log has come; the caller holds mu or is Open.
func (l *Log) sync(ctx context.Context) error {
	n, err := l.reader.IntegratedSize(ctx)
	if err != nil {
		return internal(err, "audit log size")
	}
	l.next, l.last = n, nil
	if n > 0 {
		data, err := l.Entry(ctx, n-1)
		if err != nil {
			return err
		}
		if l.last, err = DecodeEntry(data); err != nil {
			return damaged(l.dir, "its last entry cannot be read").Because(err)
		}
		if l.last.Seq != n {
			return damaged(l.dir, "its last entry is not numbered by its place")
		}
	}
	l.synced = true
	return nil
}

// Close waits until a signed checkpoint covers every entry, stops writing and
// gives the log free for others. A second call does nothing.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	var err error
	for _, a := range l.steps { // the one that publishes last
		if e := a.shut(ctx); err == nil {
			err = e
		}
	}
	l.unlock()
	if err != nil {
		return internal(err, "audit log is not signed to its end; it will be when it is opened again")
	}
	return nil
}

func (l *Log) unlock() {
	if l.stop != nil {
		l.stop()
	}
	release(l.lock)
}
