package core_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/memexport"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/backup"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/spread"
)

// good is an act that is allowed when its turn in the table comes.
type good struct {
	who    string
	about  string
	params any
	other  string // another subject of that kind, for which the act was not meant
}

// goods are acts that are allowed, one for each row of access.Acts, such that
// each finds what those before it left.
func (c *city) goods() map[string]func() good {
	release := func() string {
		var id string
		c.view(func(tx *store.Tx) error {
			return domain.Releases.Each(tx, func(i string, _ job.ReleaseDoc) error {
				if i != c.second {
					id = i
				}
				return nil
			})
		})
		return "release/" + id
	}
	doc := func(name string) any {
		path := filepath.Join(pums, name)
		return map[string]any{"file": path, "files": c.hand(path)}
	}
	newKey := func() act.Key { return c.keys["newcomer"].Key() }
	return map[string]func() good{
		"org.add": func() good { return good{"reg1", "org/New Firm", desk.OrgAdd{Kind: "firm"}, "org/Firm"} },
		"user.add": func() good {
			return good{"reg1", "user/newcomer", desk.UserAdd{Role: "developer", Org: "New Firm"}, "user/x"}
		},
		"user.role_confirm": func() good { return good{"auth1", "user/newcomer", desk.Role{Role: "developer"}, "user/wang"} },
		"user.role_remove":  func() good { return good{"reg2", "user/newcomer", desk.Role{Role: "developer"}, "user/wang"} },
		"user.suspend":      func() good { return good{"auth1", "user/newcomer", desk.Reason{Reason: "left"}, "user/wang"} },
		"user.resume":       func() good { return good{"auth1", "user/newcomer", desk.Reason{Reason: "came back"}, "user/wang"} },
		"user.end": func() good {
			c.must("reg1", desk.Act{Name: "user.add", Subject: "user/leaver", Params: desk.Params(desk.UserAdd{Role: "developer", Org: "New Firm"})}, nil)
			return good{"auth1", "user/leaver", desk.Reason{Reason: "left"}, "user/wang"}
		},
		"org.suspend": func() good { return good{"auth1", "org/New Firm", desk.Reason{Reason: "a test"}, "org/Firm"} },
		"org.resume":  func() good { return good{"auth1", "org/New Firm", desk.Reason{Reason: "a test"}, "org/Firm"} },
		"org.end": func() good {
			c.must("reg1", desk.Act{Name: "org.add", Subject: "org/Old Firm", Params: desk.Params(desk.OrgAdd{Kind: "firm"})}, nil)
			return good{"auth1", "org/Old Firm", desk.Reason{Reason: "a test"}, "org/Firm"}
		},
		"dataset.pause":  func() good { return good{"census", "dataset/pums", desk.Brake{Reason: "a test"}, "dataset/other"} },
		"dataset.resume": func() good { return good{"census", "dataset/pums", desk.Brake{Reason: "a test"}, "dataset/other"} },
		"scenario.apply": func() good {
			return good{"wang", "scenario/second", c.applied("code: education-income", "code: second"), "scenario/other"}
		},
		"scenario.review": func() good { return good{"liu", "scenario/second", desk.ScenarioReview{}, "scenario/other"} },
		"scenario.return": func() good { return good{"zhao", "scenario/second", desk.Brake{Reason: "a test"}, "scenario/other"} },
		"scenario.amend": func() good {
			p := c.applied("code: education-income", "code: second", "{en: adults}", "{en: adults alone}")
			p["reason"] = "a test"
			return good{"wang", "scenario/second", p, "scenario/other"}
		},
		"scenario.refuse": func() good { return good{"zhao", "scenario/second", desk.Brake{Reason: "a test"}, "scenario/other"} },
		"scenario.suspend": func() good {
			return good{"liu", "scenario/education-income", desk.Brake{Reason: "a test"}, "scenario/other"}
		},
		"scenario.resume": func() good {
			return good{"liu", "scenario/education-income", desk.Brake{Reason: "a test"}, "scenario/other"}
		},
		"domain.freeze":   func() good { return good{"zhao", "freeze/domain", desk.Brake{Reason: "a test"}, "freeze/other"} },
		"domain.unfreeze": func() good { return good{"zhao", "freeze/domain", desk.Brake{Reason: "a test"}, "freeze/other"} },
		"incident.open":   func() good { return good{"wang", "", desk.IncidentOpen{Title: "a test"}, "incident/i-1"} },
		"incident.note":   func() good { return good{"census", "incident/i-1", desk.IncidentNote{Text: "a test"}, "incident/i-9"} },
		"incident.close":  func() good { return good{"zhao", "incident/i-1", desk.IncidentClose{Text: "a test"}, "incident/i-9"} },
		"job.cancel": func() good {
			return good{"wang", "job/" + c.halfDone(), desk.Brake{Reason: "a test"}, "job/j-other"}
		},
		"release.return": func() good { return good{"zhao", release(), desk.Reason{Reason: "a test"}, "release/r-other"} },
		"release.supersede": func() good {
			return good{"liu", release(), desk.Supersede{Successor: c.another(), Reason: "a test"}, "release/r-other"}
		},
		"release.reject": func() good {
			c.must("census", desk.Act{Name: "release.return", Subject: "release/" + c.another(), Params: desk.Params(desk.Reason{Reason: "a test"})}, nil)
			return good{"zhao", "release/" + c.another(), desk.Reason{Reason: "a test"}, "release/r-other"}
		},
		"release.withdraw": func() good { return good{"liu", release(), desk.Reason{Reason: "a test"}, "release/r-other"} },
		"dataset.rollback": func() good {
			c.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: filepath.Join(pums, "pums.csv")}), Files: desk.Disk{}}, nil)
			return good{"census", "dataset/pums", desk.SnapshotAct{Version: 1, Reason: "a test"}, "dataset/other"}
		},
		"dataset.destroy": func() good {
			return good{"census", "dataset/pums", desk.SnapshotAct{Version: 2, Reason: "a test"}, "dataset/other"}
		},
		"dataset.cancel": func() good {
			data, err := os.ReadFile(filepath.Join(pums, "dataset.yaml"))
			if err != nil {
				c.t.Fatal(err)
			}
			path := filepath.Join(c.t.TempDir(), "mistaken.yaml")
			if err := os.WriteFile(path, []byte(strings.Replace(string(data), "code: pums", "code: mistaken", 1)), 0o600); err != nil {
				c.t.Fatal(err)
			}
			c.must("census", desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: path}), Files: desk.Disk{}}, nil)
			return good{"census", "dataset/mistaken", desk.Brake{Reason: "a test"}, "dataset/other"}
		},
		"dataset.withdraw": func() good { return good{"census", "dataset/pums", desk.Brake{Reason: "a test"}, "dataset/other"} },
		"scenario.end": func() good {
			return good{"liu", "scenario/education-income", desk.Brake{Reason: "a test"}, "scenario/other"}
		},
		"user.key_add": func() good {
			c.key("newcomer")
			return good{"reg1", "key/" + newKey().ID, desk.KeyAdd{User: "newcomer", Key: newKey()}, "key/" + c.keys["wang"].Key().ID}
		},
		"user.key_confirm": func() good { return good{"auth1", "key/" + newKey().ID, desk.KeyConfirm{User: "newcomer"}, "key/x"} },
		"user.key_revoke":  func() good { return good{"reg1", "key/" + newKey().ID, desk.Nothing{}, "key/x"} },
		"product.register": func() good {
			return good{"zhao", "product/income-table", desk.ProductRegister{Scenario: "education-income", Technique: "GB/T 1", Security: "level 3", Business: "yearly"}, "product/other"}
		},
		"product.publish": func() good { return good{"zhao", "product/income-table", desk.ProductPublish{}, "product/other"} },
		"product.retire": func() good {
			return good{"zhao", "product/income-table", desk.Reason{Reason: "a test"}, "product/other"}
		},
		"product.sample": func() good {
			return good{"zhao", "product/income-table", desk.ProductSample{Release: strings.TrimPrefix(release(), "release/"), Passed: true, Text: "as declared"}, "product/other"}
		},
		"ticket.open": func() good {
			return good{"wang", "", desk.TicketOpen{Dataset: "pums", Column: "educ", Title: "codes"}, "ticket/t-1"}
		},
		"ticket.answer": func() good { return good{"census", "ticket/t-1", desk.TicketAnswer{Text: "mended"}, "ticket/t-9"} },
		"ticket.close":  func() good { return good{"wang", "ticket/t-1", desk.Said{Text: "seen"}, "ticket/t-9"} },
		"module.register": func() good {
			path := filepath.Join(pums, "income.wasm")
			return good{"wang", "", map[string]any{"file": path, "files": c.hand(path)}, "module/sha256:0"}
		},
		"module.certify": func() good { return good{"zhao", c.module(), desk.Said{Text: "read"}, "module/sha256:0"} },
		"module.promote": func() good {
			path := filepath.Join(pums, "job.yaml")
			return good{"liu", c.module(), map[string]any{"file": path, "text": "looked", "files": c.hand(path, filepath.Join(pums, "income.wasm"))}, "module/sha256:0"}
		},
		"module.revoke": func() good { return good{"zhao", c.module(), desk.Reason{Reason: "a test"}, "module/sha256:0"} },
		"domain.backup": func() good {
			return good{"reg1", "domain/city", desk.Copy{Data: "city.data", Keys: "city.keys", DataFor: c.recipient(), KeysFor: c.recipient()}, "domain/other"}
		},
		"domain.rotate": func() good { return good{"reg1", "domain/city", desk.Rotate{Key: domain.SigningKey}, "domain/other"} },
		"user.bind": func() good {
			return good{"reg1", "binding/" + domain.BindingID(govIssuer, "n@gov"), desk.Bind{User: "newcomer", Issuer: govIssuer, Subject: "n@gov"}, "binding/x"}
		},
		"user.bind_confirm": func() good {
			return good{"auth1", "binding/" + domain.BindingID(govIssuer, "n@gov"), desk.KeyConfirm{User: "newcomer"}, "binding/x"}
		},
		"user.unbind": func() good {
			return good{"reg1", "binding/" + domain.BindingID(govIssuer, "n@gov"), desk.Nothing{}, "binding/x"}
		},
		"session.end": func() good {
			var all []desk.Session
			if _, err := c.as("liu").Login(c.t.Context(), "read"); err != nil {
				c.t.Fatal(err)
			}
			if err := c.client("reg1").Look(c.t.Context(), desk.Look{Name: "sessions", ID: "liu"}, &all); err != nil || len(all) == 0 {
				c.t.Fatalf("no session: %v", err)
			}
			return good{"reg1", "session/" + all[len(all)-1].ID, desk.Nothing{}, "session/x"}
		},
		"token.add": func() good { return good{"wang", "", desk.TokenAdd{Label: "nightly", Scope: "read", Days: 1}, ""} },
		"token.end": func() good {
			var all []domain.TokenDoc
			if err := c.client("wang").Look(c.t.Context(), desk.Look{Name: "tokens"}, &all); err != nil || len(all) == 0 {
				c.t.Fatalf("no token: %v", err)
			}
			return good{"wang", "token/" + all[0].ID, desk.Nothing{}, "token/x"}
		},
		"session.open": func() good { return good{"wang", "session/wang", desk.SessionOpen{Scope: "act"}, "session/sun"} },
		"dataset.add":  func() good { return good{"census", "dataset/pums", doc("dataset.yaml"), "dataset/other"} },
		"dataset.load": func() good { return good{"census", "dataset/pums", c.data("pums.csv"), "dataset/other"} },
		"fit.charge": func() good {
			return good{"census", "dataset/pums", desk.FitCharge{Kind: "zcdp", Price: 0.01}, "dataset/other"}
		},
		"space.add": func() good {
			return good{"zhao", "space/census-person", desk.SpaceAdd{Name: "census-person", Ledger: glovebox.LedgerDef{Kind: "zcdp", Rho: 1, Delta: 1e-6}}, "space/other"}
		},
		"scenario.add":   func() good { return good{"liu", "scenario/education-income", doc("scenario.yaml"), "scenario/other"} },
		"scenario.grant": func() good { return good{"zhao", "scenario/education-income", doc("grant.yaml"), "scenario/other"} },
		"node.trust":     func() good { return good{"zhao", "node/n1", c.made("node.json", c.enrolment()), "node/n2"} },
		"node.revoke":    func() good { return good{"zhao", "node/n1", desk.Nothing{}, "node/n2"} },
		"node.use":       func() good { return good{"zhao", "", desk.NodeUse{Kind: domain.LocalEngine}, "engine/other"} },
		"job.run": func() good {
			path := filepath.Join(pums, "job.yaml")
			return good{"wang", "", map[string]any{"file": path, "files": c.hand(path, filepath.Join(pums, "income.wasm"))}, "dataset/pums"}
		},
		"release.attach":  func() good { return good{"wang", release(), c.made("report.json", c.report()), "release/r-other"} },
		"release.approve": func() good { return good{"zhao", release(), desk.Approve{}, "release/r-other"} },
		"release.export": func() good {
			c.must("census", desk.Act{Name: "release.approve", Subject: release()}, nil)
			return good{"liu", release(), desk.Destination{Name: "archive"}, "release/r-other"}
		},
	}
}

