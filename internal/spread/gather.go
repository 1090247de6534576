package spread

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"filippo.io/age"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
)

// Places on shared storage.
const (
	partsAt   = "parts/"
	runsAt    = "runs/"
	answersAt = "answers/"
)

// EnvelopeName is where the envelope of a run lies.
func EnvelopeName(run string) string { return runsAt + run }

// PartName is where the file with that locator lies.
func PartName(locator string) string { return partsAt + locator }

// NewAnswerName draws a place for an answer of a run.
func NewAnswerName(run string) string {
	return answersAt + run + "/" + strings.TrimPrefix(newName(), "r-")
}

// maxSealed is what a sealed answer takes at most: age adds a header, and 16 bytes
// to every 64 KiB.
const maxSealed = (MaxAnswer+maxHead)*3/2 + 64<<10

// maxAttempts is how many files a group may have for an answer, on average: what
// lies beyond is not looked at, so that who floods the storage gains nothing but
// that the run fails.
const maxAttempts = 32

// Lie is the failure of a run in which two nodes gave different answers for one
// group. One of them lies, or is broken; which is for people to find out.
type Lie struct {
	Group int
	Nodes [2]string
}

func (l *Lie) Error() string { return l.Unwrap().Error() }

// Unwrap gives it code and fix.
func (l *Lie) Unwrap() error {
	return glovebox.Errorf(glovebox.CodeInternal, "two nodes gave different answers for the same part: %s and %s", l.Nodes[0], l.Nodes[1]).
		WithFix("the log names them; revoke the one that is at fault with `glovebox node revoke`, and run the job again: it is charged already and costs nothing more")
}

// gather takes answers from shared storage, each group once. It is safe for
// concurrent use; answers are handed on one at a time.
type gather struct {
	at     storage.Storage
	run    string
	reply  age.Identity
	nodes  []Node
	groups int
	tasks  []int // of each, its group
	task   *crew.Task

	mu      sync.Mutex
	seen    map[string]bool
	first   map[int]given
	answers map[int]int // of each group, valid ones
	refused int
	again   int
}

// given is the answer that counted for a group.
type given struct {
	node   string
	digest [32]byte
}

// look takes what has come since the last look. It fails with *Lie, and with an
// error of Done; what the storage does not give now may come later.
func (g *gather) look(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	names, err := g.at.List(ctx, strings.TrimSuffix(answersAt+g.run, "/"))
	if err != nil {
		return nil
	}
	slices.Sort(names)
	for _, name := range names {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if g.seen[name] || len(g.seen) >= maxAttempts*g.groups {
			continue
		}
		data, err := storage.Read(ctx, g.at, name, maxSealed)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, fs.ErrInvalid):
			g.seen[name], g.refused = true, g.refused+1
			continue
		case err != nil:
			continue // the storage is away: the next look may find it
		}
		g.seen[name] = true
		if err := g.take(data); err != nil {
			return err
		}
	}
	return nil
}

// take takes one answer. What is wrong with it but a lie leaves its group
// without an answer.
func (g *gather) take(data []byte) error {
	a, err := openAnswer(data, g.reply, g.run, g.groups, g.nodes)
	if err != nil {
		g.refused++
		return nil //nolint:nilerr // it is counted, and its group done again
	}
	if was, ok := g.first[a.Group]; ok {
		g.again++
		if was.digest != a.digest {
			return &Lie{a.Group, [2]string{was.node, a.Node}}
		}
		g.answers[a.Group]++
		return nil
	}
	err = g.hand(a)
	if errors.Is(err, crew.ErrPartial) {
		g.refused++
		return nil //nolint:nilerr // it is counted, and its group done again
	}
	if err != nil {
		return err
	}
	g.first[a.Group] = given{a.Node, a.digest}
	g.answers[a.Group]++
	return nil
}

// hand hands an answer on, all or nothing.
func (g *gather) hand(a *Answer) error {
	last := len(a.Pieces) - 1
	if last > 0 {
		for _, p := range a.Pieces {
			if err := g.task.Check(p); err != nil {
				return err
			}
		}
	}
	for i, p := range a.Pieces {
		if err := g.task.Done(a.Group, p, i == last); err != nil {
			return err
		}
	}
	return nil
}

// left are the tasks that lack an answer: of a group that is done twice, both
// until it has one.
func (g *gather) left() (out []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	have := maps.Clone(g.answers)
	for t, group := range g.tasks {
		if have[group]--; have[group] < 0 {
			out = append(out, t)
		}
	}
	return out
}

// complete says whether each task has its answer: a group that is done twice has
// been compared.
func (g *gather) complete() bool { return len(g.left()) == 0 }

// whole says whether each group has an answer.
func (g *gather) whole() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.first) == g.groups
}

// by are the nodes whose answers counted.
func (g *gather) by() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, x := range g.first {
		if !slices.Contains(out, x.node) {
			out = append(out, x.node)
		}
	}
	slices.Sort(out)
	return out
}
