package core_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/act/acttest"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

const origin = "https://box.example.gov.cn"

// TestPasskeyOfAccount: somebody who logged in by an identity provider hands in a
// passkey, which signs nothing before a second person confirms it, and then logs in
// and decides. What a web process could bring of its own is refused.
func TestPasskeyOfAccount(t *testing.T) {
	c := newCity(t)
	c.people()
	now := time.Now()
	c.o.Origin = origin
	c.o.Now = func() time.Time { return now }
	k := c.provider()
	c.bind("zhao", "zhao@gov")
	c.bind("wang", "wang@gov")
	s, _ := c.byProvider(k, "zhao@gov")
	other, _ := c.byProvider(k, "wang@gov")
	ask := func(secret string) (q api.PasskeyRequest, challenge []byte) {
		if status := c.ask("POST", "/passkeys/requests", secret, nil, &q); status != http.StatusOK {
			t.Fatalf("a passkey is not asked for: %d", status)
		}
		challenge, err := base64.RawURLEncoding.DecodeString(q.Challenge)
		if err != nil {
			t.Fatal(err)
		}
		return q, challenge
	}
	q, challenge := ask(s.Secret)
	if q.Site != "box.example.gov.cn" || q.User != "zhao" || len(q.Known) != 0 {
		t.Errorf("%+v", q)
	}
	add := func(secret, challenge string, answer []byte) int {
		return c.ask("POST", "/passkeys", secret, api.PasskeyAnswer{Challenge: challenge, Passkey: answer, Label: "desk"}, nil)
	}
	p := acttest.New("box.example.gov.cn", origin)
	answer := p.Create(challenge)
	for name, status := range map[string]int{
		"without a session":               add("", q.Challenge, answer),
		"in another session":              add(other.Secret, q.Challenge, answer),
		"by a challenge that nobody gave": add(s.Secret, base64.RawURLEncoding.EncodeToString(make([]byte, 56)), p.Create(make([]byte, 56))),
		"for another challenge":           add(s.Secret, q.Challenge, p.Create(make([]byte, 56))),
		"of another page":                 add(s.Secret, q.Challenge, acttest.New("evil.example", "https://evil.example").Create(challenge)),
	} {
		if status < 400 || status >= 500 {
			t.Errorf("a passkey %s: %d", name, status)
		}
	}
	before := now
	now = now.Add(11 * time.Minute)
	if status := add(s.Secret, q.Challenge, answer); status != http.StatusForbidden {
		t.Errorf("a late passkey: %d", status)
	}
	now = before
	if status := add(s.Secret, q.Challenge, answer); status != http.StatusOK {
		t.Fatalf("a passkey is not handed in: %d", status)
	}
	q, challenge = ask(other.Secret)
	if status := add(other.Secret, q.Challenge, p.Create(challenge)); status != http.StatusConflict {
		t.Errorf("another person handed in the same passkey: %d", status)
	}
	// post is an act as a browser brings it.
	post := func(name, method, path, secret string, g good, change ...func(*api.ActRequest)) (status int, v core.Session) {
		a := c.act(name, g)
		e, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		ch, err := a.Challenge()
		if err != nil {
			t.Fatal(err)
		}
		r := api.ActRequest{Act: base64.RawURLEncoding.EncodeToString(e), Passkey: p.Get(ch[:])}
		for _, f := range change {
			f(&r)
		}
		return c.ask(method, path, secret, r, &v), v
	}
	grant := good{about: "space/census-person", params: desk.SpaceAdd{Name: "census-person", Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 1}}}
	if status, _ := post("space.add", "POST", "/spaces", s.Secret, grant); status != http.StatusForbidden {
		t.Errorf("a passkey that nobody confirmed decided: %d", status)
	}
	key := p.Key()
	c.must("reg1", desk.Act{Name: "user.key_confirm", Subject: "key/" + key.ID, Params: desk.Params(desk.KeyConfirm{User: "zhao"})}, nil)
	encoded, err := c.act("space.add", grant).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*api.ActRequest){
		"another act than was signed": func(r *api.ActRequest) { r.Act = base64.RawURLEncoding.EncodeToString(encoded) },
		"an envelope beside it":       func(r *api.ActRequest) { r.Envelope = json.RawMessage(`{}`) },
		"no act":                      func(r *api.ActRequest) { r.Act = "" },
		"no answer of a passkey":      func(r *api.ActRequest) { r.Passkey = json.RawMessage(`[]`) },
		"another passkey's name": func(r *api.ActRequest) {
			x := acttest.New("box.example.gov.cn", origin)
			r.Passkey = x.Get(make([]byte, 32))
		},
		"of a login, for a decision": func(r *api.ActRequest) {
			a := c.act("session.open", good{about: "session/zhao", params: desk.SessionOpen{Scope: "act"}})
			e, _ := a.Encode()
			ch, _ := a.Challenge()
			r.Act, r.Passkey = base64.RawURLEncoding.EncodeToString(e), p.Get(ch[:])
		},
	} {
		if status, _ := post("space.add", "POST", "/spaces", s.Secret, grant, change); status < 400 || status >= 500 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := post("space.add", "POST", "/spaces", s.Secret, grant); status != http.StatusOK {
		t.Errorf("a confirmed passkey does not decide: %d", status)
	}
	status, in := post("session.open", "POST", "/tokens", "", good{about: "session/zhao", params: desk.SessionOpen{Scope: "act"}})
	if status != http.StatusOK || in.Proof != "passkey" || in.Scope != core.ScopeAct || in.User != "zhao" {
		t.Errorf("a passkey does not log in: %d %+v", status, in)
	}
	if status, _ := post("session.open", "POST", "/tokens", "", good{about: "session/wang", params: desk.SessionOpen{Scope: "act"}}); status != http.StatusForbidden {
		t.Errorf("a passkey logs somebody else in: %d", status)
	}
	c.must("reg1", desk.Act{Name: "user.key_revoke", Subject: "key/" + key.ID}, nil)
	if status := c.ask("GET", "/me", in.Secret, nil, nil); status != http.StatusUnauthorized {
		t.Errorf("a session outlives its passkey: %d", status)
	}
	for i := range 9 {
		q, challenge := ask(other.Secret)
		want := http.StatusOK
		if i == 8 {
			want = http.StatusConflict
		}
		if status := add(other.Secret, q.Challenge, acttest.New("box.example.gov.cn", origin).Create(challenge)); status != want {
			t.Errorf("passkey %d: %d, want %d", i, status, want)
		}
	}
	var offered int
	var list []desk.Entry
	if err := c.client("sun").Look(t.Context(), desk.Look{Name: "entries", Args: map[string]string{"action": "user.key_offer"}}, &list); err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Actor == domain.Owner {
			offered++
		}
	}
	if offered != 9 {
		t.Errorf("%d offers in the log", offered)
	}
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got.Problems, err)
	}
}

// act is an unsigned one, on the state as it is.
func (c *city) act(name string, g good) *act.Act {
	c.t.Helper()
	var a *act.Act
	c.signed("wang", name, g, func(x *act.Act) { a = x })
	return a
}
