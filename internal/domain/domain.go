// Package domain opens the directory in which data lives: its keys, vault,
// database and log, and the changes that people make to its records (users,
// datasets, scenarios, grants).
//
// Every change goes through Effect: the documents, the charges and the audit
// entry are one transaction, and Effect returns only when the entry is in the
// log. One process writes to a domain at a time; a Session that runs a job steps
// apart meanwhile. The package does not run jobs: internal/pipeline does.
package domain

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/fault"
	"glovebox.example/glovebox/policy"
)

// Files of a domain directory.
const (
	configFile = "domain.json"
	dbFile     = "domain.db"
	lockFile   = "lock"
	logDir     = "log"
	policyDir  = "policy"
)

// DefaultMaxFuel is the most fuel that a module may ask for per unit, unless
// domain.json says otherwise. One unit of fuel is about one instruction. What a
// module may do with one person's rows bounds what its run time can tell.
const DefaultMaxFuel = 10_000_000

// Requirements are what `require` in domain.json can ask of jobs: that their
// module is certified, that they were promoted, that their product is on the list
// under the code that the authority issued.
var Requirements = []string{"certified", "promoted", "listed"}

// MaxMinDeadline is the longest deadline that a job can declare, in seconds.
const MaxMinDeadline = 86400

// DefaultParts is how many token ranges a snapshot is cut into.
const DefaultParts = 8

// config is DIR/domain.json.
type config struct {
	Format int    `json:"format"` // 1
	Name   string `json:"name"`
	Parts  int    `json:"parts"`
	// MaxFuel per unit, 1,000 to 1e9; 0: DefaultMaxFuel.
	MaxFuel int64 `json:"max_fuel,omitempty"`
	// Strict: every job declares a deadline, and its result shows then.
	Strict bool `json:"strict,omitempty"`
	// MinDeadline, in seconds: the least deadline that a job of a strict domain
	// declares, up to MaxMinDeadline; 0: any.
	MinDeadline float64 `json:"min_deadline,omitempty"`
	// Applications: a scenario is granted only what its providers agreed to, and
	// what the authority answered for, also where it was filed in one step.
	Applications bool `json:"applications,omitempty"`
	// MaxRuns is how many jobs run at once, 1 to MaxRunsBound; 0: one a core, and
	// no more than one for each RunMemory of the machine's memory.
	MaxRuns int `json:"max_runs,omitempty"`
	// MaxDisk is how much disk running jobs take together for keys beyond their
	// memory, in GiB, 1 to MaxDiskGiB; 0: DefaultDisk, or a quarter of the file
	// system.
	MaxDisk int64 `json:"max_disk,omitempty"`
	// Require is what a job needs beside its grant: see Requirements.
	Require []string `json:"require,omitempty"`
	// MaxReleases is how many releases one developer has stored, 1 to
	// MaxReleasesBound; 0: DefaultReleases.
	MaxReleases int `json:"max_releases,omitempty"`
	// MaxStored is how much is stored for one developer's jobs, in GiB, 1 to
	// MaxStoredGiB; 0: DefaultStored, or a sixteenth of the file system.
	MaxStored int64 `json:"max_stored,omitempty"`
}

