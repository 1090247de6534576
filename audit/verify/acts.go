package verify

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// How far the clock of a signer may be from the entry's time, each way.
const (
	MaxActAhead = 5 * time.Minute
	MaxActAge   = 10 * time.Minute
)

// serveAction is that of the entry from which on a domain takes signed acts
// alone. Its body holds {"served":true,"enrolled":[{"user":"…","key":{…}}, …]}.
const serveAction = "domain.serve"

// Acts checks the signed acts of a log (docs/formats/act.md): of a domain that is
// served every step but the program's own is one that its person signed with a
// key that was valid then, or follows from such an act. Give its Entry to
// Options.Entries, then call Check.
//
// An entry that is at fault changes nothing here: a key that nobody signed for
// does not make other signatures good.
type Acts struct {
	origin    string
	served    bool
	keys      map[string]*key
	suspended map[string]bool
	orgOf     map[string]string // institution of a person
	// stoppedOrgs are the institutions whose people may do nothing; over are the
	// subjects of people and institutions that are out for good.
	stoppedOrgs, over map[string]bool
	brakes            brakes
	taken             map[string]taken  // acts by nonce
	docs              map[string]string // the newest state of each subject
	found             Problems
}

// taken is an act that is in the log.
type taken struct {
	name, actor string
	index       uint64
}

// NewActs returns a check of the log of this origin that has seen no entry.
func NewActs(origin string) *Acts {
	return &Acts{origin: origin, keys: map[string]*key{}, suspended: map[string]bool{}, orgOf: map[string]string{}, stoppedOrgs: map[string]bool{}, over: map[string]bool{}, brakes: newBrakes(), taken: map[string]taken{}, docs: map[string]string{}}
}

// Check is what was found.
func (a *Acts) Check() *Problems { return &a.found }

// Entry takes in one entry; it never fails.
func (a *Acts) Entry(e *Entry) error {
	body, err := object(e.Body)
	if err == nil {
		if what := a.judge(e, body); what != "" {
			a.bad(e, what)
		}
	} else {
		a.bad(e, "holds no readable body")
	}
	if e.State != "" {
		a.docs[e.Subject] = e.State
	}
	return nil
}

func (a *Acts) bad(e *Entry, what string) { a.found.add(entryName(e.Index), "%s", what) }

// judge checks an entry and takes in what it changes; it returns what is wrong.
func (a *Acts) judge(e *Entry, body map[string]any) string {
	envelope, signed := body["act"]
	follows, following := body["by_act"]
	switch {
	case signed && following:
		return "has an act and follows from another"
	case slices.Contains(refusals, e.Action):
		if signed {
			return a.refused(e, envelope)
		}
	case signed:
		if what := a.signed(e, body, envelope); what != "" {
			return what
		}
	case !a.served:
	case e.Action == serveAction:
		return "begins a second time to be served"
	case following:
		if what := a.follows(e, follows); what != "" {
			return what
		}
	case e.Actor == ownerName && e.Action == keyOffer:
	case e.Actor == ownerName && slices.Contains(own, e.Action):
		return ""
	default:
		return a.unsigned(e)
	}
	return a.effect(e, body)
}

// unsigned says why an entry has to have an act.
func (a *Acts) unsigned(e *Entry) string {
	if e.Actor == ownerName {
		return "the domain is served: its owner may not do this"
	}
	for name, s := range steps {
		if s.canOpen(name, e.Action) || slices.Contains(s.follows, e.Action) {
			return "nobody signed it: the domain is served"
		}
	}
	return "nobody signed it, and its action is not known"
}

// follows checks an entry that names the act that it follows from.
func (a *Acts) follows(e *Entry, nonce any) string {
	n, _ := nonce.(string)
	t, ok := a.taken[n]
	switch {
	case !ok:
		return "follows from an act that is not in the log"
	case t.actor != e.Actor:
		return "follows from an act of somebody else"
	case !slices.Contains(steps[t.name].follows, e.Action):
		return "does not follow from its act: that is of another kind"
	}
	return ""
}

