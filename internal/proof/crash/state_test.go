package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// price is what every job costs, and a fit: 0.125 rho, in units of 1e-9.
const price = 125_000_000

// state is what a domain holds, with the marks of a single life (times, names
// that are digests, places) taken out, so that two domains can be compared.
type state struct {
	docs     []string          // every document
	money    []string          // every ledger and every charge
	files    []string          // names of all files, but for those of the log
	log      map[string]int    // how often each action was recorded of each subject
	releases map[string]string // digests of the stored bytes, by release
}

// single matches what differs between two domains that lived the same life: a
// job that was killed shows later.
var single = regexp.MustCompile(`sha256:[0-9a-f]{64}|\b[0-9a-f]{64}\b|\b[jr]-[0-9a-f]{16}\b|\d{4}-\d\d-\d\dT[0-9:]{8}Z|"slot_ms":\d+|\bdom\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+|\bage1pq1[a-z0-9]+`)

func (w *world) plain(s string) string {
	return single.ReplaceAllStringFunc(strings.ReplaceAll(s, w.dir, "DIR"), func(m string) string {
		switch {
		case strings.HasPrefix(m, "j-"), strings.HasPrefix(m, "r-"):
			return m[:2] + "ID"
		case strings.HasPrefix(m, "dom+"), strings.HasPrefix(m, "age1"):
			return "KEY"
		case strings.HasSuffix(m, "Z"):
			return "TIME"
		case strings.HasPrefix(m, `"slot_ms"`):
			return `"slot_ms":SLOT`
		}
		return "DIGEST"
	})
}

// view reads the database.
func (w *world) view(ctx context.Context, fn func(*store.Tx) error) (err error) {
	s, err := store.Open(ctx, filepath.Join(w.dom(), "domain.db"), &store.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(s.View(ctx, fn), s.Close())
}

// release is the id of the one release.
func (w *world) release() (id string, err error) {
	err = w.view(context.Background(), func(tx *store.Tx) error {
		all, err := domain.Releases.List(tx)
		if err == nil && len(all) != 1 {
			err = fmt.Errorf("%d releases, want 1", len(all))
		}
		if err == nil {
			id = all[0].ID
		}
		return err
	})
	return id, err
}

// observe reads a domain that no command is working on, and checks what has to
// hold in any such domain.
func (w *world) observe(ctx context.Context) (*state, error) {
	s := &state{log: map[string]int{}, releases: map[string]string{}}
	var recorded uint64
	snapshots := []string{}
	err := w.view(ctx, func(tx *store.Tx) (err error) {
		if recorded, err = tx.Recorded(); err != nil {
			return err
		}
		err = tx.Docs(func(subject string, body []byte) error {
			s.docs = append(s.docs, w.plain(subject+" "+string(body)))
			if id, ok := strings.CutPrefix(subject, "snapshot/"); ok {
				snapshots = append(snapshots, strings.Replace(id, "@", "/", 1))
			}
			return nil
		})
		slices.Sort(s.docs)
		return errors.Join(err, s.account(tx, w), s.stored(tx))
	})
	if err != nil {
		return nil, err
	}
	if err := w.checkLog(ctx, s, recorded); err != nil {
		return nil, err
	}
	found, err := filepath.Glob(filepath.Join(w.dom(), "vault/snapshots/*/*"))
	for i, path := range found {
		found[i] = strings.TrimPrefix(path, filepath.Join(w.dom(), "vault/snapshots")+"/")
	}
	if slices.Sort(snapshots); err != nil || !slices.Equal(found, snapshots) {
		return nil, fmt.Errorf("the vault holds the snapshots %v, the database knows %v (%v)", found, snapshots, err)
	}
	s.files, err = w.names()
	return s, err
}

// account reads the ledgers: each job is charged once, its price, in the log, to
// its dataset and to the dataset's unit space.
func (s *state) account(tx *store.Tx, w *world) error {
	charges, err := tx.Charges("")
	if err != nil {
		return err
	}
	jobs, paid := map[string]bool{}, map[string]int64{}
	for _, c := range charges {
		name := (&glovebox.Charge{Dataset: c.Dataset, Space: c.Space}).Account()
		if jobs[c.Job+" "+name] || c.Amount != (glovebox.Amount{Loss: price}) || c.Index == nil {
			return fmt.Errorf("job %s: charged twice, at a wrong price or without an entry in the log: %+v", c.Job, charges)
		}
		jobs[c.Job+" "+name] = true
		paid[name] += price
		s.money = append(s.money, w.plain(fmt.Sprintf("charge %s %s %s %s %v", c.Job, name, c.Scenario, c.Actor, c.Amount)))
	}
	ledger := func(name string, want int64) error {
		b, err := tx.Balance(name)
		if err == nil && b.Spent.Loss != want {
			err = fmt.Errorf("%s has spent %v, of charges of %d", name, b.Spent, want)
		}
		s.money = append(s.money, fmt.Sprintf("ledger %+v", b))
		return err
	}
	return domain.Datasets.Each(tx, func(id string, doc domain.DatasetDoc) error {
		if err := ledger(id, paid[id]); err != nil {
			return err
		}
		return ledger(glovebox.SpaceAccount(doc.Record.Unit.Space), paid[id]) // there is one dataset
	})
}

// stored reads the releases: each has its bytes and belongs to a job that is
// done, and each such job has one.
func (s *state) stored(tx *store.Tx) error {
	all, err := domain.Releases.List(tx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if _, err := tx.Blob(r.Content); err != nil { // checks the digest
			return err
		}
		s.releases[r.ID] = r.Content
	}
	jobs, err := domain.Jobs.List(tx)
	for _, j := range jobs {
		if (j.State == job.Done) != (s.releases[job.ReleaseID(j.ID)] != "") {
			return fmt.Errorf("job %s is %s, releases are %v", j.ID, j.State, s.releases)
		}
	}
	return err
}

// checkLog checks the log: whole, signed, numbered without a gap, and holding
// every entry that the database recorded.
func (w *world) checkLog(ctx context.Context, s *state, recorded uint64) error {
	var next uint64
	rep, err := verify.Log(ctx, filepath.Join(w.dom(), "log"), w.key, &verify.Options{Entries: func(e *verify.Entry) error {
		if e.Index != next || e.Seq != next+1 {
			return fmt.Errorf("entry %d has number %d, want %d", e.Index, e.Seq, next+1)
		}
		next++
		s.log[w.plain(e.Action+" "+e.Subject)]++
		return nil
	}})
	if err != nil {
		return err
	}
	if next != recorded || rep.Size != recorded || rep.Unsigned != 0 || len(rep.Leftovers) > 0 {
		return fmt.Errorf("log: %d entries, %d signed, left over %v; the database recorded %d", next, rep.Size, rep.Leftovers, recorded)
	}
	return rep.Err()
}

// names lists the files of a domain and of its exports. The log has its own
// check, SQLite makes and removes files beside its own, and a kill in the
// middle of a file of an export leaves a file of no use in .incoming.
func (w *world) names() (list []string, err error) {
	for _, root := range []string{w.dom(), w.out()} {
		err = errors.Join(err, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && path == w.out():
				return nil
			case err != nil:
				return err
			case path == filepath.Join(w.dom(), "log"), path == filepath.Join(w.out(), ".incoming"):
				return fs.SkipDir
			case strings.HasPrefix(path, filepath.Join(w.dom(), "domain.db-")):
				return nil
			}
			info, err := d.Info()
			if err == nil {
				list = append(list, fmt.Sprintf("%v %s", info.Mode(), w.plain(path)))
			}
			return err
		}))
	}
	slices.Sort(list)
	return list, err
}

