// Command logbench measures a log of many entries: how fast it takes them, and how
// long it then takes to prove, to check and to ask, and in how much memory.
//
// What it promises: the log, its checker and its index are the product's own, on
// the disk of the folder named, with every entry durable; figures are of one run
// on one machine and are printed beside what the rules ask for; acts of a domain are
// whole steps, database and log. What it does not promise: what other disks do.
package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/index"
)

func main() {
	n := flag.Int("entries", 1_000_000, "entries of the log")
	batch := flag.Int("batch", 512, "entries that are handed in at once")
	dir := flag.String("dir", "", "an empty folder; default: a temporary one")
	doc := flag.String("doc", "", "write the table into this page")
	flag.Parse()
	p := &page{}
	err := run(context.Background(), *n, *batch, *dir, p)
	if err == nil && *doc != "" {
		err = p.write(*doc)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "logbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n, batch int, dir string, p *page) error {
	if dir == "" {
		d, err := os.MkdirTemp("", "logbench-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(d)
		dir = d
	}
	key, err := audit.NewKey("bench.example/log", ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		return err
	}
	s := &source{dir: filepath.Join(dir, "log"), key: key.Verifier(), kept: map[string][]byte{}}
	p.line("| what | measured | asked for | peak memory so far |")
	p.line("|---|---|---|---|")
	say := func(what, measured, want string) {
		p.line(fmt.Sprintf("| %s | %s | %s | %s |", what, measured, want, peak()))
	}
	if err := acts(ctx, dir, say); err != nil {
		return err
	}
	l, err := audit.Open(ctx, s.dir, key, nil)
	if err != nil {
		return err
	}
	at, seq := time.Now(), 0
	for seq < n {
		all := make([][]byte, 0, batch)
		for range min(batch, n-seq) {
			seq++
			e, err := s.entry(seq)
			if err != nil {
				return err
			}
			all = append(all, e)
		}
		if _, err := l.AppendBatch(ctx, all); err != nil {
			return err
		}
	}
	took := time.Since(at)
	say(fmt.Sprintf("%d entries appended, %d at once", n, batch), rate(n, took), "1,000/s")
	for _, few := range []int{1, 16, 100} {
		at, count := time.Now(), 0
		for count < 200 {
			all := make([][]byte, 0, few)
			for range few {
				seq++
				count++
				e, err := s.entry(seq)
				if err != nil {
					return err
				}
				all = append(all, e)
			}
			if _, err := l.AppendBatch(ctx, all); err != nil {
				return err
			}
		}
		say(fmt.Sprintf("then appended, %d at once", few), rate(count, time.Since(at)), "")
	}
	proofs := make([]time.Duration, 200)
	for i := range proofs {
		at := time.Now()
		if _, err := l.Proof(ctx, rand.Uint64N(uint64(seq))); err != nil { //nolint:gosec // any entries
			return err
		}
		proofs[i] = time.Since(at)
	}
	slices.Sort(proofs)
	say("proof of one entry, median of 200", proofs[100].String(), "")
	if err := l.Close(ctx); err != nil {
		return err
	}
	h, err := verify.HeadOf(s.dir, s.key)
	if err != nil {
		return err
	}
	at = time.Now()
	if _, err := verify.Consistency(s.dir, h, h.Size/2+1); err != nil {
		return err
	}
	say("consistency from half of it", time.Since(at).String(), "")
	at = time.Now()
	acts := verify.NewActs("bench.example/log")
	r, err := verify.Log(ctx, s.dir, s.key, &verify.Options{Entries: acts.Entry})
	if err != nil {
		return err
	}
	if len(r.List) > 0 {
		return fmt.Errorf("the log does not verify: %s", r.List[0])
	}
	say(fmt.Sprintf("%d entries verified", r.Size), time.Since(at).String(), "30 s for 1,000,000")
	at = time.Now()
	x, err := index.Rebuild(ctx, filepath.Join(dir, "audit.db"), s)
	if err != nil {
		return err
	}
	say("index made", time.Since(at).String(), "")
	defer x.Close()
	for _, q := range []struct {
		what string
		q    evidence.Query
	}{
		{"a page of a dataset", evidence.Query{Dataset: "d7", Limit: 100}},
		{"the last 20", evidence.Query{Limit: 20, Newest: true}},
		{"refusals of a person in a month", evidence.Query{Actor: "u11", Decision: evidence.Deny, From: "2026-02-01T00:00:00Z", To: "2026-03-01T00:00:00Z", Limit: 100}},
		{"a scenario's charges", evidence.Query{Scenario: "s3", Action: "job.charge", Limit: 100}},
	} {
		at := time.Now()
		all, _, err := x.Find(ctx, evidence.Scope{All: true}, &q.q)
		if err != nil {
			return err
		}
		say(fmt.Sprintf("query: %s (%d)", q.what, len(all)), time.Since(at).String(), "1 s")
	}
	at = time.Now()
	job := "job/j" + fmt.Sprint(n/2/10)
	story, err := evidence.Timeline(ctx, s, x.Find, evidence.Scope{All: true}, job, &evidence.Query{})
	if err != nil {
		return err
	}
	say(fmt.Sprintf("the story of a job (%d steps)", len(story)), time.Since(at).String(), "1 s")
	at = time.Now()
	who, err := evidence.Holders(ctx, s, x.Find, glovebox.RoleDeveloper, "")
	if err != nil {
		return err
	}
	say(fmt.Sprintf("people of a role (%d)", len(who)), time.Since(at).String(), "1 s")
	at = time.Now()
	bad, err := index.Check(ctx, filepath.Join(dir, "audit.db"), s)
	if err != nil || len(bad) > 0 {
		return fmt.Errorf("the index does not verify: %v %q", err, bad)
	}
	say("index checked", time.Since(at).String(), "")
	return nil
}

func rate(n int, took time.Duration) string {
	return fmt.Sprintf("%.0f/s", float64(n)/took.Seconds())
}

// peak is the most memory that this process ever held.
func peak() string {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// source is a log with the documents that its entries name.
type source struct {
	dir, key string
	kept     map[string][]byte
}

func (s *source) Entries(ctx context.Context, fn func(*verify.Entry) error) error {
	return s.From(ctx, 0, fn)
}

func (s *source) From(ctx context.Context, from uint64, fn func(*verify.Entry) error) error {
	return verify.Read(ctx, s.dir, s.key, from, fn)
}

func (s *source) Kept(_ context.Context, digest string) ([]byte, error) {
	if b, ok := s.kept[digest]; ok {
		return b, nil
	}
	return nil, glovebox.Errorf(glovebox.CodeNotFound, "no such document")
}

func (s *source) keep(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	d := glovebox.Digest(b)
	s.kept[d] = b
	return d, nil
}

// Of the first entries: people, datasets, scenarios and their grants.
const (
	people    = 40
	datasets  = 20
	scenarios = 10
)

type named map[string]any

// entry is the entry of a number: first the records, then jobs of ten entries.
func (s *source) entry(seq int) ([]byte, error) {
	e := audit.Entry{Seq: uint64(seq), Time: time.Date(2026, 1, 1, 0, 0, seq*5, 0, time.UTC).Format(audit.TimeLayout), Actor: "owner", Body: json.RawMessage(`{}`)}
	i := seq - 1
	var doc any
	switch {
	case i < people:
		e.Action, e.Subject = "user.add", fmt.Sprintf("user/u%d", i)
		doc = named{"name": fmt.Sprintf("u%d", i), "org": "Firm", "roles": []string{"developer"}, "state": "active"}
	case i < people+datasets:
		e.Action, e.Subject = "dataset.add", fmt.Sprintf("dataset/d%d", i-people)
		doc = named{"record": named{"provider": "Bureau"}}
	case i < people+datasets+scenarios:
		e.Action, e.Subject = "scenario.add", fmt.Sprintf("scenario/s%d", i-people-datasets)
		doc = named{"operator": "u0", "needs": named{fmt.Sprintf("d%d", i%datasets): named{}}}
	default:
		j, step := i/10, i%10
		actor := fmt.Sprintf("u%d", j%people)
		e.Actor, e.Subject = actor, fmt.Sprintf("job/j%d", j)
		e.Action = []string{"job.admit", "job.charge", "job.run", "job.done", "job.repeat", "job.repeat", "job.refuse", "job.repeat", "job.repeat", "job.repeat"}[step]
		if step < 4 {
			doc = named{"scenario": fmt.Sprintf("s%d", j%scenarios), "product": fmt.Sprintf("p%d", j%3), "state": step,
				"spec": named{"job": named{"inputs": named{fmt.Sprintf("d%d", j%datasets): named{}}}, "module": "m", "versions": named{fmt.Sprintf("d%d", j%datasets): 1}}}
		}
		if step == 1 {
			e.Body = json.RawMessage(fmt.Sprintf(`{"charges":[{"amount":{"delta":0,"loss":1000},"dataset":"d%d","kind":"pure"}]}`, j%datasets))
		}
	}
	if doc != nil {
		d, err := s.keep(doc)
		if err != nil {
			return nil, err
		}
		e.State = d
	}
	return e.Encode()
}
