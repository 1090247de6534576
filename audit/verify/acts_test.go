package verify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/internal/access"
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

func TestSignedActs(t *testing.T) {
	h := begun(t)
	for _, who := range []string{"reg", "auth", "sm"} {
		h.sign(who, "user.add", "user/wu", map[string]any{"role": "developer"}, change{})
	}
	// An act that makes its subject, and what follows from it.
	e := h.sign("sm", "job.run", "", map[string]any{"module": "sha256:1"}, change{on: "job/1", as: "job.admit"})
	a, err := e.Act()
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"job.charge", "job.run", "job.done", "release.make"} {
		h.write("sm", action, "job/1", map[string]any{"by_act": a.Nonce})
	}
	h.sign("auth", "release.approve", "release/1", nil, change{as: "release.approve_refused"})
	h.write(ownerName, "job.done", "job/1", nil) // after a restart
	h.sign("auth", suspend, "user/sm", map[string]any{"reason": "left"}, change{})
	h.sign("reg", resume, "user/sm", map[string]any{"reason": "back"}, change{})
	h.sign("sm", "user.add", "user/zhu", nil, change{})
	id := h.keys["sm"].Key().ID
	h.sign("sm", keyRevoke, "key/"+id, map[string]any{"user": "sm", "key_id": id}, change{})
	// A refusal holds an act that is stale, and uses nothing up.
	h.sign("auth", "user.add", "user/wu", nil, change{as: "act.refuse", act: func(a *act.Act) { a.State = "" }})
	h.good()
}

