package core_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/identity"
)

const govIssuer = "https://id.example.gov.cn/realms/city"

// provider gives a city an identity provider, whose key it returns.
func (c *city) provider() *ecdsa.PrivateKey {
	c.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.Public(), KeyID: "k1", Use: "sig"}}})
	if err != nil {
		c.t.Fatal(err)
	}
	path := filepath.Join(c.t.TempDir(), "keys.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		c.t.Fatal(err)
	}
	if c.o.Logins, err = identity.New([]identity.Provider{{Name: "gov", Issuer: govIssuer, ClientID: "glovebox", Keys: path}}, time.Now); err != nil {
		c.t.Fatal(err)
	}
	c.stop()
	c.start()
	return k
}

// ask sends a request as the web process would, and reads the answer.
func (c *city) ask(method, path, secret string, in, out any) int {
	c.t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://core"+api.Prefix+path, bytes.NewReader(b))
	if err != nil {
		c.t.Fatal(err)
	}
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	res, err := c.socket().RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if out != nil && res.StatusCode == http.StatusOK {
		if err := json.Unmarshal(data, out); err != nil {
			c.t.Fatal(err)
		}
	}
	return res.StatusCode
}

// byProvider logs an account in by the provider, and returns the session.
func (c *city) byProvider(k *ecdsa.PrivateKey, subject string) (s core.Session, status int) {
	c.t.Helper()
	var l api.Login
	if status := c.ask("POST", "/logins", "", api.LoginBegin{Provider: "gov"}, &l); status != http.StatusOK {
		c.t.Fatalf("a login does not begin: %d", status)
	}
	return s, c.ask("POST", "/logins/answers", "", api.LoginAnswer{Provider: "gov", Login: l.Login, IDToken: c.idToken(k, subject, l.Nonce)}, &s)
}

func (c *city) idToken(k *ecdsa.PrivateKey, subject, nonce string) string {
	c.t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k, KeyID: "k1"}}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"iss": govIssuer, "aud": "glovebox", "sub": subject, "nonce": nonce, "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(),
		"roles": []string{"authority", "registrar"}, "groups": []string{"authority"}})
	if err != nil {
		c.t.Fatal(err)
	}
	j, err := s.Sign(b)
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := j.CompactSerialize()
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// bind makes an account a person's, by the two people that it takes.
func (c *city) bind(name, subject string) string {
	c.t.Helper()
	id := access.BindingID(govIssuer, subject)
	c.must("reg1", desk.Act{Name: "user.bind", Subject: "binding/" + id, Params: desk.Params(desk.Bind{User: name, Issuer: govIssuer, Subject: subject})}, nil)
	c.must("auth1", desk.Act{Name: "user.bind_confirm", Subject: "binding/" + id, Params: desk.Params(desk.KeyConfirm{User: name})}, nil)
	return id
}

