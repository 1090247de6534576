package core_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

func TestMain(m *testing.M) {
	jail.Main(role.All(), trial.Roles()) // does not return in a worker
	os.Exit(m.Run())
}

// city is a served domain behind a core, with people who have keys.
type city struct {
	t    *testing.T
	d    *domain.Domain
	dir  string
	keys map[string]*act.FileKey
	stop func()
	o    core.Options

	show    bool                      // what is answered
	clients map[string]*client.Client // of must
	wang    *client.Client            // logged in
	through http.RoundTripper         // to the socket
	second  string                    // a second release
}

const pums = "../../examples/pums"

func newCity(t *testing.T) *city {
	t.Helper()
	c := &city{t: t, dir: filepath.Join(t.TempDir(), "c"), keys: map[string]*act.FileKey{}, clients: map[string]*client.Client{}}
	if _, err := domain.Init(t.Context(), c.dir, domain.InitOptions{Name: "city", Parts: 2}); err != nil {
		t.Fatal(err)
	}
	c.start()
	if _, err := c.d.Serve(t.Context(), domain.Enrolled{User: "reg1", Org: "Data Bureau", Key: c.key("reg1")}, domain.Enrolled{User: "auth1", Org: "Data Bureau", Key: c.key("auth1")}); err != nil {
		t.Fatal(err)
	}
	return c
}

// start opens the domain behind a core on its socket.
func (c *city) start() {
	c.t.Helper()
	d, err := domain.Open(c.t.Context(), c.dir, &domain.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.d = d
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	s := core.New(d, c.o)
	go func() { ended <- s.Serve(ctx) }()
	stopped := false
	c.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			c.t.Error(err)
		}
		if err := d.Close(); err != nil {
			c.t.Error(err)
		}
	}
	c.t.Cleanup(func() { c.stop() })
	for range 100 {
		if _, err := c.as("nobody").Domain(c.t.Context()); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatal("the core does not answer")
}

func (c *city) key(name string) act.Key {
	c.t.Helper()
	k, err := act.GenerateFileKey(filepath.Join(c.t.TempDir(), name+".pem"), act.Ed25519, name)
	if err != nil {
		c.t.Fatal(err)
	}
	c.keys[name] = k
	return k.Key()
}

// as is somebody's client.
func (c *city) as(name string) *client.Client {
	x := &client.Client{Base: "http://core", HTTP: client.Socket(filepath.Join(c.dir, core.Socket)), User: name, Poll: 20 * time.Millisecond}
	if k := c.keys[name]; k != nil {
		x.Signer = k
	}
	return x
}

// client is the one of somebody who stays logged in.
func (c *city) client(who string) *client.Client {
	if c.clients[who] == nil {
		c.clients[who] = c.as(who)
	}
	return c.clients[who]
}

func (c *city) must(who string, a desk.Act, out any) {
	c.t.Helper()
	if err := c.client(who).Do(c.t.Context(), a, out); err != nil {
		c.t.Fatalf("%s: %s: %v", who, a.Name, err)
	}
}

// person registers somebody with role and key, by the two people that it takes.
func (c *city) person(name string, role glovebox.Role, org string) {
	c.t.Helper()
	k := c.key(name)
	c.must("reg1", desk.Act{Name: "user.add", Subject: "user/" + name, Params: desk.Params(desk.UserAdd{Role: role, Org: org})}, nil)
	c.must("auth1", desk.Act{Name: "user.role_confirm", Subject: "user/" + name, Params: desk.Params(desk.Role{Role: role})}, nil)
	c.must("reg1", desk.Act{Name: "user.key_add", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyAdd{User: name, Key: k})}, nil)
	c.must("auth1", desk.Act{Name: "user.key_confirm", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyConfirm{User: name})}, nil)
}

func (c *city) people() {
	c.t.Helper()
	for _, o := range []string{"Census Office", "City Operations", "Wang Data Ltd"} {
		c.must("reg1", desk.Act{Name: "org.add", Subject: "org/" + o, Params: desk.Params(desk.OrgAdd{Kind: "other"})}, nil)
	}
	c.person("zhao", glovebox.RoleAuthority, "Data Bureau")
	c.person("census", glovebox.RoleProvider, "Census Office")
	c.person("liu", glovebox.RoleOperator, "City Operations")
	c.person("wang", glovebox.RoleDeveloper, "Wang Data Ltd")
	c.person("sun", glovebox.RoleAuditor, "Data Bureau")
}

