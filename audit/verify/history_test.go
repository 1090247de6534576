package verify

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/act/acttest"
)

const origin = "test.example/domain"

// history is a log that is being made, of a domain that is served.
type history struct {
	t     *testing.T
	keys  map[string]act.Signer
	docs  map[string]string
	acts  *Acts
	seq   uint64
	clock time.Time
	last  string // nonce of the newest act
}

// begun is the log of a domain that two people begin to serve: reg with a
// passkey, auth with an Ed25519 key; sm has an SM2 key that auth confirmed.
func begun(t *testing.T) *history {
	t.Helper()
	h := &history{t: t, keys: map[string]act.Signer{"reg": acttest.New("glovebox.example", "https://desk.glovebox.example")}, docs: map[string]string{},
		acts: NewActs(origin), clock: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)}
	for _, name := range []string{"auth", "mal"} {
		h.make(name, act.Ed25519)
	}
	h.make("sm", act.SM2)
	h.write(ownerName, "domain.init", "domain/test", nil)
	h.write(ownerName, "user.key_enrol", "key/"+h.keys["reg"].Key().ID, map[string]any{"user": "reg", "key": h.keys["reg"].Key()})
	h.write(ownerName, serveAction, "served/domain", map[string]any{"served": true, "enrolled": []any{
		map[string]any{"user": "reg", "org": "Bureau", "key": h.keys["reg"].Key()}, map[string]any{"user": "auth", "org": "Bureau", "key": h.keys["auth"].Key()}}})
	h.add("reg", "sm")
	h.confirm("auth", "sm")
	return h
}

func (h *history) make(name, scheme string) {
	h.t.Helper()
	k, err := act.GenerateFileKey(filepath.Join(h.t.TempDir(), "key.pem"), scheme, name)
	if err != nil {
		h.t.Fatal(err)
	}
	h.keys[name] = k
}

// write adds an entry as it is.
func (h *history) write(actor, action, subject string, body map[string]any) {
	h.t.Helper()
	h.seq++
	h.clock = h.clock.Add(time.Second)
	raw, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	if body == nil {
		raw = nil
	}
	h.docs[subject] = fmt.Sprintf("sha256:%064x", h.seq)
	e := audit.Entry{Seq: h.seq, Time: h.clock.Format(audit.TimeLayout), Actor: actor, Action: action, Subject: subject, State: h.docs[subject], Body: raw}
	data, err := e.Encode()
	if err != nil {
		h.t.Fatal(err)
	}
	back, err := decodeEntry(data)
	if err != nil {
		h.t.Fatal(err)
	}
	back.Index = h.seq - 1
	if err := h.acts.Entry(back); err != nil {
		h.t.Fatal(err)
	}
}

// change is what the tests change of an act or of its entry.
type change struct {
	act  func(*act.Act)
	env  func(*act.Envelope)
	body func(map[string]any)
	who  string // the entry's actor; "": the signer
	as   string // the entry's action; "": the act's
	on   string // the entry's subject; "": the act's
	key  string // whose key signs; "": the signer's
}

// sign adds an entry with an act of who.
func (h *history) sign(who, name, subject string, params map[string]any, c change) *act.Envelope {
	h.t.Helper()
	raw, err := json.Marshal(params)
	if err != nil {
		h.t.Fatal(err)
	}
	if params == nil {
		raw = nil
	}
	a := &act.Act{V: 1, Domain: origin, Name: name, Subject: subject, State: h.docs[subject], Time: h.clock.Format(act.TimeLayout), Nonce: act.NewNonce(), Params: raw}
	if c.act != nil {
		c.act(a)
	}
	signer := h.keys[who]
	if c.key != "" {
		signer = h.keys[c.key]
	}
	e, err := signer.Sign(a)
	if err != nil {
		h.t.Fatal(err)
	}
	if c.env != nil {
		c.env(e)
	}
	h.enter(who, name, subject, e, a.Nonce, params, c)
	return e
}

func (h *history) enter(who, name, subject string, e *act.Envelope, nonce string, params map[string]any, c change) {
	h.t.Helper()
	h.last = nonce
	body := map[string]any{"act": e, "act_nonce": nonce}
	for k, v := range params {
		body[k] = v
	}
	if c.body != nil {
		c.body(body)
	}
	for old, to := range map[*string]string{&who: c.who, &name: c.as, &subject: c.on} {
		if to != "" {
			*old = to
		}
	}
	h.write(who, name, subject, body)
}

func (h *history) add(by, who string) {
	k := h.keys[who].Key()
	h.sign(by, keyAdd, "key/"+k.ID, map[string]any{"user": who, "key": k}, change{})
}

func (h *history) confirm(by, who string) {
	id := h.keys[who].Key().ID
	h.sign(by, keyConfirm, "key/"+id, map[string]any{"user": who, "confirms": id}, change{})
}

func (h *history) good() {
	h.t.Helper()
	if p := h.acts.Check(); !p.OK() {
		h.t.Fatalf("a good log has problems: %v", p.List)
	}
}

// wrong wants exactly one problem more, at the last entry.
func (h *history) wrong(name, what string) {
	h.t.Helper()
	p := h.acts.Check()
	if len(p.List) != 1 || p.List[0].Where != entryName(h.seq-1) || !strings.Contains(p.List[0].What, what) {
		h.t.Errorf("%s: %v, wanted %q", name, p.List, what)
	}
	h.acts.found = Problems{}
}
