package domain

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"glovebox.example/glovebox"
)

// DefaultMaxFuel is the most fuel that a module may ask for per unit, unless
// domain.json says otherwise. One unit of fuel is about one instruction. What a
// module may do with one person's rows bounds what its run time can tell.
const DefaultMaxFuel = 10_000_000

// Requirements are what `require` in domain.json can ask of jobs: that their
// module is certified, that they were promoted, that their product is on the list
// under the code that the authority issued; and of exports, that a witness cosigned
// the log since the approval.
var Requirements = []string{"certified", "promoted", "listed", "witnessed"}

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
	// Witnesses are the public keys (name+hash+key) of those outside whose
	// cosignatures count here.
	Witnesses []string `json:"witnesses,omitempty"`
	// MaxReleases is how many releases one developer has stored, 1 to
	// MaxReleasesBound; 0: DefaultReleases.
	MaxReleases int `json:"max_releases,omitempty"`
	// MaxStored is how much is stored for one developer's jobs, in GiB, 1 to
	// MaxStoredGiB; 0: DefaultStored, or a sixteenth of the file system.
	MaxStored int64 `json:"max_stored,omitempty"`
}

// configure takes the settings of domain.json.
func (d *Domain) configure() error {
	c, raw, err := readConfig(d.Dir)
	if err != nil {
		return err
	}
	d.settings, d.Require = raw, c.Require
	if d.witnesses, err = c.readWitnesses(filepath.Join(d.Dir, configFile)); err != nil {
		return err
	}
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
