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
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain/job"
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
	Require   []string
	witnesses []*verify.Witness
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
	// JobGists and ReleaseGists are what lists know of jobs and releases.
	JobGists     store.Gists[*job.Doc]
	ReleaseGists store.Gists[job.ReleaseState]
	Vault        *vault.Vault
	Policy       *policy.Engine

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

	publishing publisher
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