// signed checks an entry that holds an act.
func (a *Acts) signed(e *Entry, body map[string]any, envelope any) string {
	s, err := readEnvelope(envelope)
	if err != nil {
		return "holds no readable act: " + err.Error()
	}
	if t, again := a.taken[s.nonce]; again {
		return "holds an act that was taken before, in " + entryName(t.index)
	}
	if what := a.byItsPerson(e, s); what != "" {
		return what
	}
	// The act is genuine, and used up by whatever entry holds it.
	a.taken[s.nonce] = taken{s.name, e.Actor, e.Index}
	row, known := steps[s.name]
	switch {
	case !known:
		return "its act is not known"
	case !row.canOpen(s.name, e.Action):
		return "its act is to do something else"
	case s.subject != e.Subject && !row.elsewhere:
		return "its act is about something else"
	case s.subject != "" && s.state != a.docs[s.subject]:
		return "its act was signed on another state than that which it changed"
	case body["act_nonce"] != nil && body["act_nonce"] != s.nonce:
		return "names another nonce than its act has"
	}
	if what := outOfTime(e.Time, s.time); what != "" {
		return what
	}
	return agrees(row, body, s.params)
}

// byItsPerson checks who signed: with a key of the actor's that is valid at this
// entry, for this domain.
func (a *Acts) byItsPerson(e *Entry, s *signed) string {
	k := a.keys[s.keyID]
	switch {
	case s.domain != a.origin:
		return "its act is for another domain"
	case k == nil:
		return "its act is signed with a key that the log does not know"
	case k.user != e.Actor:
		return "its act is signed with a key of somebody else"
	case k.state == asked:
		return "its act is signed with a key that nobody has confirmed"
	case k.state == revoked:
		return "its act is signed with a key that was revoked"
	case a.suspended[e.Actor]:
		return "its act is of a person who is suspended"
	case a.stoppedOrgs[a.orgOf[e.Actor]]:
		return "its act is of a person whose institution is suspended"
	}
	if err := k.verify(s); err != nil {
		return "its act is not signed by its key: " + err.Error()
	}
	return ""
}

// refused checks an entry that an act was refused: whoever is named there did
// sign it.
func (a *Acts) refused(e *Entry, envelope any) string {
	s, err := readEnvelope(envelope)
	if err != nil {
		return "holds no readable act: " + err.Error()
	}
	k := a.keys[s.keyID]
	if k == nil || k.user != e.Actor {
		return "its act is not signed with a key of the one it names"
	}
	if err := k.verify(s); err != nil {
		return "its act is not signed by its key: " + err.Error()
	}
	return ""
}

// outOfTime compares the time of an act with that of its entry.
func outOfTime(entry, act string) string {
	t, err := time.Parse(timeLayout, entry)
	if err != nil {
		return "malformed time"
	}
	at, err := time.Parse(timeLayout, act)
	switch {
	case err != nil:
		return "malformed time of its act"
	case at.After(t.Add(MaxActAhead)):
		return "its act is dated more than " + minutes(MaxActAhead) + " after it"
	case at.Before(t.Add(-MaxActAge)):
		return "its act is dated more than " + minutes(MaxActAge) + " before it"
	}
	return ""
}

func minutes(d time.Duration) string { return strings.TrimSuffix(d.String(), "0s") }

// agrees holds what an entry says to what was signed: no member of both may
// differ, and some must be in both.
func agrees(row step, body, params map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if said, both := body[name]; both && !reflect.DeepEqual(said, params[name]) {
			return "says something else than its act about " + name
		}
	}
	for _, name := range row.said {
		if v, both := params[name]; !both || !reflect.DeepEqual(body[name], v) {
			return "says what its act does not, about " + name
		}
	}
	return ""
}

// object reads a JSON object; its numbers stay as they are written.
func object(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	m := map[string]any{}
	return m, d.Decode(&m)
}
