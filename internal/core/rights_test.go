package core_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/memexport"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

func (c *city) left(who string) (out left) {
	c.t.Helper()
	c.view(func(tx *store.Tx) (err error) {
		h := sha256.New()
		if err := tx.Docs(func(subject string, body []byte) error {
			_, err := h.Write(append(append([]byte(subject+"\n"), body...), '\n'))
			return err
		}); err != nil {
			return err
		}
		copy(out.docs[:], h.Sum(nil))
		if out.entries, err = tx.Recorded(); err != nil {
			return err
		}
		all, err := domain.Users.Indexes(tx, who, "act.refuse")
		out.refusals = len(all)
		return err
	})
	return out
}

// refusal is a way in which an act must not be taken.
type refusal struct {
	what     string
	method   string
	at       string
	envelope []byte
	who      string // in whose name it is in the log; "": of nobody known, not at all
}

// TestEveryActIsRefused walks the table of acts. Each act is tried in every way
// that is wrong: refused, nothing changed, and where a known key signed it in the
// log under that person's name. Then it is taken as it should be, so that no
// refusal was for another reason, and the log verifies.
func TestEveryActIsRefused(t *testing.T) {
	c := newCity(t)
	c.o = core.Options{Copies: t.TempDir(), KeyCopies: t.TempDir(), Places: map[string]core.Place{"archive": {To: "memory", Open: func() (core.Driver, func(), error) { return &memexport.Memory{}, func() {}, nil }}}}
	c.stop()
	c.start()
	c.people()
	c.person("reg2", glovebox.RoleRegistrar, "Data Bureau")
	names := map[glovebox.Role]string{"authority": "zhao", "provider": "census", "operator": "liu", "developer": "wang", "auditor": "sun", "registrar": "reg2"}
	for _, r := range glovebox.Roles {
		if names[r] == "" {
			t.Fatalf("nobody is %s", r)
		}
		c.person("gone-"+string(r), r, "Census Office")
		c.must("auth1", desk.Act{Name: "user.suspend", Subject: "user/gone-" + string(r), Params: desk.Params(desk.Reason{Reason: "a test"})}, nil)
	}
	for _, who := range append(slices.Sorted(maps.Values(names)), "reg1", "auth1") {
		for _, state := range []string{"asked", "revoked"} {
			k := c.key(who + " " + state)
			c.must("reg1", desk.Act{Name: "user.key_add", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyAdd{User: who, Key: k})}, nil)
			if state == "revoked" {
				c.must("reg1", desk.Act{Name: "user.key_revoke", Subject: "key/" + k.ID}, nil)
			}
		}
	}
	c.key("stranger")
	c.wang = c.as("wang")
	if _, err := c.wang.Login(t.Context(), "read"); err != nil {
		t.Fatal(err)
	}
	goods := c.goods()
	tried := 0
	for i := range access.Acts {
		row := &access.Acts[i]
		if desk.ParamsOf(row.Name) == nil {
			continue // no desk takes it yet
		}
		make := goods[row.Name]
		if make == nil {
			t.Errorf("%s: there is no act to try", row.Name)
			continue
		}
		g := make()
		method, at := path(row.Route, g.about)
		list := c.refusals(row, g, names)
		for _, r := range list {
			if r.method == "" {
				r.method, r.at = method, at
			}
			before := c.left(r.who)
			if status := c.post(c.socket(), r.method, r.at, r.envelope); status < 400 || status >= 500 {
				t.Errorf("%s, %s: status %d", row.Name, r.what, status)
			}
			after := c.left(r.who)
			logged := 0
			if r.who != "" {
				logged = 1
			}
			if after.docs != before.docs || after.entries != before.entries+uint64(logged) || after.refusals != before.refusals+logged {
				t.Errorf("%s, %s: changed documents: %v; entries more: %d, refusals of %q: %d, want %d", row.Name, r.what, after.docs != before.docs, after.entries-before.entries, r.who, after.refusals-before.refusals, logged)
			}
			tried++
		}
		if _, err := c.client(g.who).Login(t.Context(), "act"); err != nil {
			t.Fatal(err)
		}
		e := c.signed(g.who, row.Name, g)
		c.show = true
		if status := c.post(c.socket(), method, at, e); status != http.StatusOK {
			t.Fatalf("%s as it should be: status %d", row.Name, status)
		}
		c.show = false
		// Sent again, it has the same answer or is refused; nothing happens twice.
		before := c.left(g.who)
		again := c.post(c.socket(), method, at, e)
		switch after := c.left(g.who); {
		case row.Name == "session.open" || row.Name == "token.add":
			// Its answer is a secret, and its envelope stands in the log.
			if again < 400 || after.docs != before.docs || after.refusals != before.refusals+1 {
				t.Errorf("%s, sent again: status %d", row.Name, again)
			}
		case again != http.StatusOK || after != before:
			t.Errorf("%s, sent again: status %d", row.Name, again)
		}
		before = c.left(g.who)
		if status := c.post(anew{core.New(c.d, c.o).Handler()}, method, at, e); status < 400 || c.left(g.who).docs != before.docs || c.left(g.who).refusals != before.refusals+1 {
			t.Errorf("%s, replayed: status %d", row.Name, status)
		}
		var old struct{ Payload string }
		if err := json.Unmarshal(e, &old); err != nil {
			t.Fatal(err)
		}
		payload, _ := base64.StdEncoding.DecodeString(old.Payload)
		first, err := act.Decode(payload)
		if err != nil {
			t.Fatal(err)
		}
		before = c.left(g.who)
		same := c.signed(g.who, row.Name, g, func(a *act.Act) { a.Nonce = first.Nonce; a.Params = json.RawMessage(`{"file":"x"}`) })
		if status := c.post(c.socket(), method, at, same); status < 400 || c.left(g.who).docs != before.docs || c.left(g.who).refusals != before.refusals+1 {
			t.Errorf("%s, another act of the same nonce: status %d", row.Name, status)
		}
		if row.Name == "user.role_remove" { // those that come after need it
			c.must("reg1", desk.Act{Name: "user.add", Subject: "user/newcomer", Params: desk.Params(desk.UserAdd{Role: "developer"})}, nil)
			c.must("auth1", desk.Act{Name: "user.role_confirm", Subject: "user/newcomer", Params: desk.Params(desk.Role{Role: "developer"})}, nil)
		}
	}
	if tried < 300 {
		t.Errorf("only %d refusals were tried", tried)
	}
	got, err := c.d.Verify(context.WithoutCancel(t.Context()))
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
	t.Logf("%d refusals", tried)
}

