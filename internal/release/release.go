// Package release holds the one type that can leave the box.
//
// A Release is made from a decision that allows, a receipt of the budget and
// the index of the audit entry that records both. Only internal/pipeline may
// call New (internal/archtest fails otherwise), and the exporter accepts
// nothing else. The package does not check that decision, receipt and index
// are true: the pipeline made them, `glovebox audit verify` checks them.
package release

import (
	"encoding/json"
	"sync/atomic"

	"glovebox.example/glovebox"
)

// Column is one column of a released table.
type Column struct {
	Name string        `json:"name"`
	Type glovebox.Type `json:"type"` // string, int64 or float64
}

// Content is what a release says. It is stored as the canonical JSON of
// Encode, so that a repeated job is answered with the same bytes.
type Content struct {
	ID      string          `json:"id"`
	Columns []Column        `json:"columns"`
	Rows    [][]any         `json:"rows"`  // string, int64 or float64 by column; sorted by key, those of a top by its figure
	Facts   json.RawMessage `json:"facts"` // the predicate of the release statement: how the rows were made
}

// Decode reads bytes that Encode made and restores the column types that JSON
// does not tell apart.
func Decode(data []byte) (*Content, error) {
	c := &Content{}
	if err := decodeStrict(data, c); err != nil {
		return nil, err
	}
	return c, nil
}

// Release is an approved result. Its zero value releases nothing.
type Release struct {
	decision glovebox.Decision
	receipt  glovebox.Receipt
	index    uint64
	content  Content
	digest   string
	taken    atomic.Bool
}

// New makes a release. It refuses a decision that does not allow, a receipt
// without charges and content that does not fit its columns.
func New(d glovebox.Decision, r glovebox.Receipt, index uint64, c Content) (*Release, error) {
	switch {
	case !d.Allow:
		return nil, d.Denied()
	case r.Job == "" || len(r.Charges) == 0:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "release %s has no budget receipt", c.ID)
	}
	for _, row := range c.Rows {
		if len(row) != len(c.Columns) {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "release %s has a row that does not fit its columns", c.ID)
		}
	}
	_, digest, err := c.measure()
	if err != nil {
		return nil, err
	}
	return &Release{decision: d, receipt: r, index: index, content: c, digest: digest}, nil
}

// Take hands the release over for one export. A second call fails: every
// export needs a decision of its own.
func (r *Release) Take() (*Content, error) {
	if r == nil || r.digest == "" {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "an empty release cannot be exported")
	}
	if r.taken.Swap(true) {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "release %s was already exported by this decision", r.content.ID)
	}
	return &r.content, nil
}

// ID names the release.
func (r *Release) ID() string { return r.content.ID }

// Digest is the digest of the canonical content.
func (r *Release) Digest() string { return r.digest }

// Decision is the export decision.
func (r *Release) Decision() glovebox.Decision { return r.decision }

// Receipt is the budget receipt of the job.
func (r *Release) Receipt() glovebox.Receipt { return r.receipt }

// Index is the audit entry of the decision.
func (r *Release) Index() uint64 { return r.index }
