package verify

import (
	"context"
	"os"
	"runtime"
	"sync"

	"glovebox.example/glovebox"

	"golang.org/x/mod/sumdb/tlog"
)

// Options changes what Log does. nil means all defaults.
type Options struct {
	// Entries is called with every entry that can be decoded, in order. An
	// error of it ends the check and is returned. nil: not called.
	Entries func(*Entry) error
	// Remembered are signed checkpoints of the log that the caller kept from
	// earlier days, away from the log. The log must contain each: then nothing
	// before it was rewritten and nothing was rolled back behind it. None: that
	// is not checked.
	Remembered [][]byte
}

// Log checks the log in dir against the public key vkey ("name+hash+key", as
// audit.Key.Verifier prints it). What is wrong with the log is in the report;
// an error says that the check could not be made: CodeInvalid for a bad key or
// remembered checkpoint, CodeNotFound for a folder that is not there.
//
// The log should not be open for writing: entries that are being added appear
// as unsigned, files that are being written as problems.
func Log(ctx context.Context, dir, vkey string, o *Options) (*Report, error) {
	if o == nil {
		o = &Options{}
	}
	keys, err := ReadKeys(vkey)
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		e := glovebox.Errorf(glovebox.CodeNotFound, "no audit log here")
		e.File = dir
		return nil, e
	}
	c := &checker{folder: folder{dir: dir, known: map[string]bool{}}, entries: o.Entries, report: &Report{Origin: keys.origin}, line: Keys{origin: keys.origin}}
	defer c.folder.close()
	for _, msg := range o.Remembered {
		cp, signer, err := openSigned(dir, msg, vkey)
		if err != nil {
			return nil, unusable(err)
		}
		c.remembered = append(c.remembered, &marked{checkpoint: cp, signer: signer})
	}
	c.checkpoint(vkey)
	c.treeState()
	if err := c.walk(ctx); err != nil {
		return nil, err
	}
	c.roots()
	c.signers(keys)
	c.others()
	return c.report, nil
}

// Checkpoint says whether msg is a checkpoint of the log whose public key is
// vkey. It fails with CodeInvalid if it is not.
func Checkpoint(msg []byte, vkey string) error {
	keys, err := ReadKeys(vkey)
	if err != nil {
		return err
	}
	if _, _, err := keys.open(msg); err != nil {
		return unusable(err)
	}
	return nil
}

func unusable(err error) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the remembered checkpoint cannot be used: %v", err).
		WithFix("give the file that `glovebox audit verify --save` wrote for this domain")
}

// marked is a checkpoint with the root that the entries give at its size.
type marked struct {
	checkpoint
	signer string
	is     tlog.Hash
}

// checker goes through one log.
type checker struct {
	folder
	entries    func(*Entry) error
	report     *Report
	signed     *checkpoint // nil: there is none to trust
	signer     string      // the key that signed it
	line       Keys        // that the entries name
	state      *checkpoint // the writer's unsigned note of its progress
	remembered []*marked
	total      uint64 // entries to read

	tree     peaks
	levels   []level
	atSigned tlog.Hash // roots at these sizes, as recomputed
	atState  tlog.Hash
	complete bool // every leaf hash up to total is known
}

// walk reads every bundle, hashes its entries into the tree and compares the
// tiles that this fills.
func (c *checker) walk(ctx context.Context) error {
	if c.signed == nil && c.state == nil {
		c.report.add("checkpoint", "nothing says how many entries there are; no entry can be checked")
		return nil
	}
	c.mark()
	for first := uint64(0); first < c.total; first += tileWidth {
		if err := ctx.Err(); err != nil {
			return glovebox.Errorf(glovebox.CodeInternal, "audit verify was stopped").Because(err)
		}
		n := int(min(tileWidth, c.total-first))
		leaves, err := c.bundle(first/tileWidth, n)
		if err != nil {
			return err
		}
		if leaves == nil {
			c.report.add(tileFile(-1, first/tileWidth), "entries %d to %d are missing, and so is their tile; nothing after them can be checked", first, c.total-1)
			return nil
		}
		for _, h := range leaves {
			c.tree.push(h)
			c.mark()
			c.fill(0, h)
		}
	}
	c.complete = true
	for l := range c.levels {
		if n := len(c.levels[l].hashes); n > 0 {
			c.tile(l, c.levels[l].index, c.levels[l].hashes)
		}
	}
	return nil
}

