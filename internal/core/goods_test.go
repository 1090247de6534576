package core_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/backup"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/vault"
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
			return good{"reg1", "binding/" + access.BindingID(govIssuer, "n@gov"), desk.Bind{User: "newcomer", Issuer: govIssuer, Subject: "n@gov"}, "binding/x"}
		},
		"user.bind_confirm": func() good {
			return good{"auth1", "binding/" + access.BindingID(govIssuer, "n@gov"), desk.KeyConfirm{User: "newcomer"}, "binding/x"}
		},
		"user.unbind": func() good {
			return good{"reg1", "binding/" + access.BindingID(govIssuer, "n@gov"), desk.Nothing{}, "binding/x"}
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
		if err := c.d.Vault.Upload("wang", vault.DefaultQuota, digest, 0, data); err != nil {
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
