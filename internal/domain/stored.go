package domain

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// Bounds of what one developer's jobs leave in the domain for good.
const (
	// MaxReleasesBound is the most that domain.json may ask for.
	MaxReleasesBound = 1_000_000
	// DefaultReleases is how many releases a developer has stored at most where
	// domain.json does not say.
	DefaultReleases = 10_000
	// MaxStoredGiB is the most that domain.json may ask for.
	MaxStoredGiB = 1 << 20
	// DefaultStored, in bytes, is what they take where domain.json does not say, or
	// a sixteenth of the domain's file system where that is less.
	DefaultStored = 8 << 30
)

// Stored says what a developer's jobs have stored, and what they may.
type Stored struct {
	// Releases that are stored, and those of jobs that are paid for and not done.
	Releases, MaxReleases int
	// Bytes of these releases, of the reports attached to them, of the modules that
	// made them and of the jobs' own documents; of a release that is not made yet,
	// the most it can take.
	Bytes, MaxBytes int64
}

// Stored reads what a developer's jobs have stored.
func (d *Domain) Stored(tx *store.Tx, developer string) (s Stored, err error) {
	s.MaxReleases, s.MaxBytes = d.MaxReleases, d.MaxStored
	s.Releases, s.Bytes, err = tx.StoredBy(developer)
	return s, err
}

// Holds says whether a developer's next job fits, whose release and module take
// room bytes at most. It follows from declarations and from what was released
// before, and not from data. It fails with CodeBudget.
func (d *Domain) Holds(tx *store.Tx, developer string, room int64) error {
	s, err := d.Stored(tx, developer)
	switch {
	case err != nil:
		return err
	case s.Releases >= s.MaxReleases:
		return glovebox.Errorf(glovebox.CodeBudget, "%s has %d releases stored, and a developer of this domain has at most %d", developer, s.Releases, s.MaxReleases).
			WithFix("put several figures into one job, run again what is stored already; or have whoever operates the domain raise `max_releases` in its domain.json")
	case s.Bytes+room > s.MaxBytes:
		return glovebox.Errorf(glovebox.CodeBudget, "what is stored for %s takes %d MiB, this job can take %d MiB more, and a developer of this domain has at most %d MiB", developer, mib(s.Bytes), mib(room), mib(s.MaxBytes)).
			WithFix("declare fewer keys, metrics or values, or public keys; or have whoever operates the domain raise `max_stored` in its domain.json")
	}
	return nil
}

// mib is bytes in MiB, rounded up.
func mib(n int64) int64 { return (n + 1<<20 - 1) >> 20 }
