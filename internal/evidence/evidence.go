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
