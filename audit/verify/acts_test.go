package verify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/act/acttest"
)

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