// Options of Open; nil means a read-only look with the system clock.
type Options struct {
	// ReadOnly opens without the writer's lock and without the log's writer.
	ReadOnly bool
	// Still, with ReadOnly, waits for the writer's lock and keeps it, so that
	// nothing changes while it looks; where it may not be taken, such as on a
	// medium that cannot be written, nothing does.
	Still bool
	// Waiting is called once if another process holds the lock. May be nil.
	Waiting func()
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Domain is an open domain.
type Domain struct {
	Dir   string
	Name  string
	Parts int
	// MaxFuel is the most fuel per unit that a module may ask for.
	MaxFuel int64
	// Strict lets results show at declared deadlines only.
	Strict bool
	// Require is what a job needs beside its grant: some of Requirements.
	Require []string
	// MinDeadline is the least deadline in a strict domain, in seconds.
	MinDeadline float64
	// Applications: no scenario is granted what its providers did not agree to.
	Applications bool
	// MaxRuns is how many jobs run at once in this domain, whoever runs them.
	MaxRuns int
	// MaxDisk is how many bytes of disk running jobs may take together.
	MaxDisk int64
	// MaxReleases is how many releases one developer has stored at most.
	MaxReleases int
	// MaxStored is how many bytes are stored for one developer's jobs at most.
	MaxStored int64
	Store     *store.Store
	Vault     *vault.Vault
	Policy    *policy.Engine

	settings []byte // of domain.json, as they are in use
	logKey   atomic.Pointer[audit.Key]
	now      func() time.Time
	readOnly bool
	still    bool // nothing can be written where it lies

	mu     sync.Mutex
	log    *audit.Log // nil when read-only, or given up by a session apart
	lock   *os.File
	inside int // sessions that hold the lock
	apart  int // sessions that gave it up for a while

	publishing sync.Mutex
	turning    sync.RWMutex // held while the log is opened under another key
}

// Open opens the domain in dir. A writer first finishes what a killed process
// left: entries that were not in the log yet, files of half a load, half an Init.
func Open(ctx context.Context, dir string, o *Options) (_ *Domain, err error) {
	if o == nil {
		o = &Options{ReadOnly: true}
	}
	if _, _, err := readConfig(dir); err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the domain cannot be named").Because(err)
	}
	d := &Domain{Dir: dir, now: o.Now, readOnly: o.ReadOnly}
	if d.now == nil {
		d.now = time.Now
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if !o.ReadOnly {
		if d.lock, err = lock(ctx, filepath.Join(dir, lockFile), o.Waiting); err != nil {
			return nil, err
		}
	} else if !exists(dir, dbFile) {
		return nil, unfinished(dir)
	} else if o.Still {
		if d.lock, err = lock(ctx, filepath.Join(dir, lockFile), o.Waiting); err != nil && ctx.Err() != nil {
			return nil, err
		}
	}
	// Settings and policies are read under the lock, so that what one process sees
	// changed is what the next works by.
	if err = d.configure(); err != nil {
		return nil, err
	}
	if d.Vault, err = vault.Open(dir); err != nil {
		return nil, err
	}
	if err = d.openStore(ctx, o); err != nil {
		return nil, err
	}
	extra, err := readPolicies(dir)
	if err != nil {
		return nil, err
	}
	if d.Policy, err = policy.New(ctx, &policy.Options{Modules: extra}); err != nil {
		return nil, inPolicy(err, dir, extra)
	}
	if err = d.openKeys(ctx); err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return d, nil
	}
	if d.log, err = audit.Open(ctx, d.LogDir(), d.logKey.Load(), nil); err != nil {
		return nil, err
	}
	if err := d.Store.Publish(ctx, d.log); err != nil {
		return nil, err
	}
	if err := d.finishKeys(ctx); err != nil {
		return nil, err
	}
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	if err := d.notice(ctx); err != nil {
		return nil, err
	}
	if err := d.cleanVault(ctx); err != nil {
		return nil, err
	}
	return d, d.destroy(ctx)
}

// configure takes the settings of domain.json.
func (d *Domain) configure() error {
	c, raw, err := readConfig(d.Dir)
	if err != nil {
		return err
	}
	d.settings, d.Require = raw, c.Require
	d.Name, d.Parts, d.MaxFuel, d.Strict, d.MinDeadline, d.MaxRuns = c.Name, c.Parts, c.MaxFuel, c.Strict, c.MinDeadline, c.MaxRuns
	d.Applications = c.Applications
	if d.MaxFuel == 0 {
		d.MaxFuel = DefaultMaxFuel
	}
	if d.MaxRuns == 0 {
		d.MaxRuns = defaultRuns()
	}
	if d.MaxDisk = c.MaxDisk << 30; d.MaxDisk == 0 {
		d.MaxDisk = defaultDisk(d.Dir)
	}
	if d.MaxReleases = c.MaxReleases; d.MaxReleases == 0 {
		d.MaxReleases = DefaultReleases
	}
	if d.MaxStored = c.MaxStored << 30; d.MaxStored == 0 {
		d.MaxStored = defaultStored(d.Dir)
	}
	return nil
}