// TestActNotInOrder: every way in which an entry of a served domain is not its
// person's act.
func TestActNotInOrder(t *testing.T) {
	h := begun(t)
	before := h.sign("auth", "user.add", "user/first", nil, change{})
	firstAct, err := before.Act()
	if err != nil {
		t.Fatal(err)
	}
	job := h.sign("sm", "job.run", "", nil, change{on: "job/1", as: "job.admit"})
	jobAct, err := job.Act()
	if err != nil {
		t.Fatal(err)
	}
	h.good()
	resig := func(f func([]byte) []byte) func(*act.Envelope) {
		return func(e *act.Envelope) {
			b, _ := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
			e.Signatures[0].Sig = base64.StdEncoding.EncodeToString(f(b))
		}
	}
	payload := func(f func(string) string) func(*act.Envelope) {
		return func(e *act.Envelope) {
			b, _ := base64.StdEncoding.DecodeString(e.Payload)
			e.Payload = base64.StdEncoding.EncodeToString([]byte(f(string(b))))
		}
	}
	for _, c := range []struct {
		name, what string
		change
	}{
		{"another domain", "for another domain", change{act: func(a *act.Act) { a.Domain = "test.example/other" }}},
		{"another user", "a key of somebody else", change{who: "reg"}},
		{"the owner in a user's name", "a key of somebody else", change{who: ownerName}},
		{"another's key", "a key of somebody else", change{key: "sm"}},
		{"a key that nobody handed in", "does not know", change{key: "mal"}},
		{"the name of another key", "signature is wrong", change{key: "mal", env: func(e *act.Envelope) { e.Signatures[0].KeyID = h.keys["auth"].Key().ID }}},
		{"another action", "to do something else", change{as: "user.suspend", on: "user/new"}},
		{"an act that nobody knows", "is not known", change{act: func(a *act.Act) { a.Name = "user.crown" }}},
		{"another subject", "about something else", change{on: "user/other"}},
		{"no subject", "about something else", change{act: func(a *act.Act) { a.Subject, a.State = "", "" }}},
		{"another state", "another state", change{act: func(a *act.Act) { a.State = "sha256:" + strings.Repeat("0", 64) }}},
		{"from the future", "more than 5m after it", change{act: func(a *act.Act) { a.Time = h.clock.Add(6 * time.Minute).Format(act.TimeLayout) }}},
		{"backdated", "more than 10m before it", change{act: func(a *act.Act) { a.Time = h.clock.Add(-11 * time.Minute).Format(act.TimeLayout) }}},
		{"another payload", "signature is wrong", change{env: payload(func(s string) string { return strings.Replace(s, `"role":"developer"`, `"role":"authority"`, 1) })}},
		{"another nonce in the payload", "signature is wrong", change{env: payload(func(s string) string {
			return regexp.MustCompile(`"nonce":"[^"]*"`).ReplaceAllString(s, `"nonce":"`+act.NewNonce()+`"`)
		})}},
		{"a payload with white space", "not in canonical form", change{env: payload(func(s string) string { return s + " " })}},
		{"a payload with a number in another form", "not in canonical form", change{env: payload(func(s string) string { return strings.Replace(s, `"v":1`, `"v":1.0`, 1) })}},
		{"a payload with a member twice", "not in canonical form", change{env: payload(func(s string) string { return strings.Replace(s, `"v":1`, `"v":1,"v":1`, 1) })}},
		{"a payload with a member more", "members", change{env: payload(func(s string) string { return strings.Replace(s, `"v":1`, `"v":1,"w":1`, 1) })}},
		{"a payload without a domain", "members", change{env: payload(func(s string) string { return strings.Replace(s, `"domain":"`+origin+`",`, "", 1) })}},
		{"a payload of another version", "version", change{env: payload(func(s string) string { return strings.Replace(s, `"v":1`, `"v":2`, 1) })}},
		{"a short nonce", "nonce", change{env: payload(func(s string) string {
			return regexp.MustCompile(`"nonce":"[^"]*"`).ReplaceAllString(s, `"nonce":"AAAA"`)
		})}},
		{"other params", "about role", change{body: func(b map[string]any) { b["role"] = "authority" }}},
		{"another nonce beside it", "another nonce", change{body: func(b map[string]any) { b["act_nonce"] = act.NewNonce() }}},
		{"an act and one that it follows", "follows from another", change{body: func(b map[string]any) { b["by_act"] = firstAct.Nonce }}},
		{"a bit of the signature", "signature is wrong", change{env: resig(func(b []byte) []byte { b[9] ^= 1; return b })}},
		{"a short signature", "signature is wrong", change{env: resig(func(b []byte) []byte { return b[:63] })}},
		{"another scheme", "another scheme", change{env: func(e *act.Envelope) { e.Signatures[0].Scheme = act.SM2 }}},
		{"two signatures", "one signature", change{env: func(e *act.Envelope) { e.Signatures = append(e.Signatures, e.Signatures[0]) }}},
		{"another payload type", "one signature", change{env: func(e *act.Envelope) { e.PayloadType = "application/json" }}},
		{"no object", "no readable act", change{body: func(b map[string]any) { b["act"] = "signed" }}},
		{"null", "no readable act", change{body: func(b map[string]any) { b["act"] = nil }}},
	} {
		h.sign("auth", "user.add", "user/new", map[string]any{"role": "developer"}, c.change)
		h.wrong(c.name, c.what)
	}
	for name, env := range map[string]func(*act.Envelope){
		"SM2: a bit of the signature": resig(func(b []byte) []byte { b[len(b)-5] ^= 1; return b }),
		"SM2: bytes after it":         resig(func(b []byte) []byte { return append(b, 0) }),
		"SM2: another payload":        payload(func(s string) string { return strings.Replace(s, "developer", "authority", 1) }),
		"SM2: another's signature":    func(e *act.Envelope) { e.Signatures[0].Sig = before.Signatures[0].Sig },
	} {
		h.sign("sm", "user.add", "user/new", map[string]any{"role": "developer"}, change{env: env})
		h.wrong(name, "signature is wrong")
	}
	h.enter("auth", "user.add", "user/first", before, firstAct.Nonce, nil, change{})
	h.wrong("replayed", "taken before, in entry 5")
	for _, c := range []struct {
		name, what, actor, action string
		body                      map[string]any
	}{
		{"nobody signed", "nobody signed it: the domain is served", "auth", "user.add", nil},
		{"nobody signed what follows from an act", "nobody signed it: the domain is served", "sm", "job.charge", nil},
		{"nobody signed, and nobody knows it", "its action is not known", "auth", "user.crown", nil},
		{"the owner does it", "its owner may not do this", ownerName, "user.add", nil},
		{"the owner enrols somebody", "its owner may not do this", ownerName, "user.key_enrol", nil},
		{"the owner begins again", "begins a second time", ownerName, serveAction, map[string]any{"served": true}},
		{"follows from nothing", "not in the log", "sm", "job.charge", map[string]any{"by_act": act.NewNonce()}},
		{"follows from another's act", "of somebody else", "auth", "job.charge", map[string]any{"by_act": jobAct.Nonce}},
		{"follows from an act of another kind", "another kind", "auth", "job.charge", map[string]any{"by_act": firstAct.Nonce}},
		{"follows where it should be signed", "another kind", "sm", "release.approve", map[string]any{"by_act": jobAct.Nonce}},
	} {
		h.write(c.actor, c.action, "job/1", c.body)
		h.wrong(c.name, c.what)
	}
	h.sign("auth", "user.add", "user/new", nil, change{as: "act.refuse", who: "reg"})
	h.wrong("a refusal in another's name", "not signed with a key of the one it names")
	h.sign("auth", "user.add", "user/new", nil, change{as: "act.refuse", env: resig(func(b []byte) []byte { b[9] ^= 1; return b })})
	h.wrong("a refusal of what nobody signed", "signature is wrong")
	h.sign("auth", "user.add", "user/new", nil, change{})
	h.good()
}

