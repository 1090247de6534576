package verify

import (
	"crypto/sha256"
	"encoding/json"
	"strings"
)

// State is what a domain database has to hold, row by row, as its log tells it.
// Give its Entry to Options.Entries, then call Check.
type State struct {
	docs    map[string]recorded
	ledgers map[string]*opened
	charges map[account]charge
	parts   map[partOf]amount
	highest map[[2]string]amount         // by ledger and family: the most that one part took
	spaces  map[string][]string          // of a dataset, as it was registered
	blobs   map[string]uint64            // the first entry that names the bytes
	lasting map[string]uint64            // the same of what is kept for good
	entries map[uint64][sha256.Size]byte // digests of those that can be decoded, by index
	size    uint64                       // one more than the last of them
	early   []Problem
}

type recorded struct {
	state string
	index uint64 // of the newest entry
	rev   int64  // how many there are
}

type opened struct {
	kind         string
	assumed      bool
	total, spent amount
	index        uint64
}

// account is one charge: for what, on which ledger.
type account struct{ job, ledger string }

// partOf is one part of a ledger.
type partOf struct{ account, family, value string }

type charge struct {
	amount
	scenario, actor string
	parts           string
	index           uint64
}

// NewState returns a comparison that has seen no entry.
func NewState() *State {
	return &State{docs: map[string]recorded{}, ledgers: map[string]*opened{}, charges: map[account]charge{}, blobs: map[string]uint64{}, lasting: map[string]uint64{},
		parts: map[partOf]amount{}, highest: map[[2]string]amount{}, spaces: map[string][]string{},
		entries: map[uint64][sha256.Size]byte{}}
}