// Close lets go of everything.
func (d *Domain) Close() error {
	var errs []error
	if d.Store != nil {
		errs = append(errs, d.Store.Close())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Join(append(errs, d.give())...)
}

// LogDir is the directory of the audit log.
func (d *Domain) LogDir() string { return filepath.Join(d.Dir, logDir) }

// Now is the domain's clock, in UTC.
func (d *Domain) Now() time.Time { return d.now().UTC() }

// Stamp is the time as documents hold it.
func (d *Domain) Stamp() string { return d.Now().Format(time.RFC3339) }

// Effect changes the domain on behalf of a user. The change takes effect, and
// Effect returns nil, once its entries are in the log.
func (d *Domain) Effect(ctx context.Context, by *By, fn func(*store.Tx) error) error {
	s, err := d.Enter(ctx)
	if err != nil {
		return err
	}
	defer s.End()
	if err := d.Store.Update(ctx, by.Name, func(tx *store.Tx) error {
		if err := d.prove(tx, by); err != nil {
			return err
		}
		return fn(tx)
	}); err != nil {
		return err
	}
	by.used.Store(true)
	fault.Point("committed")
	return d.publish(ctx)
}

// publish moves the outbox into the log, one caller at a time.
func (d *Domain) publish(ctx context.Context) error {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	d.turning.RLock()
	defer d.turning.RUnlock()
	return d.Store.Publish(ctx, d.log)
}

// LocalTime is the domain's clock in the host's own zone: terms of grants are
// civil dates.
func (d *Domain) LocalTime() string { return d.now().Format(time.RFC3339) }

// Proof is the evidence that an entry is in the log.
func (d *Domain) Proof(ctx context.Context, index uint64) (*audit.Proof, []byte, error) {
	if d.readOnly {
		h, err := verify.HeadOf(d.LogDir(), d.verifier())
		if err != nil {
			return nil, nil, err
		}
		e, leaf, path, err := verify.Inclusion(d.LogDir(), h, index)
		return &audit.Proof{Index: index, Size: h.Size, Leaf: leaf, Path: path, Checkpoint: string(h.Note)}, e, err
	}
	s, err := d.Enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer s.End()
	d.turning.RLock()
	defer d.turning.RUnlock()
	p, err := d.log.Proof(ctx, index)
	if err != nil {
		return nil, nil, err
	}
	e, err := d.log.Entry(ctx, index)
	return p, e, err
}

// Checkpoint is the log's signed head, of all that took effect so far.
func (d *Domain) Checkpoint(ctx context.Context) ([]byte, error) {
	s, err := d.Enter(ctx)
	if err != nil {
		return nil, err
	}
	defer s.End()
	d.turning.RLock()
	defer d.turning.RUnlock()
	n, err := d.log.Size(ctx)
	if err != nil {
		return nil, err
	}
	return d.log.Checkpoint(ctx, n)
}

func readConfig(dir string) (config, []byte, error) {
	var c config
	path := filepath.Join(dir, configFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return c, nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "this is not a domain"}).WithFix("`glovebox init DIR` makes one")
	}
	if err != nil {
		return c, nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the domain cannot be read"}).WithFix("use the account that owns it")
	}
	if err := json.Unmarshal(b, &c); err != nil || c.Format != 1 || c.Name == "" || !known(c.Require) || !powerOfTwo(c.Parts) || c.MaxFuel < 0 || c.MaxFuel > 1e9 || c.MaxRuns < 0 || c.MaxRuns > MaxRunsBound || c.MaxDisk < 0 || c.MaxDisk > MaxDiskGiB || !c.stores() || c.MinDeadline < 0 || c.MinDeadline > MaxMinDeadline {
		return c, nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "this is not a domain of format 1"}).WithFix("restore it from a backup")
	}
	return c, b, nil
}

// stores says whether the bounds of what developers have stored can be.
func (c *config) stores() bool {
	return c.MaxReleases >= 0 && c.MaxReleases <= MaxReleasesBound && c.MaxStored >= 0 && c.MaxStored <= MaxStoredGiB
}

// known says whether all are Requirements.
func known(all []string) bool {
	return !slices.ContainsFunc(all, func(r string) bool { return !slices.Contains(Requirements, r) })
}

func powerOfTwo(n int) bool { return n >= 1 && n <= 1024 && n&(n-1) == 0 }