// TestPasskeysActNotInOrder: what a passkey's signature has beside the others'.
func TestPasskeysActNotInOrder(t *testing.T) {
	h := begun(t)
	p := h.keys["reg"].(*acttest.Passkey)
	assertion := func(f func(*act.Act) []byte) func(*act.Envelope) {
		return func(e *act.Envelope) {
			a, err := e.Act()
			if err != nil {
				t.Fatal(err)
			}
			var r struct {
				Response struct{ AuthenticatorData, ClientDataJSON, Signature string } `json:"response"`
			}
			if err := json.Unmarshal(f(a), &r); err != nil {
				t.Fatal(err)
			}
			std := func(s string) string {
				b, err := base64.RawURLEncoding.DecodeString(s)
				if err != nil {
					t.Fatal(err)
				}
				return base64.StdEncoding.EncodeToString(b)
			}
			e.Signatures[0].Sig = base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"authenticator_data":%q,"client_data_json":%q,"signature":%q}`,
				std(r.Response.AuthenticatorData), std(r.Response.ClientDataJSON), std(r.Response.Signature)))
		}
	}
	get := func(c ...func(*acttest.Answer)) func(*act.Envelope) {
		return assertion(func(a *act.Act) []byte {
			x, err := a.Challenge()
			if err != nil {
				t.Fatal(err)
			}
			return p.Get(x[:], c...)
		})
	}
	client := func(old, new string) func(*act.Envelope) {
		return get(func(a *acttest.Answer) {
			if !strings.Contains(a.ClientData, old) {
				t.Fatal("the change changes nothing")
			}
			a.ClientData = strings.Replace(a.ClientData, old, new, 1)
		})
	}
	h.sign("reg", "user.add", "user/new", nil, change{env: get()})
	h.good()
	other := acttest.New(p.RPID, p.Origin)
	for _, c := range []struct {
		name, what string
		env        func(*act.Envelope)
	}{
		{"another page", "another page", client("desk.", "evil.")},
		{"a page twice", "malformed", client(`"origin"`, `"origin":"https://evil.example","origin"`)},
		{"a page twice, folded", "malformed", client(`"origin"`, `"ORIGIN":"https://evil.example","origin"`)},
		{"a page twice, after it", "malformed", client("false", `false,"ORIGIN":"https://evil.example"`)},
		{"a frame twice, folded", "malformed", client("false", `false,"cro\u017f\u017fOrigin":true`)},
		{"framed", "within another page", client("false", "true")},
		{"framed by a page", "within another page", client("false", `false,"topOrigin":"https://evil.example"`)},
		{"of a new passkey", "something else", client("webauthn.get", "webauthn.create")},
		{"bytes after it", "malformed", get(func(a *acttest.Answer) { a.ClientData += "{}" })},
		{"another act", "another act", assertion(func(*act.Act) []byte { return p.Get(make([]byte, 32)) })},
		{"nobody there", "not there", get(func(a *acttest.Answer) { a.Flags &^= acttest.Present })},
		{"not asked who", "not there", get(func(a *acttest.Answer) { a.Flags &^= acttest.Verified })},
		{"another site", "another site", get(func(a *acttest.Answer) { a.RPID = "example.org" })},
		{"more than asked", "another site", get(func(a *acttest.Answer) { a.Tail = []byte{0} })},
		{"another passkey", "signature is wrong", get(func(a *acttest.Answer) { a.Signature = other.SignMessage })},
		{"not an assertion", "not JSON", func(e *act.Envelope) { e.Signatures[0].Sig = "AAAA" }},
		{"half an assertion", "members", func(e *act.Envelope) {
			e.Signatures[0].Sig = base64.StdEncoding.EncodeToString([]byte(`{"signature":""}`))
		}},
	} {
		h.sign("reg", "user.add", "user/new", nil, change{env: c.env})
		h.wrong(c.name, c.what)
	}
}

// TestKeysOverTime: whose signatures count from which entry on.
func TestKeysOverTime(t *testing.T) {
	h := begun(t)
	mal := h.keys["mal"].Key()
	h.add("reg", "mal")
	h.good()
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.wrong("unconfirmed", "nobody has confirmed")
	confirm := map[string]any{"user": "mal", "confirms": mal.ID}
	h.sign("auth", keyConfirm, "key/"+h.keys["sm"].Key().ID, confirm, change{})
	h.wrong("confirms another key", "changes another key")
	h.make("wu", act.Ed25519)
	h.sign("reg", keyAdd, "key/"+mal.ID, map[string]any{"user": "wu", "key": h.keys["wu"].Key()}, change{})
	h.wrong("hands in another key", "another key than it is about")
	h.sign("reg", keyAdd, "key/"+h.keys["wu"].Key().ID, map[string]any{"user": ownerName, "key": h.keys["wu"].Key()}, change{})
	h.wrong("a key of the owner", "a key of nobody")
	h.sign("reg", keyConfirm, "key/"+mal.ID, confirm, change{})
	h.wrong("confirmed by whoever handed it in", "confirmed by its person or")
	h.sign("mal", keyConfirm, "key/"+mal.ID, confirm, change{})
	h.wrong("confirmed by itself", "nobody has confirmed")
	h.write(ownerName, keyConfirm, "key/"+mal.ID, confirm)
	h.wrong("confirmed by the owner", "its owner may not do this")
	h.sign("auth", keyConfirm, "key/"+mal.ID, confirm, change{body: func(b map[string]any) { b["confirms"] = h.keys["sm"].Key().ID }})
	h.wrong("signed for one key, entered for another", "about confirms")
	h.sign("auth", keyConfirm, "key/"+mal.ID, map[string]any{"confirms": mal.ID}, change{body: func(b map[string]any) { b["user"] = "mal" }})
	h.wrong("signed for nobody", "says what its act does not")
	h.sign("auth", keyConfirm, "key/"+mal.ID, map[string]any{"user": "wu", "confirms": mal.ID}, change{})
	h.wrong("signed for another", "of somebody else")
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.wrong("still unconfirmed", "nobody has confirmed")
	h.confirm("auth", "mal")
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.good()
	h.confirm("auth", "mal")
	h.wrong("confirmed twice", "confirms a key that is valid")
	h.sign("auth", keyAdd, "key/"+mal.ID, map[string]any{"user": "auth", "key": mal}, change{})
	h.wrong("handed in twice", "handed in before")
	h.sign("mal", suspend, "user/sm", nil, change{})
	h.good()
	h.sign("sm", "user.add", "user/new", nil, change{})
	h.wrong("suspended", "who is suspended")
	h.sign("auth", resume, "user/auth", nil, change{})
	h.wrong("resumed by itself", "a suspension of their own")
	h.sign("auth", suspend, "key/x", nil, change{})
	h.wrong("suspended a key", "not a person")
	h.sign("auth", resume, "user/sm", nil, change{})
	h.sign("sm", "user.add", "user/new", nil, change{})
	revoke := map[string]any{"user": "mal", "key_id": mal.ID}
	h.sign("reg", keyRevoke, "key/"+mal.ID, revoke, change{})
	h.good()
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.wrong("revoked", "that was revoked")
	h.sign("auth", keyRevoke, "key/"+mal.ID, revoke, change{})
	h.wrong("revoked twice", "that was revoked")
	h.confirm("auth", "mal")
	h.wrong("confirmed after it was revoked", "that was revoked")
	for name, k := range badKeys(t, h.keys["reg"].Key()) {
		h.sign("reg", keyAdd, "key/x", map[string]any{"user": "wu", "key": k}, change{})
		h.wrong(name, "hands in something that is not a key")
	}
}

// badKeys are keys that anybody could sign for, or that are none.
func badKeys(t *testing.T, passkey act.Key) map[string]act.Key {
	t.Helper()
	out := map[string]act.Key{}
	for name, raw := range map[string]string{
		"of low order": "302a300506032b6570032100" + strings.Repeat("00", 32), "the identity": "302a300506032b657003210001" + strings.Repeat("00", 31),
		"off the curve": "302a300506032b657003210002" + strings.Repeat("00", 31), "not canonical": "302a300506032b6570032100f0" + strings.Repeat("ff", 30) + "7f",
		"short": "302a300506032b6570032100",
	} {
		var der []byte
		if _, err := fmt.Sscanf(raw, "%x", &der); err != nil {
			t.Fatal(err)
		}
		k, _ := act.NewKey(act.Ed25519, der, "")
		out[name] = k
	}
	der, err := base64.StdEncoding.DecodeString(passkey.Public)
	if err != nil {
		t.Fatal(err)
	}
	der[len(der)-1] ^= 1
	off, _ := act.NewKey(act.Ed25519, der, "")
	off.Scheme, off.RPID, off.Origin, off.Credential = act.WebAuthn, passkey.RPID, passkey.Origin, passkey.Credential
	out["a passkey off the curve"] = off
	sm, _ := act.NewKey(act.SM2, der, "")
	out["an SM2 key on another curve"] = sm
	for name, f := range map[string]func(*act.Key){
		"a passkey without a page": func(k *act.Key) { k.Origin = "" },
		"of another scheme":        func(k *act.Key) { k.Scheme, k.Origin, k.RPID = act.Ed25519, "", "" },
		"of no scheme":             func(k *act.Key) { k.Scheme, k.Origin, k.RPID = "", "", "" },
		"another's name":           func(k *act.Key) { k.ID = "sha256:" + strings.Repeat("0", 64) },
	} {
		k := passkey
		f(&k)
		out[name] = k
	}
	return out
}

// TestKeysBeforeServing: what the owner said of keys counts until the domain is
// served, and then only for those enrolled.
func TestKeysBeforeServing(t *testing.T) {
	h := begun(t)
	keys := h.keys
	h.acts, h.docs, h.seq = NewActs(origin), map[string]string{}, 0
	h.write(ownerName, "domain.init", "domain/test", nil)
	h.write("auth", "user.add", "user/wu", nil)
	for _, who := range []string{"mal", "auth"} {
		h.write(ownerName, keyAdd, "key/"+keys[who].Key().ID, map[string]any{"user": who, "key": keys[who].Key()})
		h.sign(who, "user.add", "user/wu", nil, change{})
	}
	h.make("old", act.Ed25519)
	old := map[string]any{"user": "old", "key": keys["old"].Key()}
	h.write(ownerName, keyAdd, "key/"+keys["old"].Key().ID, old)
	h.write(ownerName, keyRevoke, "key/"+keys["old"].Key().ID, map[string]any{"user": "old", "key_id": keys["old"].Key().ID})
	h.good()
	for _, enrolled := range []any{nil, []any{old}, []any{}, []any{map[string]any{"user": "reg"}}, []any{map[string]any{"user": "", "key": keys["reg"].Key()}},
		[]any{map[string]any{"user": "reg", "key": keys["mal"].Key()}},
		[]any{map[string]any{"user": "reg", "key": keys["reg"].Key()}, map[string]any{"user": "auth", "key": keys["reg"].Key()}}} {
		h.write(ownerName, serveAction, "served/domain", map[string]any{"served": true, "enrolled": enrolled})
		h.wrong("served without keys", "enrol")
		h.write("auth", "user.add", "user/wu", nil)
		h.good()
	}
	two := []any{map[string]any{"user": "reg", "key": keys["reg"].Key()}, map[string]any{"user": "auth", "key": keys["auth"].Key()}}
	h.write("auth", serveAction, "served/domain", map[string]any{"served": true, "enrolled": two})
	h.wrong("served by a user", "enrol")
	h.write(ownerName, serveAction, "served/domain", map[string]any{"served": false, "enrolled": two})
	h.wrong("served, and not", "enrol")
	h.write(ownerName, serveAction, "served/domain", map[string]any{"served": true, "enrolled": []any{
		map[string]any{"user": "reg", "key": keys["reg"].Key()}, map[string]any{"user": "auth", "key": keys["auth"].Key()}}})
	h.sign("auth", "user.add", "user/wu", nil, change{})
	h.good()
	h.sign("mal", "user.add", "user/wu", nil, change{})
	h.wrong("the owner's word", "nobody has confirmed")
	h.confirm("reg", "mal")
	h.sign("mal", "user.add", "user/wu", nil, change{})
	h.good()
}

// TestEveryActionIsKnownToTheCheck: docs/formats/audit-log.md lists the actions;
// this check knows what each needs in a domain that is served.
func TestEveryActionIsKnownToTheCheck(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/audit-log.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "**Actions")
	table, _, _ = strings.Cut(table, "\n**")
	n := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z]+\\.[a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			known := slices.Contains(own, m[1]) || slices.Contains(earlier, m[1]) || slices.Contains(refusals, m[1])
			for name, s := range steps {
				known = known || s.canOpen(name, m[1]) || slices.Contains(s.follows, m[1])
			}
			if n++; !known {
				t.Errorf("%s is in the list of actions, and not in actions.go", m[1])
			}
		}
	}
	if n < 25 {
		t.Fatalf("only %d actions found", n)
	}
}

// TestEveryActIsKnownToTheCheck: so are the acts of the table of rights, and no
// other.
func TestEveryActIsKnownToTheCheck(t *testing.T) {
	for _, a := range access.Acts {
		if _, known := steps[a.Name]; !known {
			t.Errorf("%s is in the table of rights, and not in actions.go", a.Name)
		}
	}
	for name := range steps {
		if _, known := access.Find(name); !known {
			t.Errorf("%s is in actions.go, and not in the table of rights", name)
		}
	}
}

// FuzzActs: whatever an entry's act holds, the check ends, and takes nothing
// that the writer's package does not.
func FuzzActs(f *testing.F) {
	p := acttest.New("glovebox.example", "https://desk.glovebox.example")
	a := &act.Act{V: 1, Domain: origin, Name: "user.add", Subject: "user/wu", Time: "2026-12-01T08:00:00Z", Nonce: act.NewNonce(), Params: json.RawMessage(`{"n":1.5}`)}
	e, err := p.Sign(a)
	if err != nil {
		f.Fatal(err)
	}
	data, err := e.Encode()
	if err != nil {
		f.Fatal(err)
	}
	k := p.Key()
	public, err := base64.StdEncoding.DecodeString(k.Public)
	if err != nil {
		f.Fatal(err)
	}
	held := &key{scheme: webAuthn, rpID: k.RPID, origin: k.Origin}
	if held.point, err = point(webAuthn, public); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		theirs, theirErr := act.DecodeEnvelope(data)
		m, err := object(data)
		if err != nil {
			return
		}
		s, err := readEnvelope(m)
		if err != nil {
			if theirErr == nil {
				t.Errorf("the writer reads %q, the verifier does not: %v", data, err)
			}
			return
		}
		if mine := held.verify(s); theirErr == nil {
			if _, err := k.Verify(theirs); (err == nil) != (mine == nil) {
				t.Errorf("the two judge %q differently: %v, %v", data, err, mine)
			}
		}
	})
}