// refusals are the ways in which an act must not be taken.
func (c *city) refusals(row *access.Act, g good, names map[glovebox.Role]string) []refusal {
	var out []refusal
	add := func(what, who, key string, change ...func(*act.Act)) {
		out = append(out, refusal{what: what, who: who, envelope: c.signed(key, row.Name, g, change...)})
	}
	at := func(d time.Duration) func(*act.Act) {
		return func(a *act.Act) { a.Time = c.d.Now().Add(d).UTC().Format(act.TimeLayout) }
	}
	add("by a stranger", "", "stranger")
	add("for another domain", g.who, g.who, func(a *act.Act) { a.Domain = "elsewhere" })
	add("too old", g.who, g.who, at(-11*time.Minute))
	add("of the future", g.who, g.who, at(6*time.Minute))
	add("by a revoked key", g.who, g.who+" revoked")
	add("by an unconfirmed key", g.who, g.who+" asked")
	add("with a member that nobody knows", g.who, g.who, func(a *act.Act) { a.Params = json.RawMessage(`{"surprise":1}`) })
	add("with a subject of another kind", g.who, g.who, func(a *act.Act) { a.Subject, a.State = "stone/x", "" })
	add("in a role not held", g.who, g.who, func(a *act.Act) { a.Role = "emperor" })
	if g.about != "" {
		add("stale", g.who, g.who, func(a *act.Act) { a.State = glovebox.Digest([]byte("before")) })
	}
	// Of a resource of something else.
	method, there := path(row.Route, g.other)
	if strings.Contains(row.Route, "{id}") && !strings.HasPrefix(g.about, "key/") && !strings.HasPrefix(g.about, "binding/") {
		out = append(out, refusal{what: "about another subject than its resource", method: method, at: there, who: g.who, envelope: c.signed(g.who, row.Name, g)})
	}
	for i := range access.Acts {
		if other := &access.Acts[i]; other.Route != row.Route {
			m, p := path(other.Route, g.about)
			if strings.Contains(p, "//") {
				continue
			}
			out = append(out, refusal{what: "at " + other.Route, method: m, at: p, who: g.who, envelope: c.signed(g.who, row.Name, g)})
			break
		}
	}
	// Params of each act that has others.
	for i := range access.Acts {
		p := desk.ParamsOf(access.Acts[i].Name)
		if p == nil || p == desk.ParamsOf(row.Name) || p.NumField() == 0 {
			continue
		}
		field, _, _ := strings.Cut(p.Field(0).Tag.Get("json"), ",")
		if _, ok := fieldOf(row.Name, field); !ok {
			add("with params of "+access.Acts[i].Name, g.who, g.who, func(a *act.Act) { a.Params = json.RawMessage(`{"` + field + `":"x"}`) })
			break
		}
	}
	// By whom the table does not list, and by whom it lists and who is suspended.
	if len(row.Roles) > 0 {
		for role, who := range names {
			if !slices.Contains(row.Roles, role) {
				add("by role "+string(role), who, who)
				add("by role "+string(role)+" who says otherwise", who, who, func(a *act.Act) { a.Role = string(row.Roles[0]) })
			} else {
				add("by a suspended "+string(role), "gone-"+string(role), "gone-"+string(role))
			}
		}
	} else {
		add("by a suspended person", "gone-developer", "gone-developer")
		if g.about != "" {
			add("by somebody who is not its person", "sun", "sun")
		}
	}
	// What is no signature of a known key is of nobody.
	e := c.signed(g.who, row.Name, g)
	other := c.signed(g.who, row.Name, g)
	var x, y act.Envelope
	if json.Unmarshal(e, &x) != nil || json.Unmarshal(other, &y) != nil {
		c.t.Fatal("an envelope is not JSON")
	}
	forged := func(what string, change func(*act.Envelope)) {
		z := x
		z.Signatures = slices.Clone(x.Signatures)
		change(&z)
		b, err := json.Marshal(z)
		if err != nil {
			c.t.Fatal(err)
		}
		out = append(out, refusal{what: what, envelope: b})
	}
	forged("unsigned", func(z *act.Envelope) { z.Signatures = []act.Signature{} })
	forged("with the signature of another act", func(z *act.Envelope) { z.Signatures[0].Sig = y.Signatures[0].Sig })
	forged("with the name of another's key", func(z *act.Envelope) { z.Signatures[0].KeyID = c.keys["sun"].Key().ID })
	forged("with huge params", func(z *act.Envelope) {
		p, _ := base64.StdEncoding.DecodeString(z.Payload)
		z.Payload = base64.StdEncoding.EncodeToString(bytes.Replace(p, []byte(`"params":{`), []byte(`"params":{"a":"`+strings.Repeat("a", act.MaxAct)+`",`), 1))
	})
	return out
}

// fieldOf says whether the params of an act have a member.
func fieldOf(name, field string) (string, bool) {
	p := desk.ParamsOf(name)
	for i := range p.NumField() {
		if f, _, _ := strings.Cut(p.Field(i).Tag.Get("json"), ","); f == field {
			return f, true
		}
	}
	return "", false
}
