package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Tables are the rows of a domain database. A nil one is not compared. An error
// of one ends the check of that table and is reported as a problem of it.
type Tables struct {
	Documents iter.Seq2[Document, error]
	Ledgers   iter.Seq2[Ledger, error]
	Charges   iter.Seq2[Row, error]
	Parts     iter.Seq2[Part, error]
	Outbox    iter.Seq2[Out, error]
	Blobs     iter.Seq2[Blob, error]
	Kept      iter.Seq2[Blob, error] // opened; of one that cannot be, Data is nil
}

// Document is one document of the domain database, by its subject.
type Document struct {
	Subject string // "kind/ID", as in the entries
	Rev     int64  // how often it was written
	Data    []byte
}

// Ledger is the ledger of a dataset, named by its code, or of a unit space, named
// "space/NAME".
type Ledger struct {
	Account, Kind         string
	Assumed               int64 // 1: the total of its first dataset stands for a space's; else 0
	TotalLoss, TotalDelta int64
	SpentLoss, SpentDelta int64
}

// Row is one charge.
type Row struct {
	Job             string // the charged subject without "job/", "snapshot/" or "fit/"
	Account         string // the ledger
	Scenario, Actor string
	Loss, Delta     int64
	Parts           string // canonical JSON of those that paid; "": all of the ledger
	Seq             int64  // of the entry that charges
}

// Part is what one part of a ledger has taken.
type Part struct {
	Account, Family, Value string
	Loss, Delta            int64
}

// Out is one entry on its way to the log, or in it.
type Out struct {
	Seq             int64
	Subject, Action string
	Entry           []byte
	Index           *int64 // in the log; nil: not there yet
}

// Check compares every column of every row with what the entries said and
// reports every difference.
//
//   - The newest entry of each subject with a state names the SHA-256 of exactly
//     that subject's document; there are as many such entries as its revision
//     says; no document is without one, none of their subjects without a document.
//   - Ledgers are those that entries opened, with the kind and total told there
//     and the sum of the charges that entries told; of charges to parts of one
//     family, the largest sum of one part. What each part has taken is the sum of
//     its charges.
//   - Charges match those of the entries one to one: what for, from which ledger,
//     how much, in which scenario, by whom, in which entry.
//   - The outbox holds the entries of the log, byte for byte, each at its place.
//   - The bytes written are those that entries name in "blobs".
//   - What is kept for good is every state that entries name, and what they name
//     in "kept".
func (s *State) Check(t Tables) *Problems {
	p := &Problems{}
	for _, e := range s.early {
		p.add(e.Where, "%s", e.What)
	}
	s.documents(p, t.Documents)
	s.accounts(p, t.Ledgers)
	s.charged(p, t.Charges)
	s.divided(p, t.Parts)
	s.outbox(p, t.Outbox)
	compareBytes(p, "blob", t.Blobs, s.blobs)
	compareBytes(p, "kept", t.Kept, s.lasting)
	return p
}

// each calls fn with every row of a table and says whether the table was read
// to its end, and is to be compared at all.
func each[T any](p *Problems, table string, rows iter.Seq2[T, error], fn func(T)) bool {
	if rows == nil {
		return false
	}
	for r, err := range rows {
		if err != nil {
			p.add(table, "the table cannot be read to its end")
			return false
		}
		fn(r)
	}
	return true
}

func (s *State) documents(p *Problems, docs iter.Seq2[Document, error]) {
	seen := map[string]bool{}
	whole := each(p, "doc", docs, func(d Document) {
		last, ok := s.docs[d.Subject]
		h := sha256.Sum256(d.Data)
		switch {
		case seen[d.Subject]:
			p.add(d.Subject, "the database holds it twice")
		case !ok:
			p.add(d.Subject, "the database holds a document that no entry of the log records")
		default:
			if last.state != "sha256:"+hex.EncodeToString(h[:]) {
				p.add(d.Subject, "the document is not the one that entry %d records", last.index)
			}
			if last.rev != d.Rev {
				p.add(d.Subject, "the document has revision %d, the log records %d", d.Rev, last.rev)
			}
		}
		seen[d.Subject] = true
	})
	absent(p, whole, s.docs, seen, func(subject string, r recorded) {
		p.add(subject, "entry %d records a document that the database does not hold", r.index)
	})
}

func (s *State) accounts(p *Problems, ledgers iter.Seq2[Ledger, error]) {
	seen := map[string]bool{}
	whole := each(p, "ledger", ledgers, func(l Ledger) {
		where := "ledger/" + l.Account
		seen[l.Account] = true
		want := s.ledgers[l.Account]
		if want == nil {
			p.add(where, "no entry of the log opens this ledger")
			return
		}
		if l.Kind != want.kind {
			p.add(where, "its kind is not the one that entry %d records", want.index)
		}
		if l.Assumed != map[bool]int64{true: 1}[want.assumed] {
			p.add(where, "whether its total is assumed is not as entry %d records it", want.index)
		}
		if total := (amount{l.TotalLoss, l.TotalDelta}); total != want.total {
			p.add(where, "its total is %s, entry %d opens it with %s", total, want.index, want.total)
		}
		if spent := (amount{l.SpentLoss, l.SpentDelta}); spent != want.spent {
			p.add(where, "what is spent is %s, the entries of the log charge %s", spent, want.spent)
		}
	})
	absent(p, whole, s.ledgers, seen, func(account string, l *opened) {
		p.add("ledger/"+account, "entry %d opens a ledger that the database does not hold", l.index)
	})
}

