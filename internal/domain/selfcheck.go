package domain

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/workday"
)

// selfCheckAction is the action of the entry that a check of the domain by itself
// leaves.
const selfCheckAction = "domain.checked"

const (
	// firstProblems is how many problems the entry of a self-check quotes, each cut
	// to quotedProblem bytes.
	firstProblems = 5
	quotedProblem = 300
)

// SelfChecked is what a check of the domain by itself found.
type SelfChecked struct {
	Entries   uint64   `json:"entries"`   // of the log that was checked
	Documents int      `json:"documents"` // compared with it
	Problems  int      `json:"problems"`
	First     []string `json:"first"`          // of the problems
	FreePart  int      `json:"free_part"`      // percent of the disk that is free
	Overdue   int      `json:"overdue"`        // questions about quality that nobody answered in time
	Day       string   `json:"day"`            // Beijing time
	At        string   `json:"-"`              // RFC 3339, UTC
	Busy      bool     `json:"busy,omitempty"` // steps were taken meanwhile: problems of rows are not among them
}

// SelfCheck checks log and database as audit verify does, once a day (Beijing
// time), and records what it found; nil: it did so today. Steps go on meanwhile, so
// that a row can be newer than the log that it is compared with: a problem counts
// if a second check has it too. What holds the directory runs it of its own accord.
func (d *Domain) SelfCheck(ctx context.Context) (*SelfChecked, error) {
	if d.readOnly {
		return nil, nil
	}
	subject := DomainKeys.Subject(d.Name)
	today := workday.Day(d.Now())
	var last []byte
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		last, err = tx.Newest(subject, selfCheckAction)
		return err
	})
	if err != nil {
		return nil, err
	}
	if last != nil {
		var e struct {
			Body SelfChecked `json:"body"`
		}
		if json.Unmarshal(last, &e) == nil && e.Body.Day >= today {
			return nil, nil
		}
	}
	v, err := d.Verify(ctx)
	if err != nil {
		return nil, err
	}
	c := &SelfChecked{Day: today, At: d.Now().Format(time.RFC3339), First: []string{}}
	if len(v.Problems) > 0 {
		again, err := d.Verify(ctx)
		if err != nil {
			return nil, err
		}
		c.Busy = again.Entries != v.Entries
		v.Problems = slices.DeleteFunc(v.Problems, func(p string) bool { return !slices.Contains(again.Problems, p) })
	}
	c.Entries, c.Documents, c.Problems = v.Entries, v.Docs, len(v.Problems)
	for _, p := range v.Problems[:min(len(v.Problems), firstProblems)] {
		c.First = append(c.First, strings.ToValidUTF8(p[:min(len(p), quotedProblem)], ""))
	}
	tickets, err := d.AllTickets(ctx)
	if err != nil {
		return nil, err
	}
	for i := range tickets {
		if tickets[i].Overdue {
			c.Overdue++
		}
	}
	var fs unix.Statfs_t
	if unix.Statfs(d.Dir, &fs) == nil && fs.Blocks > 0 {
		c.FreePart = int(100 * fs.Bavail / fs.Blocks) //nolint:gosec // a percentage
	}
	body := map[string]any{"entries": c.Entries, "documents": c.Documents, "problems": c.Problems, "first": c.First, "free_part": c.FreePart, "overdue": c.Overdue, "day": c.Day}
	if c.Busy {
		body["busy"] = true
	}
	return c, d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		return DomainKeys.Record(tx, "domain.checked", d.Name, body)
	})
}