// module is the subject of the one module.
func (c *city) module() string {
	c.t.Helper()
	wasm, err := os.ReadFile(filepath.Join(pums, "income.wasm"))
	if err != nil {
		c.t.Fatal(err)
	}
	return "module/" + glovebox.Digest(wasm)
}

// recipient is a public key for a safety copy.
func (c *city) recipient() string {
	c.t.Helper()
	_, public, err := backup.NewPair(c.d.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	return string(public)
}

// applied are the params of an application that the test writes.
func (c *city) applied(pairs ...string) map[string]any {
	c.t.Helper()
	path := c.application(append(pairs, "DEMO-2026-0001", "DEMO-2026-0009")...)
	return map[string]any{"file": path, "files": c.hand(path)}
}

func (c *city) view(fn func(*store.Tx) error) {
	c.t.Helper()
	if err := c.d.Store.View(c.t.Context(), fn); err != nil {
		c.t.Fatal(err)
	}
}

// hand puts files into the domain, as their names and digests.
func (c *city) hand(paths ...string) map[string]string {
	c.t.Helper()
	out := map[string]string{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			c.t.Fatal(err)
		}
		out[p] = c.blob(data)
	}
	return out
}

// data are the params of a load: the file behind bytes that hide its digest.
func (c *city) data(name string) any {
	c.t.Helper()
	data, err := os.ReadFile(filepath.Join(pums, name))
	if err != nil {
		c.t.Fatal(err)
	}
	before := make([]byte, api.BlindSize)
	if _, err := rand.Read(before); err != nil {
		c.t.Fatal(err)
	}
	return c.made(name, append(before, data...))
}