// TestWalkOverTheSocket is one release from files to approval, each step by its
// person's key, and the log that proves it.
func TestWalkOverTheSocket(t *testing.T) {
	c := newCity(t)
	c.people()
	file := func(name string) string { return filepath.Join(pums, name) }
	c.must("census", desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: file("dataset.yaml")}), Files: desk.Disk{}}, nil)
	var load domain.Load
	c.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: file("pums.csv")}), Files: desk.Disk{}}, &load)
	if load.Report == nil || load.Report.Accepted == 0 {
		t.Fatal("nothing was loaded")
	}
	c.must("liu", desk.Act{Name: "scenario.add", Params: desk.Params(desk.Document{File: file("scenario.yaml")}), Files: desk.Disk{}}, nil)
	c.must("zhao", desk.Act{Name: "space.add", Subject: "space/census-person", Params: desk.Params(desk.SpaceAdd{Name: "census-person", Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 2}})}, nil)
	c.must("zhao", desk.Act{Name: "scenario.grant", Subject: "scenario/education-income", Params: desk.Params(desk.Document{File: file("grant.yaml")}), Files: desk.Disk{}}, nil)
	var o pipeline.Outcome
	c.must("wang", desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: file("job.yaml")}), Files: desk.Disk{}}, &o)
	id := o.Release.ID
	for _, who := range []string{"zhao", "census"} {
		c.must(who, desk.Act{Name: "release.approve", Subject: "release/" + id}, nil)
	}
	var v desk.Review
	if err := c.as("liu").Look(t.Context(), desk.Look{Name: "release", ID: id}, &v); err != nil || v.Release.State != "approved" || v.Content == nil {
		t.Errorf("%v %v", v.Release.State, err)
	}
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}

// TestActsOverTheSocketThatAreRefused: what is refused changes nothing, and is in
// the log under the name of whoever signed.
func TestActsOverTheSocketThatAreRefused(t *testing.T) {
	c := newCity(t)
	c.people()
	o := desk.Act{Name: "org.add", Subject: "org/Mal Ltd", Params: desk.Params(desk.OrgAdd{Kind: "firm"})}
	if err := c.as("wang").Do(t.Context(), o, nil); glovebox.CodeOf(err) != glovebox.CodeDenied || strings.Contains(err.Error(), "inside") {
		t.Errorf("a developer registered an institution: %v", err)
	}
	if err := c.as("nobody").Do(t.Context(), o, nil); err == nil {
		t.Error("somebody without a key registered an institution")
	}
	var list []desk.Entry
	if err := c.client("sun").Look(t.Context(), desk.Look{Name: "entries", Args: map[string]string{"action": "act.refuse"}}, &list); err != nil || len(list) != 1 || list[0].Actor != "wang" {
		t.Errorf("%v %v", list, err)
	}
	// A session reads what its person may, until that person is suspended.
	wang := c.as("wang")
	if _, err := wang.Login(t.Context(), "act"); err != nil {
		t.Fatal(err)
	}
	list = nil
	if err := wang.Look(t.Context(), desk.Look{Name: "entries"}, &list); err != nil && glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Error(err)
	}
	for _, e := range list {
		if e.Action == "user.add" {
			t.Errorf("a developer read entry %d of the log", e.Index)
		}
	}
	var me glovebox.User
	if err := wang.Look(t.Context(), desk.Look{Name: "me"}, &me); err != nil || me.Name != "wang" {
		t.Errorf("%v %v", me, err)
	}
	c.must("auth1", desk.Act{Name: "user.suspend", Subject: "user/wang", Params: desk.Params(desk.Reason{Reason: "a test"})}, nil)
	wang.Signer = nil // it cannot log in again by itself
	if err := wang.Look(t.Context(), desk.Look{Name: "me"}, &me); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("the session of a suspended person lives: %v", err)
	}
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}