// mark keeps the root where a checkpoint speaks of it.
func (c *checker) mark() {
	for _, at := range []struct {
		cp   *checkpoint
		root *tlog.Hash
	}{{c.signed, &c.atSigned}, {c.state, &c.atState}} {
		if at.cp != nil && at.cp.size == c.tree.n {
			*at.root = c.tree.root()
		}
	}
	for _, old := range c.remembered {
		if old.size == c.tree.n {
			old.is = c.tree.root()
		}
	}
}

func (c *checker) fill(l int, h tlog.Hash) {
	if l == len(c.levels) {
		c.levels = append(c.levels, level{})
	}
	t := &c.levels[l]
	t.hashes = append(t.hashes, h)
	if len(t.hashes) < tileWidth {
		return
	}
	c.tile(l, t.index, t.hashes)
	up := fullRoot(t.hashes)
	t.index, t.hashes = t.index+1, t.hashes[:0]
	c.fill(l+1, up)
}

// bundle checks the n entries of one bundle and returns their leaf hashes:
// from the entries, or from the tile if the bundle cannot be split. nil: from
// neither.
func (c *checker) bundle(index uint64, n int) ([]tlog.Hash, error) {
	name, data, err := c.part(tileFile(-1, index), n, n*(2+1<<16))
	if err != nil {
		c.report.add(name, "%v", err)
		return c.leaves(index, n), nil
	}
	entries, err := splitBundle(data)
	switch {
	case err != nil:
		c.report.add(name, "malformed bundle: %v", err)
	case len(entries) < n:
		c.report.add(name, "%d entries, %d are signed", len(entries), n)
	case len(entries) > n && !c.fallback(name, n):
		c.report.add(name, "%d entries, more than the %d of the tree", len(entries), n)
	}
	first := index * tileWidth
	for i, d := range decodeAll(entries[:min(n, len(entries))]) {
		if err := c.entry(first+uint64(i), d); err != nil {
			return nil, err
		}
	}
	if len(entries) < n {
		return c.leaves(index, n), nil
	}
	leaves := make([]tlog.Hash, n)
	for i, raw := range entries[:n] {
		leaves[i] = tlog.RecordHash(raw)
	}
	c.stale(tileFile(-1, index), n, func(w int) []byte { return joinBundle(entries, w) })
	c.report.Files++
	return leaves, nil
}

// leaves reads leaf hashes from a tile.
func (c *checker) leaves(index uint64, n int) []tlog.Hash {
	_, data, err := c.part(tileFile(0, index), n, tileWidth*tlog.HashSize)
	if err != nil || len(data) < n*tlog.HashSize {
		return nil
	}
	leaves := make([]tlog.Hash, n)
	for i := range leaves {
		copy(leaves[i][:], data[i*tlog.HashSize:])
	}
	return leaves
}

// decoded is an entry, or why its bytes are none.
type decoded struct {
	entry *Entry
	err   error
}

// decodeAll decodes entries on all cores: each stands on its own, and it is most
// of the work of a check.
func decodeAll(raw [][]byte) []decoded {
	out := make([]decoded, len(raw))
	cores := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for core := range cores {
		all.Go(func() {
			for i := core; i < len(raw); i += cores {
				out[i].entry, out[i].err = decodeEntry(raw[i])
			}
		})
	}
	all.Wait()
	return out
}

// entry checks one entry against its place and hands it to the caller.
func (c *checker) entry(index uint64, d decoded) error {
	where := entryName(index)
	e := d.entry
	if d.err != nil {
		c.report.add(where, "cannot be decoded: %v", d.err)
		return nil //nolint:nilerr // it is in the report
	}
	e.Index = index
	if e.Seq != index+1 {
		c.report.add(where, "is numbered %d, not %d: an entry was left out, repeated or moved", e.Seq, index+1)
	}
	if e.Time < c.report.Last {
		c.report.add(where, "is dated before the entry ahead of it")
	}
	if c.report.First == "" {
		c.report.First = e.Time
	}
	c.report.Last = max(c.report.Last, e.Time)
	c.report.Read++
	c.link(where, e)
	if c.entries == nil {
		return nil
	}
	return c.entries(e)
}
