package canary

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
)

// releaseOf runs a job and returns its release.
func (b *box) releaseOf(name string, j job) string {
	b.t.Helper()
	_, out, _ := b.run("job run "+b.file(name, j)+" --as wang", []string{"--json"})
	id := regexp.MustCompile("r-[0-9a-f]{16}").FindString(out)
	if id == "" {
		b.t.Fatalf("%s was not released", name)
	}
	return id
}

// stageExport reviews and exports a release, verifies the bundle and looks at
// the log.
func (b *box) stageExport() {
	id := b.releaseOf("keys", job{function: "keys", columns: "note", key: privately, perUnit: 2, release: "rho: 0.5, delta: 1e-12"})
	b.ok("job show j" + id[1:] + " --as wang")
	b.ok("release show " + id + " --as zhao")
	b.fails(2, "release show "+id+" --as wu")
	b.ok("module test jobs/canary.wasm --function keys --neighbours --units 6 -o neighbours.json")
	b.fails(3, "release attach "+id+" neighbours.json --as zhao")
	b.ok("release attach " + id + " neighbours.json --as wang")
	b.fails(3, "release approve "+id+" --as wang")
	b.fails(3, "release export "+id+" --to out --as liu")
	b.once("release approve " + id + " --as zhao")
	b.once("release approve " + id + " --as pat")
	b.ok("release export " + id + " --to out --as liu")
	b.ok("verify out/" + id)
	b.ok("release report out/" + id + " -o report.html")
	b.ok("audit list --as sun")
	b.ok("audit show 0 --as sun")
	b.ok("audit verify")
	b.ok("doctor")
	b.ok("domain key")
	b.fails(2, "audit show 99999 --as sun")
	copyTree(b.t, b.path("tampered"), b.path("out"))
	for _, f := range []string{"result.csv", "result.parquet", "statement.json", "audit/proof.json"} {
		path := filepath.Join(b.path("tampered"), id, f)
		data := read(b.t, path)
		data[len(data)/2] ^= 1
		write(b.t, path, data)
		b.fails(2, "verify tampered/"+id)
		b.fails(2, "release report tampered/"+id+" -o broken.html")
	}
}

// probes are command lines that meet whatever is damaged.
func (b *box) probes(id string) []string {
	return []string{
		"job run jobs/fresh.yaml --as wang", "audit verify", "release export " + id + " --to elsewhere --as liu", "dataset load lines sources/lines.json --as pat",
		"job run jobs/keys.yaml --as wang", "release show " + id + " --as zhao", "job list --as wang", "audit list --as sun", "doctor", "budget show --as sun", "budget history --as sun", "release list --as sun",
		"dataset list", "dataset show people", "scenario show canary", "scenario list", "user list", "job check jobs/fresh.yaml --as wang", "user add new --role auditor",
		"scenario add jobs/scenario.yaml --as liu", "release approve " + id + " --as zhao", "audit show 1 --as sun", "dataset add jobs/strict.yaml --as pat",
	}
}