func (s *State) charged(p *Problems, rows iter.Seq2[Row, error]) {
	seen := map[account]bool{}
	whole := each(p, "charge", rows, func(r Row) {
		at := account{r.Job, r.Account}
		where := chargeName(at)
		want, ok := s.charges[at]
		switch {
		case seen[at]:
			p.add(where, "the database holds this charge twice")
		case !ok:
			p.add(where, "no entry records the ledger's charge of %s", amount{r.Loss, r.Delta})
		default:
			if has := (amount{r.Loss, r.Delta}); has != want.amount {
				p.add(where, "the ledger has %s, entry %d charges %s", has, want.index, want.amount)
			}
			if r.Scenario != want.scenario {
				p.add(where, "the charge has another scenario than entry %d", want.index)
			}
			if r.Actor != want.actor {
				p.add(where, "the charge has another actor than entry %d", want.index)
			}
			if r.Parts != want.parts {
				p.add(where, "the charge is to other parts of the ledger than in entry %d", want.index)
			}
			if r.Seq != int64(want.index)+1 {
				p.add(where, "the charge refers to entry number %d, it is in number %d", r.Seq, want.index+1)
			}
		}
		seen[at] = true
	})
	absent(p, whole, s.charges, seen, func(at account, c charge) {
		p.add(chargeName(at), "the ledger lacks the charge of entry %d: %s", c.index, c.amount)
	})
}

func (s *State) divided(p *Problems, rows iter.Seq2[Part, error]) {
	name := func(at partOf) string {
		return "ledger/" + at.account + " part " + at.value + " of " + at.family
	}
	seen := map[partOf]bool{}
	whole := each(p, "part", rows, func(r Part) {
		at := partOf{r.Account, r.Family, r.Value}
		want, ok := s.parts[at]
		switch has := (amount{r.Loss, r.Delta}); {
		case seen[at]:
			p.add(name(at), "the database holds this part twice")
		case !ok:
			p.add(name(at), "no entry of the log charges this part")
		case has != want:
			p.add(name(at), "the ledger has %s, the entries of the log charge %s", has, want)
		}
		seen[at] = true
	})
	absent(p, whole, s.parts, seen, func(at partOf, a amount) {
		p.add(name(at), "the ledger lacks what the entries of the log charge: %s", a)
	})
}

func chargeName(at account) string {
	kind := "job/"
	if strings.Contains(at.job, "@") { // CODE@VERSION
		kind = "snapshot/"
	}
	if strings.HasSuffix(at.job, ".fit") { // CODE@VERSION.fit
		kind = "fit/"
	}
	return kind + at.job + " on " + at.ledger
}

func outName(seq int64) string { return "outbox/" + strconv.FormatInt(seq, 10) }

func (s *State) outbox(p *Problems, rows iter.Seq2[Out, error]) {
	next := int64(1)
	whole := each(p, "outbox", rows, func(o Out) {
		for ; next < o.Seq && next <= int64(s.size); next++ {
			p.add(outName(next), "the outbox lacks the entry that is in the log")
		}
		next = max(next, o.Seq+1)
		where := outName(o.Seq)
		if o.Seq < 1 || o.Seq > int64(s.size) {
			p.add(where, "the outbox holds an entry that the log does not: a writer was killed before it got there, or somebody added it")
			return
		}
		if sha256.Sum256(o.Entry) != s.entries[uint64(o.Seq-1)] {
			p.add(where, "the entry in the outbox is not the one in the log")
		} else if e, err := decodeEntry(o.Entry); err == nil && (e.Subject != o.Subject || e.Action != o.Action) {
			p.add(where, "its subject or action is not that of its entry")
		}
		switch {
		case o.Index == nil:
			p.add(where, "the outbox does not know that the entry is in the log")
		case *o.Index != o.Seq-1:
			p.add(where, "the outbox has the entry at place %d of the log, it is at %d", *o.Index, o.Seq-1)
		}
	})
	for ; whole && next <= int64(s.size); next++ {
		p.add(outName(next), "the outbox lacks the entry that is in the log")
	}
}

// absent calls fn, in order, with what a table that was read does not hold.
func absent[K comparable, V any](p *Problems, whole bool, want map[K]V, seen map[K]bool, fn func(K, V)) {
	if !whole {
		return
	}
	keys := slices.Collect(maps.Keys(want))
	slices.SortFunc(keys, func(a, b K) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, k := range keys {
		if !seen[k] {
			fn(k, want[k])
		}
	}
}