// TestLoginByProvider: an account logs in once two people said whose it is; its
// session looks, in the roles that the domain knows and no other, and ends with the
// binding, the person and the institution.
func TestLoginByProvider(t *testing.T) {
	c := newCity(t)
	c.people()
	k := c.provider()
	c.clients = map[string]*client.Client{}
	if _, status := c.byProvider(k, "wang@gov"); status != http.StatusForbidden {
		t.Errorf("an account that nobody bound: %d", status)
	}
	id := access.BindingID(govIssuer, "wang@gov")
	ask := desk.Act{Name: "user.bind", Subject: "binding/" + id, Params: desk.Params(desk.Bind{User: "wang", Issuer: govIssuer, Subject: "wang@gov"})}
	c.must("reg1", ask, nil)
	if _, status := c.byProvider(k, "wang@gov"); status != http.StatusForbidden {
		t.Errorf("a binding that nobody confirmed: %d", status)
	}
	confirm := desk.Act{Name: "user.bind_confirm", Subject: "binding/" + id, Params: desk.Params(desk.KeyConfirm{User: "wang"})}
	if err := c.client("reg1").Do(t.Context(), confirm, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("whoever asked for a binding confirmed it: %v", err)
	}
	c.must("auth1", confirm, nil)
	if err := c.client("reg1").Do(t.Context(), ask, nil); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("an account was bound twice: %v", err)
	}
	s, status := c.byProvider(k, "wang@gov")
	if status != http.StatusOK || s.User != "wang" || s.Scope != core.ScopeRead || s.Proof != "session" {
		t.Fatalf("%+v %d", s, status)
	}
	var me glovebox.User
	if status := c.ask("GET", "/me", s.Secret, nil, &me); status != http.StatusOK || me.Name != "wang" || len(me.Roles) != 1 || me.Roles[0] != glovebox.RoleDeveloper {
		t.Errorf("%+v %d", me, status)
	}
	// It looks, and that is all: no files, no checks, and no act without a signature.
	for _, r := range [][2]string{{"PUT", "/blobs/" + strings.Repeat("0", 64)}, {"POST", "/checks"}} {
		if status := c.ask(r[0], r[1], s.Secret, map[string]any{}, nil); status != http.StatusUnauthorized {
			t.Errorf("%s %s: %d", r[0], r[1], status)
		}
	}
	if status := c.ask("POST", "/orgs", s.Secret, map[string]any{"act": "org.add", "subject": "org/X"}, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("an act that nobody signed: %d", status)
	}
	alive := func(secret string) bool { return c.ask("GET", "/me", secret, nil, nil) == http.StatusOK }
	again := func() string {
		s, status := c.byProvider(k, "wang@gov")
		if status != http.StatusOK || !alive(s.Secret) {
			t.Fatalf("a login: %d", status)
		}
		return s.Secret
	}
	reason := desk.Params(desk.Reason{Reason: "a test"})
	for _, x := range []struct{ end, back desk.Act }{
		{desk.Act{Name: "user.suspend", Subject: "user/wang", Params: reason}, desk.Act{Name: "user.resume", Subject: "user/wang", Params: reason}},
		{desk.Act{Name: "org.suspend", Subject: "org/Wang Data Ltd", Params: reason}, desk.Act{Name: "org.resume", Subject: "org/Wang Data Ltd", Params: reason}},
		{desk.Act{Name: "user.unbind", Subject: "binding/" + id}, desk.Act{}},
	} {
		secret := again()
		c.must("reg1", x.end, nil)
		if alive(secret) {
			t.Errorf("a session lives after %s", x.end.Name)
		}
		if _, status := c.byProvider(k, "wang@gov"); status != http.StatusForbidden {
			t.Errorf("a login after %s: %d", x.end.Name, status)
		}
		if x.back.Name != "" {
			c.must("auth1", x.back, nil)
			if alive(secret) {
				t.Errorf("a session that ended with %s came back", x.end.Name)
			}
		}
	}
	c.bind("wang", "wang@gov")
	again()
	// Core started again: nobody is logged in, and what was under way is forgotten.
	var l api.Login
	c.ask("POST", "/logins", "", api.LoginBegin{Provider: "gov"}, &l)
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
	if status := c.ask("POST", "/logins", "", api.LoginBegin{Provider: "none"}, nil); status != http.StatusNotFound {
		t.Errorf("a provider that there is not: %d", status)
	}
}

// TestSessionsEnd: sessions are listed to those whose they are, ended by their
// person or a registrar, and end with the key that opened them, after half an hour
// without a request and after eight hours with them.
func TestSessionsEnd(t *testing.T) {
	c := newCity(t)
	now := time.Now()
	c.o.Now = func() time.Time { return now }
	c.stop()
	c.start()
	c.people()
	alive := func(x *client.Client) bool { return c.ask("GET", "/me", x.Secret, nil, nil) == http.StatusOK }
	in := func(who string) *client.Client {
		x := c.as(who)
		if _, err := x.Login(t.Context(), "act"); err != nil {
			t.Fatal(err)
		}
		return x
	}
	wang, sun := in("wang"), in("sun")
	var mine []desk.Session
	if err := wang.Look(t.Context(), desk.Look{Name: "sessions"}, &mine); err != nil || len(mine) != 1 || mine[0].User != "wang" || mine[0].Proof != "key" {
		t.Fatalf("%+v %v", mine, err)
	}
	end := desk.Act{Name: "session.end", Subject: "session/" + mine[0].ID}
	if err := sun.Do(t.Context(), end, nil); glovebox.CodeOf(err) != glovebox.CodeNotFound || !alive(wang) {
		t.Errorf("somebody ended another's session: %v", err)
	}
	if err := wang.Do(t.Context(), end, nil); err != nil || alive(wang) {
		t.Errorf("a session does not end: %v", err)
	}
	wang = in("wang")
	var all []desk.Session
	if err := c.client("reg1").Look(t.Context(), desk.Look{Name: "sessions", ID: "wang"}, &all); err != nil || len(all) != 1 {
		t.Fatalf("%+v %v", all, err)
	}
	c.must("reg1", desk.Act{Name: "session.end", Subject: "session/" + all[0].ID}, nil)
	if alive(wang) {
		t.Error("a registrar cannot end a session")
	}
	wang = in("wang")
	c.must("reg1", desk.Act{Name: "user.key_revoke", Subject: "key/" + c.keys["wang"].Key().ID}, nil)
	if alive(wang) {
		t.Error("a session outlives the key that opened it")
	}
	now = now.Add(29 * time.Minute)
	if !alive(sun) {
		t.Error("a session ended that was used 29 minutes ago")
	}
	now = now.Add(31 * time.Minute)
	if alive(sun) {
		t.Error("a session lives that was idle for more than 30 minutes")
	}
	sun = in("sun")
	for range 16 {
		now = now.Add(29 * time.Minute)
		if !alive(sun) {
			t.Error("a session ended that was used")
		}
	}
	now = now.Add(17 * time.Minute)
	if alive(sun) {
		t.Error("a session lives longer than 8 hours")
	}
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}

