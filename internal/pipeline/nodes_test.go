package pipeline

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/privacy"
)

// TestNodeForges: answers of a stranger under a node's name, of a node behind
// fewer walls, of a node for another run, and what is no answer at all are as if
// they had not come. The log counts them.
func TestNodeForges(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	walls := wallNames(t)
	stranger, err := spread.NewNodeKey("n1", s.keys["n1"].Domain)
	if err != nil {
		t.Fatal(err)
	}
	s.before = firstTime(func(run string) {
		e := s.open(t, "n1", run)
		s.say(t, stranger, e, 0, walls, []byte("forged"))
		s.say(t, s.keys["n1"], e, 1, walls[:1], []byte("outside"))
		other := *e
		other.Run = "r-" + strings.Repeat("a", 26)
		s.lay(t, run, sealed(t, s.keys["n1"], &other, 2, walls, []byte("elsewhere")))
		s.lay(t, run, bytes.Repeat([]byte("noise"), 1000))
		// What a node signed and what is no partial aggregate: done again.
		s.say(t, s.keys["n2"], e, 3, walls, []byte("no partial"))
		s.say(t, s.keys["n2"], e, 1<<20, walls, []byte("no such group"))
		other = *e
		other.Run = "../../" + run
		s.lay(t, run, sealed(t, s.keys["n2"], &other, 2, walls, []byte("no run")))
	})
	s.ends(t, s.pipeline(), true)
	if log := s.logged(t); len(log) != 1 || !strings.Contains(log[0], `"refused":7`) {
		t.Errorf("logged %v", log)
	}
}

// TestNodeReplays: answers of one run, laid where another run looks, are sealed
// to a key that is gone.
func TestNodeReplays(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	var old [][]byte
	s.after = func(n int, run string, _ int) {
		if n == d.Parts {
			for _, b := range s.files(t, "answers") {
				old = append(old, b)
			}
		}
	}
	w, _ := s.work(t, p)
	want := answer(t, p, w)
	if len(old) == 0 {
		t.Fatal("nothing to replay")
	}
	s.after = nil
	s.before = firstTime(func(run string) {
		for _, b := range old {
			s.lay(t, run, b)
		}
	})
	w, r := s.work(t, p)
	if got := answer(t, p, w); got != want || r.refused != len(old) {
		t.Errorf("%d of %d refused, same: %v", r.refused, len(old), got == want)
	}
}

// TestNodeAnswersTwice: a node that answers every task twice, and an engine that
// has every task done twice, change nothing.
func TestNodeAnswersTwice(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	w, _ := s.work(t, p)
	want := answer(t, p, w)
	s.after = func(_ int, run string, task int) {
		for _, n := range s.nodes {
			_ = n.Task(context.Background(), run, task)
		}
	}
	w, r := s.work(t, p)
	if got := answer(t, p, w); got != want || r.refused != 0 {
		t.Errorf("%d refused, same: %v", r.refused, got == want)
	}
}

// TestNodeAnswersLate: an answer that comes when its run has ended is read by
// nobody, and a task of that run does no work.
func TestNodeAnswersLate(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	var late string
	var e *spread.Envelope
	s.before = firstTime(func(run string) { late, e = run, s.open(t, "n1", run) })
	w, _ := s.work(t, p)
	want := answer(t, p, w)
	if err := s.nodes[0].Task(t.Context(), late, 0); err == nil {
		t.Error("a node works for a run that is over")
	}
	s.say(t, s.keys["n1"], e, 0, wallNames(t), []byte("late"))
	w, r := s.work(t, p)
	if got := answer(t, p, w); got != want || r.refused != 0 {
		t.Errorf("%d refused, same: %v", r.refused, got == want)
	}
}

// TestNodeLies: two nodes that give different answers for one group fail the run.
// The log names both; nothing is released or charged again; without the liar the
// same job goes well.
func TestNodeLies(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	walls := wallNames(t)
	w, _ := s.work(t, p)
	var lies func(run string)
	// It has the form of an answer: that of no unit at all.
	nothing, err := w.job.Round().(*privacy.Plan).NewPartial().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	both := s.nodes
	s.nodes = both[:1]
	var lied sync.Once
	s.after = func(_ int, run string, _ int) {
		lied.Do(func() { lies(run) })
	}
	lies = func(run string) {
		e := s.open(t, "n2", run)
		for g := range d.Parts {
			s.say(t, s.keys["n2"], e, g, walls, nothing)
		}
	}
	err = s.ends(t, p, false)
	var lie *spread.Lie
	if !errors.As(err, &lie) || !strings.Contains(err.Error(), "n1") || !strings.Contains(err.Error(), "n2") {
		t.Fatalf("%v", err)
	}
	if log := s.logged(t); len(log) != 1 || !strings.Contains(log[0], `"differ":["n`) {
		t.Errorf("logged %v", log)
	}
	if n := count(t, d, domain.Releases); n != 0 {
		t.Errorf("%d releases", n)
	}
	if _, err := d.RevokeNode(t.Context(), user(t, d, "zhao"), "n2"); err != nil {
		t.Fatal(err)
	}
	s.nodes, s.after = both, nil
	s.ends(t, p, true)
}

// TestNodeRevokedMidRun: a node that loses its leave while it works takes the run
// with it, free of charge, and the next run is not sealed to it.
func TestNodeRevokedMidRun(t *testing.T) {
	d, file := pumsDomain(t)
	s := testSite(t, d, file)
	p := s.pipeline()
	var done sync.Once
	both := s.nodes
	s.nodes = both[:1] // all answers are n1's
	s.after = func(int, string, int) {
		done.Do(func() {
			if _, err := d.RevokeNode(context.Background(), user(t, d, "zhao"), "n1"); err != nil {
				t.Error(err)
			}
		})
	}
	err := s.ends(t, p, false)
	if !strings.Contains(err.Error(), "n1 was revoked") {
		t.Errorf("%v", err)
	}
	s.nodes, s.after = both, nil
	s.before = firstTime(func(run string) {
		data, err := os.ReadFile(filepath.Join(s.dir, spread.EnvelopeName(run)))
		if err != nil {
			t.Error(err)
		}
		if _, err := s.keys["n1"].OpenEnvelope(data, run, time.Now()); err == nil {
			t.Error("a revoked node opens the next run")
		}
	})
	s.ends(t, p, true)
}
