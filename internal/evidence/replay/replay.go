// Package replay decides old questions again: under the policy that decided them,
// which has to give the same answer, or under another, to see what would change.
//
// What it promises: the request is the one that was kept, byte for byte, and the
// policy is made of the sources that were kept; nothing of today's domain has a
// say. What it does not promise: that the request told the policy the truth.
package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/policy"
)

// Options of Run. Nil: every decision of the log, each under its own policy.
type Options struct {
	// Entry, if not nil, is the one entry to replay.
	Entry *uint64
	// From and To bound the times of entries, RFC 3339 in UTC, the second not
	// included; "": unbounded.
	From, To string
	// Under is the policy to ask; nil: the one that decided.
	Under *policy.Engine
}

// Result is what a replay found.
type Result struct {
	Decisions int `json:"decisions"` // that were decided again
	Same      int `json:"same"`      // of them, with the recorded answer
	// Changed are the others, in the order of the log. Under the policy that
	// decided there must be none.
	Changed []Change `json:"changed"`
}

// Change is a decision that came out otherwise, or could not be made again.
type Change struct {
	Entry    uint64         `json:"entry"`
	Time     string         `json:"time"`
	Actor    string         `json:"actor"`
	Action   string         `json:"action"`
	Subject  string         `json:"subject"`
	Point    glovebox.Point `json:"point"`
	Before   Verdict        `json:"before"`
	After    Verdict        `json:"after"`
	Problem  string         `json:"problem,omitempty"` // why it could not be made again
	Revision string         `json:"revision"`          // of the policy that decided
}

// Verdict is a decision in short.
type Verdict struct {
	Allow       bool                  `json:"allow"`
	Rules       []string              `json:"rules"` // that refused, each with its place in the request
	Obligations []glovebox.Obligation `json:"obligations,omitempty"`
}

// Run decides again.
func Run(ctx context.Context, src evidence.Source, o *Options) (*Result, error) {
	if o == nil {
		o = &Options{}
	}
	out := &Result{Changed: []Change{}}
	policies := &Policies{src: src, sources: map[string]map[string]string{}, engines: map[string]*policy.Engine{}}
	err := src.Entries(ctx, func(e *verify.Entry) error {
		policies.take(e)
		if o.Entry != nil && *o.Entry != e.Index || e.Time < o.From || o.To != "" && e.Time >= o.To {
			return nil
		}
		for _, d := range evidence.Decisions(e) {
			c := Change{Entry: e.Index, Time: e.Time, Actor: e.Actor, Action: e.Action, Subject: e.Subject, Point: d.Point, Before: verdict(&d), Revision: d.Revision}
			now, err := again(ctx, src, policies, o.Under, &d)
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				c.Problem = err.Error()
				out.Changed = append(out.Changed, c)
				continue
			}
			out.Decisions++
			same, problem, err := compare(e, &d, now, o.Under != nil)
			if err != nil {
				return err
			}
			if c.After, c.Problem = verdict(now), problem; same {
				out.Same++
			} else {
				out.Changed = append(out.Changed, c)
			}
		}
		return nil
	})
	if err == nil && o.Entry != nil && out.Decisions == 0 && len(out.Changed) == 0 {
		err = glovebox.Errorf(glovebox.CodeNotFound, "entry %d of the log records no decision", *o.Entry).WithFix("`glovebox audit list --decision any` shows those that do")
	}
	return out, err
}

// again decides on the kept request.
func again(ctx context.Context, src evidence.Source, p *Policies, under *policy.Engine, d *glovebox.Decision) (*glovebox.Decision, error) {
	asked, err := src.Kept(ctx, d.InputDigest)
	if err != nil {
		return nil, err
	}
	if under == nil {
		if under, err = p.Engine(ctx, d.Revision); err != nil {
			return nil, err
		}
	}
	now, err := under.Again(ctx, asked)
	return &now, err
}

// compare says whether the answer of now is the recorded one: the very bytes
// that were kept where the policy is the same, and what follows from it in any
// case.
func compare(e *verify.Entry, was, now *glovebox.Decision, other bool) (same bool, problem string, err error) {
	if !other {
		raw, err := store.Canonical(now)
		if err != nil {
			return false, "", err
		}
		if !slices.Contains(evidence.KeptWith(e), glovebox.Digest(raw)) {
			return false, "the answer is not the one that was kept", nil
		}
	}
	same, err = follows(was, now)
	if err == nil && !same && !other {
		problem = "the recorded decision does not follow from the policy's answer"
	}
	return same, problem, err
}