func (c *city) blob(data []byte) string {
	c.t.Helper()
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	if n, err := c.d.Vault.Uploaded(digest); err != nil || n == 0 {
		if err := c.d.Vault.Upload(digest, 0, data); err != nil {
			c.t.Fatal(err)
		}
	}
	return "sha256:" + digest
}

// made are the params of an act about a file that the test made.
func (c *city) made(name string, data []byte) any {
	return map[string]any{"file": name, "files": map[string]string{name: c.blob(data)}}
}

func (c *city) enrolment() []byte {
	c.t.Helper()
	k, err := spread.NewNodeKey("n1", c.d.Vault.Signer().Public().(ed25519.PublicKey))
	if err != nil {
		c.t.Fatal(err)
	}
	data, err := k.Enrol([]string{"wasm"}, strings.Repeat("0f", 32), domain.Machine())
	if err != nil {
		c.t.Fatal(err)
	}
	return data
}

// report is a neighbour report of the one job's module.
func (c *city) report() []byte {
	c.t.Helper()
	n := trial.Neighbours{Format: "glovebox-neighbours/1", Sample: true, Same: true, Claim: trial.Claim, Pairs: []trial.Pair{}}
	c.view(func(tx *store.Tx) error {
		return domain.Jobs.Each(tx, func(_ string, j job.Doc) error {
			n.Module.Digest, n.Module.Function = j.Basis.Module, j.Basis.Function
			return nil
		})
	})
	b, err := n.Encode()
	if err != nil {
		c.t.Fatal(err)
	}
	n.Digest = glovebox.Digest(b)
	if b, err = json.Marshal(&n); err != nil {
		c.t.Fatal(err)
	}
	return b
}