// differs says what of a domain is not as in an undisturbed life; "" is equal.
func (s *state) differs(want *state) string {
	for _, x := range []struct {
		what      string
		got, want []string
	}{{"documents", s.docs, want.docs}, {"ledgers", s.money, want.money}, {"files", s.files, want.files}} {
		if !slices.Equal(x.got, x.want) {
			return fmt.Sprintf("the %s are\n%s\nand should be\n%s", x.what, strings.Join(x.got, "\n"), strings.Join(x.want, "\n"))
		}
	}
	return ""
}

// repeatable are the actions that a second run may record again: they decide
// or announce, and what they announce happens once.
var repeatable = []string{"job.admit", "job.refuse", "job.run", "job.repeat", "scenario.grant", "scenario.granted",
	"release.approve_refused", "release.export_again", "domain.backup", "domain.backed_up"}

// differsInLog says what the log holds too much or too little.
func (s *state) differsInLog(want *state) string {
	for k, n := range want.log {
		action, _, _ := strings.Cut(k, " ")
		if got := s.log[k]; got < n || got > n && !slices.Contains(repeatable, action) {
			return fmt.Sprintf("the log has %d of %q, and should have %d", got, k, n)
		}
	}
	for k := range s.log {
		action, _, _ := strings.Cut(k, " ")
		if want.log[k] == 0 && !slices.Contains(repeatable, action) {
			return fmt.Sprintf("the log has %q, and should not", k)
		}
	}
	return ""
}

// checkDisk looks at what a killed process left, before anything cleans up: no
// row lies unencrypted anywhere, and a bundle that verifies is complete.
func (w *world) checkDisk(ctx context.Context) error {
	const header = "age-encryption.org/v1\n"
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(path, w.tmp()) {
			return fmt.Errorf("%s was left", path)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(data, []byte(canary)) {
			return fmt.Errorf("%s holds a row's identifier", path)
		}
		if strings.HasPrefix(path, filepath.Join(w.dom(), "vault")) && !strings.HasPrefix(header, string(data[:min(len(data), len(header))])) {
			return fmt.Errorf("%s is not encrypted", path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	found, err := os.ReadDir(w.out())
	for _, f := range found {
		if strings.HasPrefix(f.Name(), ".") {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(w.out(), f.Name(), "*"))
		rep, err := bundle.Verify(ctx, os.DirFS(filepath.Join(w.out(), f.Name())), verify.Proof, &bundle.Options{TrustedKey: w.key})
		if complete := len(files) == bundleNames; err == nil && rep.OK() != complete {
			return fmt.Errorf("a bundle of %d names verifies: %v", len(files), rep.OK())
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// bundleNames is how many files and folders a bundle's folder has.
const bundleNames = 8