// follows says whether a recorded decision is what the pipeline makes of the
// policy's answer: it takes out the obligations to know a column, and refuses
// where the domain does not know it, which no policy can tell.
func follows(was, now *glovebox.Decision) (bool, error) {
	left := *now
	left.Obligations = slices.DeleteFunc(slices.Clone(now.Obligations), func(o glovebox.Obligation) bool { return o.Kind == policy.MustExist })
	if len(left.Obligations) < len(now.Obligations) && now.Allow && !was.Allow {
		return !slices.ContainsFunc(was.Reasons, func(r glovebox.Reason) bool { return r.Rule != policy.ObligationRule }), nil
	}
	a, err := store.Canonical(verdict(was))
	if err != nil {
		return false, err
	}
	b, err := store.Canonical(verdict(&left))
	return bytes.Equal(a, b), err
}

// verdict is a decision in short.
func verdict(d *glovebox.Decision) Verdict {
	v := Verdict{Allow: d.Allow, Rules: []string{}, Obligations: d.Obligations}
	for _, r := range d.Reasons {
		v.Rules = append(v.Rules, strings.TrimSuffix(r.Rule+" "+r.At, " "))
	}
	return v
}

// Policies are the policies that a log names, made of their kept sources.
type Policies struct {
	src     evidence.Source
	sources map[string]map[string]string // digests by name, by revision
	order   []string
	engines map[string]*policy.Engine
}

// Read reads the policies of a log.
func Read(ctx context.Context, src evidence.Source) (*Policies, error) {
	p := &Policies{src: src, sources: map[string]map[string]string{}, engines: map[string]*policy.Engine{}}
	return p, src.Entries(ctx, func(e *verify.Entry) error { p.take(e); return nil })
}

// take notes the policy that an entry names.
func (p *Policies) take(e *verify.Entry) {
	if !strings.HasPrefix(e.Subject, "domain/") {
		return
	}
	var body struct {
		Policy  string            `json:"policy"`
		Sources map[string]string `json:"sources"`
	}
	if json.Unmarshal(e.Body, &body) != nil || body.Policy == "" {
		return
	}
	if p.sources[body.Policy] == nil {
		p.order = append(p.order, body.Policy)
	}
	p.sources[body.Policy] = body.Sources
}

// Revisions are the policies in the order of their first use.
func (p *Policies) Revisions() []string { return slices.Clone(p.order) }

// Find is the one revision that begins with a word of at least 6 hex digits,
// with or without "sha256:".
func (p *Policies) Find(word string) (string, error) {
	var found []string
	short := strings.TrimPrefix(word, "sha256:")
	for _, r := range p.order {
		if len(short) >= 6 && strings.HasPrefix(strings.TrimPrefix(r, "sha256:"), short) {
			found = append(found, r)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return "", glovebox.Errorf(glovebox.CodeNotFound, "the log names no policy %q, or several", word).
		WithFix("give a revision that `glovebox audit list --action policy.change` and its first entry show, or a folder")
}

// Texts are the sources of a revision by name.
func (p *Policies) Texts(ctx context.Context, revision string) (map[string]string, error) {
	names := p.sources[revision]
	if names == nil {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the log names no policy %q, or several", revision)
	}
	out := map[string]string{}
	for name, digest := range names {
		b, err := p.src.Kept(ctx, digest)
		if err != nil {
			return nil, err
		}
		out[name] = string(b)
	}
	return out, nil
}

// Engine makes a revision anew from its kept sources, once.
func (p *Policies) Engine(ctx context.Context, revision string) (*policy.Engine, error) {
	if e := p.engines[revision]; e != nil {
		return e, nil
	}
	texts, err := p.Texts(ctx, revision)
	if err != nil {
		return nil, err
	}
	e, err := policy.Restore(ctx, texts)
	if err != nil {
		return nil, err
	}
	if e.Revision() != revision {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the sources kept of policy %s are not its sources", revision).WithFix("run `glovebox audit verify`")
	}
	p.engines[revision] = e
	return e, nil
}