// signed is an act of who, by a key, as changed.
func (c *city) signed(key, name string, g good, change ...func(*act.Act)) []byte {
	c.t.Helper()
	a := &act.Act{V: act.Version, Domain: c.d.Name, Name: name, Subject: g.about, Time: c.d.Now().UTC().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: desk.Params(g.params)}
	if kind, id, ok := strings.Cut(g.about, "/"); ok {
		c.view(func(tx *store.Tx) (err error) {
			a.State, err = tx.Digest(kind, id)
			return err
		})
	}
	for _, f := range change {
		f(a)
	}
	e, err := c.keys[key].Sign(a)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := e.Encode()
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// path is where an act about a subject goes.
func path(route, subject string) (method, at string) {
	method, at, _ = strings.Cut(route, " ")
	_, id, _ := strings.Cut(subject, "/")
	return method, api.Prefix + strings.ReplaceAll(at, "{id}", url.PathEscape(id))
}

// post sends an envelope to a resource, and waits for the end of a run.
func (c *city) post(through http.RoundTripper, method, at string, envelope []byte) int {
	c.t.Helper()
	body, err := json.Marshal(map[string]json.RawMessage{"envelope": envelope})
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://core"+at, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	c.authorize(r, envelope)
	res, err := through.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var run api.Run
	if res.StatusCode != http.StatusAccepted {
		if c.show {
			b, _ := io.ReadAll(res.Body)
			c.t.Logf("%s", b)
		}
		return res.StatusCode
	}
	if err := json.NewDecoder(res.Body).Decode(&run); err != nil {
		c.t.Fatal(err)
	}
	if err := c.wang.Follow(c.t.Context(), run.ID, nil); err != nil {
		return http.StatusConflict
	}
	return http.StatusOK
}

// authorize gives a request the session of whoever signed its envelope, if that
// person has one.
func (c *city) authorize(r *http.Request, envelope []byte) {
	var e act.Envelope
	if json.Unmarshal(envelope, &e) != nil || len(e.Signatures) != 1 {
		return
	}
	for name, k := range c.keys {
		if x := c.clients[name]; k.Key().ID == e.Signatures[0].KeyID && x != nil && x.Secret != "" {
			r.Header.Set("Authorization", "Bearer "+x.Secret)
		}
	}
}

// anew answers as a core that was started again would.
type anew struct{ h http.Handler }

func (a anew) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	a.h.ServeHTTP(w, r)
	return w.Result(), nil
}

// left is what a domain holds: its documents, how long its log is, and how many
// refusals it has of somebody.
type left struct {
	docs     [sha256.Size]byte
	entries  uint64
	refusals int
}

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

func (c *city) socket() http.RoundTripper {
	if c.through == nil {
		c.through = client.Socket(filepath.Join(c.dir, core.Socket)).Transport
	}
	return c.through
}
