package verify

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
)

// Actions of entries whose body lists charges:
// {"charges":[{"dataset":"…","kind":"…","amount":{"loss":1,"delta":0}}, …],"scenario":"…"},
// with the job as their subject, or the snapshot whose units were counted, or a
// fit; the last two have no scenario.
const (
	ChargeAction = "job.charge"
	CountAction  = "dataset.count"
	FitAction    = "fit.charge"
)

// LedgerAction is that of entries that open a ledger. Their subject is
// "dataset/CODE", their body holds
// {"ledger":{"kind":"…","total":{"loss":1,"delta":0}}}.
const LedgerAction = "dataset.add"

// chargedKinds are the kinds of subject that each of them may have.
var chargedKinds = map[string]string{ChargeAction: "job/", CountAction: "snapshot/", FitAction: "fit/"}

// State is what a domain database has to hold, row by row, as its log tells it.
// Give its Entry to Options.Entries, then call Check.
type State struct {
	docs    map[string]recorded
	ledgers map[string]*opened
	charges map[account]charge
	blobs   map[string]uint64            // the first entry that names the bytes
	entries map[uint64][sha256.Size]byte // digests of those that can be decoded, by index
	size    uint64                       // one more than the last of them
	early   []Problem
}

type recorded struct {
	state string
	index uint64 // of the newest entry
	rev   int64  // how many there are
}

type amount struct {
	Loss  int64 `json:"loss"`
	Delta int64 `json:"delta"`
}

func (a amount) String() string { return fmt.Sprintf("loss %d and delta %d", a.Loss, a.Delta) }

type opened struct {
	kind         string
	total, spent amount
	index        uint64
}

type account struct{ job, dataset string }

type charge struct {
	amount
	scenario, actor string
	index           uint64
}

// NewState returns a comparison that has seen no entry.
func NewState() *State {
	return &State{docs: map[string]recorded{}, ledgers: map[string]*opened{}, charges: map[account]charge{}, blobs: map[string]uint64{},
		entries: map[uint64][sha256.Size]byte{}}
}

// Entry takes in one entry; it never fails.
func (s *State) Entry(e *Entry) error {
	s.entries[e.Index] = sha256.Sum256(e.Raw)
	s.size = max(s.size, e.Index+1)
	if e.State != "" {
		s.docs[e.Subject] = recorded{e.State, e.Index, s.docs[e.Subject].rev + 1}
	}
	if e.Action == LedgerAction {
		s.open(e)
	}
	if kind, ok := chargedKinds[e.Action]; ok {
		s.charge(e, kind)
	}
	s.kept(e)
	return nil
}

func (s *State) bad(e *Entry, what string) {
	s.early = append(s.early, Problem{entryName(e.Index), what})
}

// open takes in the ledger that an entry opens.
func (s *State) open(e *Entry) {
	code, ok := strings.CutPrefix(e.Subject, "dataset/")
	var body struct {
		Ledger *struct {
			Kind  string `json:"kind"`
			Total amount `json:"total"`
		} `json:"ledger"`
	}
	err := json.Unmarshal(e.Body, &body)
	switch {
	case !ok:
		s.bad(e, "opens the ledger of something that is not a dataset")
	case err != nil || body.Ledger == nil:
		s.bad(e, "holds no readable ledger")
	case body.Ledger.Total.Loss < 0 || body.Ledger.Total.Delta < 0:
		s.bad(e, "opens a ledger with less than nothing")
	case s.ledgers[code] != nil:
		s.bad(e, "opens a ledger that is open")
	default:
		s.ledgers[code] = &opened{kind: body.Ledger.Kind, total: body.Ledger.Total, index: e.Index}
	}
}

// charge takes in the charges of an entry and spends them.
func (s *State) charge(e *Entry, kind string) {
	job, ok := strings.CutPrefix(e.Subject, kind)
	if !ok {
		s.bad(e, "charges something that is not a "+strings.TrimSuffix(kind, "/"))
		return
	}
	var body struct {
		Charges []struct {
			Dataset string `json:"dataset"`
			Kind    string `json:"kind"`
			Amount  amount `json:"amount"`
		} `json:"charges"`
		Scenario string `json:"scenario"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil || len(body.Charges) == 0 {
		s.bad(e, "holds no readable list of charges")
		return
	}
	for _, c := range body.Charges {
		at := account{job, c.Dataset}
		if _, twice := s.charges[at]; twice {
			s.bad(e, "charges a second time for the same")
			continue
		}
		s.charges[at] = charge{c.Amount, body.Scenario, e.Actor, e.Index}
		s.spend(e, c.Dataset, c.Kind, c.Amount)
	}
}

// spend adds a charge to its ledger. One that the ledger does not hold is
// named, and changes nothing.
func (s *State) spend(e *Entry, dataset, kind string, a amount) {
	l := s.ledgers[dataset]
	switch {
	case a.Loss < 0 || a.Delta < 0:
		s.bad(e, "gives budget back: a charge is negative")
	case l == nil:
		s.bad(e, "charges a ledger that no entry opens")
	case l.kind != kind:
		s.bad(e, "charges a ledger of another kind")
	case a.Loss > l.total.Loss-l.spent.Loss || a.Delta > l.total.Delta-l.spent.Delta:
		s.bad(e, "charges more than the ledger holds")
	default:
		l.spent.Loss += a.Loss
		l.spent.Delta += a.Delta
	}
}

// kept takes in the bytes that were kept with an entry: "blobs" of its body.
func (s *State) kept(e *Entry) {
	var body struct {
		Blobs []string `json:"blobs"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		s.bad(e, "holds no readable list of kept bytes")
		return
	}
	for _, name := range body.Blobs {
		if _, known := s.blobs[name]; !known {
			s.blobs[name] = e.Index
		}
	}
}
