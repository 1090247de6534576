// Package evidence answers questions from the log and the kept documents alone:
// who did what, under which documents as they read then, and why it was allowed.
//
// What it promises: an answer follows from a Source and the question, byte for
// byte again on any machine, in any order of asking; nothing else of a domain is
// read, neither its tables nor its clock. What it does not promise: that the log
// is whole (audit/verify says that), or that what a kept document says was true.
// It holds no value of anybody's data, because neither log nor documents do.
package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Source is a log with its kept documents: a domain's, or a copy of them.
type Source interface {
	// Entries calls fn with every entry of the log that can be decoded, in order.
	// An error of fn ends it and is returned.
	Entries(ctx context.Context, fn func(*verify.Entry) error) error
	// Kept reads what is kept under a digest, checked against it. What is not
	// there fails with CodeNotFound.
	Kept(ctx context.Context, digest string) ([]byte, error)
}

// Log is a source that can be read from an entry on, without being checked.
type Log interface {
	Source
	// From calls fn with every entry from an index on, in order.
	From(ctx context.Context, index uint64, fn func(*verify.Entry) error) error
}

// Finder answers queries: Find, or an index of the log, which is quick where Find
// reads all of it.
type Finder func(ctx context.Context, s Scope, q *Query) (out []Facts, more bool, err error)

// near is how many entries lie in one file of a log.
const near = 256

// errRead ends the reading of a log.
var errRead = errors.New("read")

// Read calls fn with the entries of facts, in their order, a file of the log at a
// time.
func Read(ctx context.Context, log Log, facts []Facts, fn func(x *Facts, e *verify.Entry) error) error {
	for len(facts) > 0 {
		err := log.From(ctx, facts[0].Index, func(e *verify.Entry) error {
			if e.Index < facts[0].Index {
				return nil
			}
			x := &facts[0]
			facts = facts[1:]
			if err := fn(x, e); err != nil {
				return err
			}
			if len(facts) == 0 || facts[0].Index > e.Index+near {
				return errRead
			}
			return nil
		})
		if err == nil && len(facts) > 0 {
			err = glovebox.Errorf(glovebox.CodeInternal, "the index names entries that the log does not have").WithFix("run `glovebox audit index --rebuild`")
		}
		if err != nil && !errors.Is(err, errRead) {
			return err
		}
	}
	return nil
}

// Decisions are the policy's answers that an entry records, in its order.
func Decisions(e *verify.Entry) []glovebox.Decision {
	var body struct {
		Decision  *glovebox.Decision  `json:"decision"`
		Decisions []glovebox.Decision `json:"decisions"`
	}
	if json.Unmarshal(e.Body, &body) != nil {
		return nil
	}
	out := body.Decisions
	if body.Decision != nil {
		out = append(out, *body.Decision)
	}
	// An entry that records what was not asked has a decision without a request.
	return slices.DeleteFunc(out, func(d glovebox.Decision) bool { return d.InputDigest == "" })
}

// KeptWith are the digests that an entry names in "kept".
func KeptWith(e *verify.Entry) []string {
	var body struct {
		Kept []string `json:"kept"`
	}
	_ = json.Unmarshal(e.Body, &body) // a body of another form names none
	return body.Kept
}
