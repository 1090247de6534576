package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
)

// Actions of entries whose body lists charges:
// {"charges":[{"dataset":"…","kind":"…","amount":{"loss":1,"delta":0}}, …]},
// with the job as their subject, or the snapshot whose units were counted.
const (
	ChargeAction = "job.charge"
	CountAction  = "dataset.count"
	FitAction    = "fit.charge"
)

// chargedKinds are the kinds of subject that each of them may have.
var chargedKinds = map[string]string{ChargeAction: "job/", CountAction: "snapshot/", FitAction: "fit/"}

// Document is one document of the domain database, by its subject.
type Document struct {
	Subject string // "kind/ID", as in the entries
	Data    []byte
}

// Row is one row of the domain's budget ledger.
type Row struct {
	Job     string // the charged subject without "job/" or "snapshot/"
	Dataset string
	Loss    int64
	Delta   int64
}

// State compares a domain database with its log. Give its Entry to
// Options.Entries, then call Check.
type State struct {
	docs    map[string]recorded
	charges map[account][]charge
	early   []Problem
}

type recorded struct {
	state string
	index uint64
}

type account struct{ job, dataset string }

type charge struct {
	loss, delta int64
	index       uint64
}

// NewState returns a comparison that has seen no entry.
func NewState() *State {
	return &State{docs: map[string]recorded{}, charges: map[account][]charge{}}
}

// Entry takes in one entry; it never fails.
func (s *State) Entry(e *Entry) error {
	if e.State != "" {
		s.docs[e.Subject] = recorded{e.State, e.Index}
	}
	if kind, ok := chargedKinds[e.Action]; ok {
		s.charge(e, kind)
	}
	return nil
}

func (s *State) charge(e *Entry, kind string) {
	bad := func(what string) { s.early = append(s.early, Problem{entryName(e.Index), what}) }
	job, ok := strings.CutPrefix(e.Subject, kind)
	if !ok {
		bad("charges something that is not a " + strings.TrimSuffix(kind, "/"))
		return
	}
	var body struct {
		Charges []struct {
			Dataset string `json:"dataset"`
			Kind    string `json:"kind"`
			Amount  struct {
				Loss  int64 `json:"loss"`
				Delta int64 `json:"delta"`
			} `json:"amount"`
		} `json:"charges"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil || len(body.Charges) == 0 {
		bad("holds no readable list of charges")
		return
	}
	for _, c := range body.Charges {
		if c.Amount.Loss < 0 || c.Amount.Delta < 0 {
			bad("gives budget back: a charge is negative")
		}
		at := account{job, c.Dataset}
		s.charges[at] = append(s.charges[at], charge{c.Amount.Loss, c.Amount.Delta, e.Index})
	}
}

// Check compares what the entries said with the documents and ledger rows of
// the database and reports every difference. An error of an iterator ends the
// check and is returned.
//
//   - The last entry of each subject with a state names the SHA-256 of exactly
//     that subject's document.
//   - No document is without such an entry, none of their subjects without a
//     document, no subject has two documents.
//   - Ledger rows and charges match one to one, by job, dataset and amounts.
func (s *State) Check(docs iter.Seq2[Document, error], rows iter.Seq2[Row, error]) (*Problems, error) {
	p := &Problems{}
	for _, e := range s.early {
		p.add(e.Where, "%s", e.What)
	}
	if err := s.documents(p, docs); err != nil {
		return nil, err
	}
	if err := s.ledger(p, rows); err != nil {
		return nil, err
	}
	return p, nil
}

func (s *State) documents(p *Problems, docs iter.Seq2[Document, error]) error {
	seen := map[string]bool{}
	for d, err := range docs {
		if err != nil {
			return err
		}
		last, ok := s.docs[d.Subject]
		h := sha256.Sum256(d.Data)
		switch {
		case seen[d.Subject]:
			p.add(d.Subject, "the database holds it twice")
		case !ok:
			p.add(d.Subject, "the database holds a document that no entry of the log records")
		case last.state != "sha256:"+hex.EncodeToString(h[:]):
			p.add(d.Subject, "the document is not the one that entry %d records", last.index)
		}
		seen[d.Subject] = true
	}
	for _, subject := range slices.Sorted(maps.Keys(s.docs)) {
		if !seen[subject] {
			p.add(subject, "entry %d records a document that the database does not hold", s.docs[subject].index)
		}
	}
	return nil
}

func (s *State) ledger(p *Problems, rows iter.Seq2[Row, error]) error {
	held := map[account][]charge{}
	for r, err := range rows {
		if err != nil {
			return err
		}
		at := account{r.Job, r.Dataset}
		held[at] = append(held[at], charge{loss: r.Loss, delta: r.Delta})
	}
	accounts := map[account]bool{}
	for at := range s.charges {
		accounts[at] = true
	}
	for at := range held {
		accounts[at] = true
	}
	sorted := slices.SortedFunc(maps.Keys(accounts), func(a, b account) int {
		return cmp.Or(cmp.Compare(a.job, b.job), cmp.Compare(a.dataset, b.dataset))
	})
	for _, at := range sorted {
		kind := "job/"
		if strings.Contains(at.job, "@") { // CODE@VERSION
			kind = "snapshot/"
		}
		if strings.HasSuffix(at.job, ".fit") { // CODE@VERSION.fit
			kind = "fit/"
		}
		compareCharges(p, kind+at.job+" on "+at.dataset, s.charges[at], held[at])
	}
	return nil
}

// compareCharges pairs equal amounts off and reports what is left: pairs of
// different amounts first, then what only one side has.
func compareCharges(p *Problems, where string, logged, held []charge) {
	order := func(a, b charge) int { return cmp.Or(cmp.Compare(a.loss, b.loss), cmp.Compare(a.delta, b.delta)) }
	logged, held = slices.Clone(logged), slices.Clone(held)
	slices.SortStableFunc(logged, order)
	slices.SortStableFunc(held, order)
	var onlyLog, onlyLedger []charge
	for len(logged) > 0 && len(held) > 0 {
		switch c := order(logged[0], held[0]); {
		case c == 0:
			logged, held = logged[1:], held[1:]
		case c < 0:
			onlyLog, logged = append(onlyLog, logged[0]), logged[1:]
		default:
			onlyLedger, held = append(onlyLedger, held[0]), held[1:]
		}
	}
	onlyLog, onlyLedger = append(onlyLog, logged...), append(onlyLedger, held...)
	for len(onlyLog) > 0 && len(onlyLedger) > 0 {
		a, b := onlyLog[0], onlyLedger[0]
		p.add(where, "the ledger has loss %d and delta %d, entry %d charges loss %d and delta %d", b.loss, b.delta, a.index, a.loss, a.delta)
		onlyLog, onlyLedger = onlyLog[1:], onlyLedger[1:]
	}
	for _, a := range onlyLog {
		p.add(where, "the ledger lacks the charge of entry %d: loss %d, delta %d", a.index, a.loss, a.delta)
	}
	for _, b := range onlyLedger {
		p.add(where, "no entry records the ledger's loss %d and delta %d", b.loss, b.delta)
	}
}