// TestTokensOfPrograms: a token looks as far as its person may, brings the acts of
// its scope and no others, outlives a restart, and ends with its day, its key and
// its person.
func TestTokensOfPrograms(t *testing.T) {
	c := newCity(t)
	c.people()
	token := func(who, scope string) desk.NewToken {
		var x desk.NewToken
		c.must(who, desk.Act{Name: "token.add", Params: desk.Params(desk.TokenAdd{Label: "nightly", Scope: scope, Days: 30})}, &x)
		if !strings.HasPrefix(x.Secret, "gbt_") {
			t.Fatalf("%+v", x)
		}
		return x
	}
	alive := func(secret string) bool { return c.ask("GET", "/me", secret, nil, nil) == http.StatusOK }
	read, submit, acts := token("wang", "read"), token("wang", "submit"), token("wang", "act")
	c.stop()
	c.start()
	for _, x := range []desk.NewToken{read, submit, acts} {
		if !alive(x.Secret) {
			t.Errorf("a token of scope %s ended with the core", x.Scope)
		}
	}
	blob := func(secret string) int {
		return c.ask("GET", "/blobs/"+strings.Repeat("0", 64), secret, nil, nil)
	}
	if blob(read.Secret) != http.StatusUnauthorized || blob(submit.Secret) != http.StatusOK || blob(acts.Secret) != http.StatusOK {
		t.Error("files are handed in by another scope than submit and act")
	}
	// An act that its person signed, brought by a token.
	end := func(secret string) int {
		e := c.signed("wang", "token.end", good{about: "token/" + read.ID, params: desk.Nothing{}})
		return c.ask("POST", "/programs/"+read.ID, secret, api.ActRequest{Envelope: e}, nil)
	}
	for _, x := range []desk.NewToken{read, submit} {
		before := c.left("wang")
		if status := end(x.Secret); status != http.StatusForbidden || c.left("wang").refusals != before.refusals+1 {
			t.Errorf("a token of scope %s brought an act: %d", x.Scope, status)
		}
	}
	if status := end(acts.Secret); status != http.StatusOK || alive(read.Secret) {
		t.Errorf("a token does not end: %d", status)
	}
	var list []domain.TokenDoc
	if err := c.client("wang").Look(t.Context(), desk.Look{Name: "tokens"}, &list); err != nil || len(list) != 3 {
		t.Errorf("%+v %v", list, err)
	}
	for _, x := range list {
		if b, _ := json.Marshal(x); bytes.Contains(b, []byte("gbt_")) {
			t.Error("a list shows a secret")
		}
	}
	if err := c.client("sun").Do(t.Context(), desk.Act{Name: "token.end", Subject: "token/" + submit.ID}, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("somebody ended another's token: %v", err)
	}
	c.must("reg1", desk.Act{Name: "token.end", Subject: "token/" + submit.ID}, nil)
	if alive(submit.Secret) {
		t.Error("a registrar cannot end a token")
	}
	c.must("reg1", desk.Act{Name: "user.key_revoke", Subject: "key/" + c.keys["wang"].Key().ID}, nil)
	if alive(acts.Secret) {
		t.Error("a token outlives the key that signed for it")
	}
	for _, bad := range []desk.TokenAdd{{Label: "x", Scope: "root", Days: 1}, {Label: "x", Scope: "read"}, {Label: "x", Scope: "read", Days: 367}, {Scope: "read", Days: 1}, {Label: "a\u200b", Scope: "read", Days: 1}} {
		if err := c.client("sun").Do(t.Context(), desk.Act{Name: "token.add", Params: desk.Params(bad)}, nil); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}
