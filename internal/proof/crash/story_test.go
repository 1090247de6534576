package crash

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glovebox.example/glovebox/internal/domain/backup"
)

// jobRuns is how the names of steps end that run a job to its release.
const jobRuns = ", allowed"

func fixed(args ...string) func(*world) ([]string, error) {
	return func(*world) ([]string, error) { return args, nil }
}

// about names the one release between other words.
func about(before, after []string) func(*world) ([]string, error) {
	return func(w *world) ([]string, error) {
		id, err := w.release()
		return append(append(append([]string{}, before...), id), after...), err
	}
}

// beginning makes a domain with its users.
func beginning() []step {
	list := []step{{name: "init", args: func(w *world) ([]string, error) { return []string{"init", w.dom(), "--parts", "2"}, nil }}}
	for i, who := range []string{"zhao authority", "liu operator", "wang developer", "sun auditor", "census provider"} {
		name, role, _ := strings.Cut(who, " ")
		list = append(list, step{name: "user add", args: fixed("user", "add", name, "--role", role, "--org", "Census Office"), done: 2, plain: i > 0})
	}
	return list
}

// everyCommand has every command that changes a domain, with a job of mode map.
func everyCommand(input string) *story {
	data := func(name string) string { return filepath.Join(input, name) }
	return &story{
		steps: append(beginning(),
			step{name: "dataset add", args: fixed("dataset", "add", data("dataset.yaml"), "--as", "census"), done: 2},
			step{name: "first dataset load", args: fixed("dataset", "load", "pums", data("one.csv"), "--as", "census"), anew: true},
			step{name: "second dataset load", args: fixed("dataset", "load", "pums", data("two.csv"), "--as", "census"), anew: true},
			step{name: "scenario add", args: fixed("scenario", "add", data("scenario.yaml"), "--as", "liu"), done: 2},
			step{name: "scenario grant", args: fixed("scenario", "grant", data("grant.yaml"), "--as", "zhao")},
			step{name: "job run, refused", args: fixed("job", "run", data("refused.yaml"), "--as", "wang"), status: 3, done: 3},
			step{name: "job run" + jobRuns, args: fixed("job", "run", data("job.yaml"), "--as", "wang")},
			step{name: "job run, again", args: fixed("job", "run", data("job.yaml"), "--as", "wang")},
			step{name: "first release approve", args: about([]string{"release", "approve"}, []string{"--as", "zhao"}), done: 3},
			step{name: "last release approve", args: about([]string{"release", "approve"}, []string{"--as", "census"}), done: 2},
			step{name: "release export", args: func(w *world) ([]string, error) {
				return about([]string{"release", "export"}, []string{"--as", "liu", "--to", w.out()})(w)
			}},
		),
		end: (*world).checkExport,
		log: map[string]int{"domain.init domain/dom": 1, "job.charge job/j-ID": 1, "release.make release/r-ID": 1, "job.done job/j-ID": 1, "job.refuse job/j-ID": 1,
			"job.repeat job/j-ID": 1, "dataset.load snapshot/pums@2": 1, "release.exported release/r-ID": 1},
		marks: []string{"part-done", "aggregated", "export-file"},
		pairs: 60, jobMoments: 20, someMoments: 3,
	}
}

// otherModes has a job of each other mode, and a fit: what they do differs
// between the charge and the answer. All three cost the same.
func otherModes(input string) *story {
	data := func(name string) string { return filepath.Join(input, name) }
	list := append(beginning(),
		step{args: fixed("dataset", "add", data("dataset3.yaml"), "--as", "census")},
		step{args: fixed("dataset", "load", "pums", data("two.csv"), "--as", "census")},
		step{args: fixed("scenario", "add", data("scenario.yaml"), "--as", "liu")},
		step{args: fixed("scenario", "grant", data("grant2.yaml"), "--as", "zhao")},
	)
	for i := range list {
		list[i].plain = true // the other story kills them
	}
	return &story{
		steps: append(list,
			step{name: "job run, train" + jobRuns, args: fixed("job", "run", data("train.yaml"), "--as", "wang")},
			step{name: "job run, blocks" + jobRuns, from: "running", args: fixed("job", "run", data("blocks.yaml"), "--as", "wang")},
			step{name: "dataset sample --fit", args: fixed("dataset", "sample", "pums", "--fit", "--rho", "0.125", "--units", "3", "--as", "census")},
		),
		end: (*world).checkLogAndDisk,
		log: map[string]int{"job.charge job/j-ID": 2, "release.make release/r-ID": 2, "job.done job/j-ID": 2,
			"fit.charge fit/pums@1.fit": 1, "fit.done fit/pums@1.fit": 1},
		marks: []string{"round-done", "part-done", "aggregated", "released"},
		pairs: 22, jobMoments: 4, someMoments: 2,
	}
}

// keysAndCopies has a safety copy and the replacing of each key.
func keysAndCopies(input string) *story {
	data := func(name string) string { return filepath.Join(input, name) }
	list := append(beginning(),
		step{args: fixed("dataset", "add", data("dataset.yaml"), "--as", "census")},
		step{args: fixed("dataset", "load", "pums", data("one.csv"), "--as", "census")},
	)
	for i := range list {
		list[i].plain = true // another story kills them
	}
	return &story{
		steps: append(list,
			step{name: "domain backup", args: func(w *world) ([]string, error) {
				return []string{"domain", "backup", w.copies("data"), "--to", w.copies("key.pub"), "--keys", w.copies("keys/copy"), "--keys-to", w.copies("keys/key.pub")}, w.pairs()
			}},
			step{name: "domain rotate-keys domain", args: fixed("domain", "rotate-keys", "domain"), anew: true},
			step{name: "domain rotate-keys signing", args: fixed("domain", "rotate-keys", "signing"), anew: true},
			step{name: "domain rotate-keys unit", args: fixed("domain", "rotate-keys", "unit", "--space", "person"), anew: true},
		),
		end: func(w *world, ctx context.Context) error {
			again := filepath.Join(w.dir, "again")
			return errors.Join(w.checkLogAndDisk(ctx),
				w.must(ctx, 0, nil, "domain", "restore", w.copies("data"), again, "--with", w.copies("key"), "--keys", w.copies("keys/copy"), "--keys-with", w.copies("keys/key"), "--may-be-old"),
				w.must(ctx, 0, nil, "audit", "verify", "--domain", again),
				w.must(ctx, 0, nil, "dataset", "load", "pums", data("one.csv"), "--as", "census"))
		},
		log:   map[string]int{"domain.rotate domain/dom": 2, "domain.rotated domain/dom": 1, "space.rotate space/person": 1, "domain.backed_up domain/dom": 1},
		marks: []string{"identity-made", "keys-wrapped", "signer-made", "log-signed", "signer-taken", "unit-key-made", "backup-told", "backup-written"},
		pairs: 30,
	}
}

// copies is the place of safety copies.
func (w *world) copies(name string) string { return filepath.Join(w.dir, "copies", name) }

// pairs makes the key pairs of safety copies, once.
func (w *world) pairs() error {
	if _, err := os.Stat(w.copies("key")); err == nil {
		return nil
	}
	err := os.MkdirAll(w.copies("keys"), 0o700)
	for _, name := range []string{"keys/key", "key"} {
		private, public, kerr := backup.NewPair(time.Now())
		err = errors.Join(err, kerr, os.WriteFile(w.copies(name), private, 0o600), os.WriteFile(w.copies(name)+".pub", public, 0o600))
	}
	return err
}