// Entry takes in one entry; it never fails.
func (s *State) Entry(e *Entry) error {
	s.entries[e.Index] = sha256.Sum256(e.Raw)
	s.size = max(s.size, e.Index+1)
	if e.State != "" {
		s.docs[e.Subject] = recorded{e.State, e.Index, s.docs[e.Subject].rev + 1}
		firstIn(s.lasting, e.State, e.Index)
	}
	switch e.Action {
	case LedgerAction, SpaceAction, AssumeAction:
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

// ledgerOf reads the ledger that an entry tells of. It returns nil, and says why,
// where that cannot be read.
func (s *State) ledgerOf(e *Entry) (name string, l *opened, spaces []string) {
	code, ok := strings.CutPrefix(e.Subject, "dataset/")
	if e.Action != LedgerAction {
		code = e.Subject
		_, ok = strings.CutPrefix(e.Subject, "space/")
	}
	var body struct {
		Ledger *struct {
			Kind    string `json:"kind"`
			Total   amount `json:"total"`
			Assumed bool   `json:"assumed"`
		} `json:"ledger"`
		Spaces []string `json:"spaces"`
	}
	err := json.Unmarshal(e.Body, &body)
	switch {
	case !ok && e.Action == LedgerAction:
		s.bad(e, "opens the ledger of something that is not a dataset")
	case !ok:
		s.bad(e, "opens the ledger of something that is not a unit space")
	case err != nil || body.Ledger == nil:
		s.bad(e, "holds no readable ledger")
	case body.Ledger.Total.Loss < 0 || body.Ledger.Total.Delta < 0:
		s.bad(e, "opens a ledger with less than nothing")
	default:
		return code, &opened{kind: body.Ledger.Kind, total: body.Ledger.Total, assumed: body.Ledger.Assumed, index: e.Index}, body.Spaces
	}
	return "", nil, nil
}

// open takes in the ledger that an entry opens, or the total that stands from now
// on in the place of one that was assumed.
func (s *State) open(e *Entry) {
	name, l, spaces := s.ledgerOf(e)
	if l == nil {
		return
	}
	switch old := s.ledgers[name]; {
	case l.assumed != (e.Action == AssumeAction):
		s.bad(e, "opens a ledger that is assumed, and should not be, or the other way round")
	case old == nil:
		s.ledgers[name], s.spaces[name] = l, spaces
	case e.Action != SpaceAction || !old.assumed:
		s.bad(e, "opens a ledger that is open")
	case old.spent != (amount{}) && (l.kind != old.kind || !l.total.within(old.total) || !old.spent.within(l.total)):
		s.bad(e, "changes a ledger that was charged to another kind, to a larger total or to less than is spent")
	default:
		l.spent = old.spent
		s.ledgers[name] = l
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
		Charges  []item `json:"charges"`
		Scenario string `json:"scenario"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil || len(body.Charges) == 0 {
		s.bad(e, "holds no readable list of charges")
		return
	}
	paid := map[string]bool{}
	for _, c := range body.Charges {
		at := account{job, c.ledger()}
		paid[at.ledger] = true
		if _, twice := s.charges[at]; twice {
			s.bad(e, "charges a second time for the same")
			continue
		}
		parts, ok := c.parts()
		if !ok {
			s.bad(e, "charges no readable parts of a ledger")
			continue
		}
		s.charges[at] = charge{c.Amount, body.Scenario, e.Actor, parts, e.Index}
		s.spend(e, &c)
	}
	for _, c := range body.Charges {
		for _, space := range s.spaces[c.Dataset] {
			if !paid["space/"+space] {
				s.bad(e, "charges a dataset and not its unit space")
			}
		}
	}
}

// spend adds a charge to its ledger. One that the ledger does not hold is
// named, and changes nothing. Parts of a family are disjoint: together they have
// taken what the largest of them took.
func (s *State) spend(e *Entry, c *item) {
	l, a := s.ledgers[c.ledger()], c.Amount
	if c.Parts != nil && a.Loss >= 0 && a.Delta >= 0 {
		var mine amount
		high := s.highest[[2]string{c.ledger(), c.Parts.Family}]
		for _, v := range c.Parts.Values {
			has := s.parts[partOf{c.ledger(), c.Parts.Family, v}]
			mine = amount{max(mine.Loss, has.Loss), max(mine.Delta, has.Delta)}
		}
		a = amount{max(high.Loss, mine.Loss+a.Loss), max(high.Delta, mine.Delta+a.Delta)}.less(high)
	}
	switch {
	case c.Amount.Loss < 0 || c.Amount.Delta < 0:
		s.bad(e, "gives budget back: a charge is negative")
	case l == nil:
		s.bad(e, "charges a ledger that no entry opens")
	case l.kind != c.Kind:
		s.bad(e, "charges a ledger of another kind")
	case !a.within(l.total.less(l.spent)):
		s.bad(e, "charges more than the ledger holds")
	default:
		l.spent = amount{l.spent.Loss + a.Loss, l.spent.Delta + a.Delta}
		if c.Parts == nil {
			return
		}
		for _, v := range c.Parts.Values {
			at := partOf{c.ledger(), c.Parts.Family, v}
			has := amount{s.parts[at].Loss + c.Amount.Loss, s.parts[at].Delta + c.Amount.Delta}
			family := [2]string{at.account, at.family}
			high := s.highest[family]
			s.parts[at], s.highest[family] = has, amount{max(high.Loss, has.Loss), max(high.Delta, has.Delta)}
		}
	}
}

// kept takes in the bytes that were written with an entry: "blobs" and "kept" of
// its body.
func (s *State) kept(e *Entry) {
	var body struct {
		Blobs []string `json:"blobs"`
		Kept  []string `json:"kept"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		s.bad(e, "holds no readable list of kept bytes")
		return
	}
	for _, name := range body.Blobs {
		firstIn(s.blobs, name, e.Index)
	}
	for _, name := range body.Kept {
		firstIn(s.lasting, name, e.Index)
	}
}

// firstIn keeps the first entry that names some bytes.
func firstIn(all map[string]uint64, name string, index uint64) {
	if _, known := all[name]; !known {
		all[name] = index
	}
}