// stageDamage damages copies of the domain, one place at a time, and runs
// commands over what is left.
func (b *box) stageDamage() {
	id := b.releaseOf("keys", job{function: "keys", columns: "note", key: privately, perUnit: 2, release: "rho: 0.5, delta: 1e-12"})
	// A job that was not run before; it reads sealed parts, too.
	b.file("fresh", job{function: "redacted", columns: "phone", metrics: ", texts: {kind: sum, min: 0, max: 1}, numbers: {kind: sum, min: 0, max: 1}", where: "age >= 0"})
	newest := func(pattern string) string {
		found, err := filepath.Glob(filepath.Join(b.path("dom"), pattern))
		if err != nil || len(found) == 0 {
			b.t.Fatalf("nothing is called %s (%v)", pattern, err)
		}
		rel, err := filepath.Rel(b.path("dom"), found[len(found)-1])
		if err != nil {
			b.t.Fatal(err)
		}
		return rel
	}
	part := newest("vault/snapshots/people/*/part-0000*")
	snapshot := filepath.Dir(part)
	flip := func(file string) func(string) {
		return func(dom string) {
			data := read(b.t, filepath.Join(dom, file))
			for at := len(data) / 3; at < len(data); at += len(data)/2 + 1 {
				data[at] ^= 0x11
			}
			write(b.t, filepath.Join(dom, file), data)
		}
	}
	cut := func(file string) func(string) {
		return func(dom string) {
			data := read(b.t, filepath.Join(dom, file))
			write(b.t, filepath.Join(dom, file), data[:len(data)/2])
		}
	}
	statement := func(q string) func(string) {
		return func(dom string) {
			db, err := sql.Open("sqlite", filepath.Join(dom, "domain.db"))
			if err != nil {
				b.t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(q); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for i, damage := range []struct {
		what string
		do   func(dom string)
	}{
		{"a part, changed", flip(part)},
		{"a part, cut", cut(part)},
		{"a part in the place of another", func(dom string) {
			write(b.t, filepath.Join(dom, part), read(b.t, filepath.Join(dom, strings.Replace(part, "part-0000", "part-0001", 1))))
		}},
		{"a sealed part, changed", flip(strings.Replace(part, "part-0000", "sealed-0000", 1))},
		{"the manifest, changed", flip(snapshot + "/manifest.json.age")},
		{"the index, changed", flip(snapshot + "/index.age")},
		{"a snapshot's key, changed", flip(newest("vault/keys/people-*"))},
		{"the domain's key, changed", flip("keys/domain.age")},
		{"the master key, changed", flip("keys/master.age")},
		{"the signing key, changed", flip("keys/sign.ed25519")},
		{"a data set's document", statement(`UPDATE doc SET body = '{"record": "` + strings.Repeat("x", 40) + `"}' WHERE kind = 'dataset'`)},
		{"a job's document", statement(`UPDATE doc SET body = json_remove(body, '$.spec', '$.identity') WHERE kind = 'job'`)},
		{"a release's document", statement(`UPDATE doc SET body = replace(body, 'sha256:', 'sha255:') WHERE kind = 'release'`)},
		{"a release's bytes", statement(`DELETE FROM blob`)},
		{"a scenario's and grant's document", statement(`UPDATE doc SET body = '[]' WHERE kind IN ('scenario', 'grant', 'user')`)},
		{"the database, changed", func(dom string) {
			data := read(b.t, filepath.Join(dom, "domain.db"))
			for at := 4096; at < len(data); at += 97 { // some of it is in use
				data[at] ^= 0x11
			}
			write(b.t, filepath.Join(dom, "domain.db"), data)
		}},
		{"the database, cut", cut("domain.db")},
		{"the log's entries, changed", flip(newest("log/tile/entries/000*"))},
		{"the log's checkpoint, changed", flip("log/checkpoint")},
		{"the domain's description", flip("domain.json")},
	} {
		dom := b.path("damaged")
		copyTree(b.t, dom, b.path("dom"))
		if info, err := os.Stat(filepath.Join(dom, newest("log/tile/entries/000*"))); err == nil && info.IsDir() && strings.HasPrefix(damage.what, "the log's entries") {
			damage.do = flip(newest("log/tile/entries/000*/*"))
		}
		damage.do(dom)
		failed := 0
		for n, line := range b.probes(id) {
			// The first three always, of the others every fifth in turn.
			if n >= 3 && (n+i)%5 != 0 {
				continue
			}
			if b.any(line+" --domain damaged") != 0 {
				failed++
			}
		}
		if failed == 0 {
			b.t.Errorf("%s: no command noticed", damage.what)
		}
		b.sweep("damaged", "elsewhere", "tmp")
		for _, d := range []string{"damaged", "elsewhere"} {
			if err := os.RemoveAll(b.path(d)); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// countdown is a context that ends when it was looked at n times.
type countdown struct {
	context.Context
	left *atomic.Int64
	end  context.CancelFunc
}

func (b *box) countdown(n int64) context.Context {
	ctx, end := context.WithCancel(b.t.Context())
	c := &countdown{ctx, &atomic.Int64{}, end}
	c.left.Store(n)
	return c
}

func (c *countdown) look() {
	if c.left.Add(-1) <= 0 {
		c.end()
	}
}

func (c *countdown) Done() <-chan struct{} { c.look(); return c.Context.Done() }
func (c *countdown) Err() error            { c.look(); return c.Context.Err() }

// stageInterrupted ends commands at every stage of theirs, and lets them go on.
func (b *box) stageInterrupted() {
	stopped := 0
	for i, n := range []int64{1, 4, 12, 32, 64, 100, 200, 400, 1600} {
		for _, line := range []string{
			"dataset load lines sources/rejects.json --as pat", "dataset load people sources/people.csv --as pat",
			"job run " + b.file("interrupted", job{function: "misbehave", columns: "note, amount", key: towns, metrics: totals, params: "how: 1", references: rated, where: "age > " + string(rune('0'+i%10))}) + " --as wang",
			"audit verify", "audit list --as sun",
		} {
			b.ctx = b.countdown(n)
			if b.any(line) != 0 {
				stopped++
			}
			b.ctx = b.t.Context()
		}
	}
	if stopped < 10 {
		b.t.Errorf("only %d commands were interrupted", stopped)
	}
	b.once("dataset load people sources/people.csv --as pat")
	b.ok("job run jobs/interrupted.yaml --as wang")
	b.ok("audit verify")
}

// stageReadOnly runs commands over a domain of whose files none can be
// written. The superuser can write anything, so that account gives up its
// rights first.
func (b *box) stageReadOnly() {
	id := b.releaseOf("keys", job{function: "keys", columns: "note", key: privately, perUnit: 2, release: "rho: 0.5, delta: 1e-12"})
	copyTree(b.t, b.path("readonly"), b.path("dom"))
	const nobody = 65534
	super := os.Geteuid() == 0
	set := func(dir, file os.FileMode) {
		err := filepath.WalkDir(b.path("readonly"), func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if super {
				if err := os.Chown(path, nobody, nobody); err != nil {
					return err
				}
			}
			if d.IsDir() {
				return os.Chmod(path, dir)
			}
			return os.Chmod(path, file)
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	set(0o500, 0o400)
	defer set(0o700, 0o600)
	if super {
		for _, dir := range []string{b.dir, filepath.Dir(b.dir), filepath.Dir(b.fds[0].Name()), filepath.Dir(filepath.Dir(b.fds[0].Name())), b.path("jobs"), b.path("sources")} {
			st, err := os.Stat(dir)
			if err != nil {
				b.t.Fatal(err)
			}
			if err := os.Chmod(dir, 0o755); err != nil {
				b.t.Fatal(err)
			}
			defer os.Chmod(dir, st.Mode().Perm())
		}
	}
	for _, d := range []string{"jobs", "sources"} {
		names, err := os.ReadDir(b.path(d))
		if err != nil {
			b.t.Fatal(err)
		}
		for _, f := range names {
			if err := os.Chmod(filepath.Join(b.path(d), f.Name()), 0o644); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	if super { // gives up its rights
		if err := syscall.Seteuid(nobody); err != nil {
			b.t.Fatal(err)
		}
		defer func() {
			if err := syscall.Seteuid(0); err != nil {
				b.t.Fatal(err)
			}
		}()
	}
	failed := 0
	for _, line := range b.probes(id) {
		if b.any(line+" --domain readonly") != 0 {
			failed++
		}
	}
	if failed < 8 {
		b.t.Errorf("only %d commands noticed that nothing can be written", failed)
	}
}
