package console_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/web"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

func TestMain(m *testing.M) {
	jail.Main(role.All()) // does not return in a worker
	os.Exit(m.Run())
}

// town is a served domain behind a core and a web, with people who have keys.
type town struct {
	t    testing.TB
	d    *domain.Domain
	base string
	pool *x509.CertPool
	keys map[string]*act.FileKey
	// files are where the keys lie.
	files map[string]string
}

func newTown(t testing.TB) *town {
	t.Helper()
	c := &town{t: t, keys: map[string]*act.FileKey{}, files: map[string]string{}}
	dir := filepath.Join(t.TempDir(), "c")
	if _, err := domain.Init(t.Context(), dir, domain.InitOptions{Name: "city", Parts: 2}); err != nil {
		t.Fatal(err)
	}
	d, err := domain.Open(t.Context(), dir, &domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.d = d
	if _, err := d.Serve(t.Context(), domain.Enrolled{User: "reg1", Org: "Data Bureau", Key: c.key("reg1")}, domain.Enrolled{User: "auth1", Org: "Data Bureau", Key: c.key("auth1")}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c.base = "https://localhost:" + port
	pair, pool := certificate(t)
	c.pool = pool
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- core.New(d, core.Options{Origin: c.base}).Serve(ctx) }()
	go func() { ended <- web.New(web.Options{Core: filepath.Join(dir, core.Socket)}).Serve(ctx, l, pair) }()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for range 200 {
		if _, err := c.as("nobody").Domain(t.Context()); err == nil {
			return c
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the core does not answer")
	return nil
}

func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, x, x, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}, pool
}

func (c *town) key(name string) act.Key {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "key.pem")
	k, err := act.GenerateFileKey(path, act.Ed25519, name)
	if err != nil {
		c.t.Fatal(err)
	}
	c.keys[name], c.files[name] = k, path
	return k.Key()
}

// as is somebody's client of the API.
func (c *town) as(name string) *client.Client {
	x := &client.Client{Base: c.base, HTTP: &http.Client{Transport: c.transport()}, User: name, Poll: 20 * time.Millisecond}
	if k := c.keys[name]; k != nil {
		x.Signer = k
	}
	return x
}

func (c *town) transport() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.pool, MinVersion: tls.VersionTLS13}, DisableKeepAlives: true}
}

// do takes an act in somebody's name.
func (c *town) do(who string, a desk.Act) {
	c.t.Helper()
	if err := c.as(who).Do(c.t.Context(), a, nil); err != nil {
		c.t.Fatalf("%s %s: %v", a.Name, a.Subject, err)
	}
}

// person registers somebody, with a key, by two hands.
func (c *town) person(name, org string, as glovebox.Role) {
	c.t.Helper()
	c.do("reg1", desk.Act{Name: "user.add", Subject: "user/" + name, Params: desk.Params(desk.UserAdd{Role: as, Org: org})})
	c.do("auth1", desk.Act{Name: "user.role_confirm", Subject: "user/" + name, Params: desk.Params(desk.Role{Role: as})})
	k := c.key(name)
	c.do("reg1", desk.Act{Name: "user.key_add", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyAdd{User: name, Key: k})})
	c.do("auth1", desk.Act{Name: "user.key_confirm", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyConfirm{User: name})})
}

// browser is somebody's browser without script.
type browser struct {
	c    *town
	http *http.Client
}

func (c *town) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return &browser{c, &http.Client{Jar: jar, Transport: c.transport()}}
}

// login is the browser of somebody who used a one-time link.
func (c *town) login(who string) *browser {
	c.t.Helper()
	l, err := c.as(who).Link(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	b := c.browser()
	if status, body := b.post("/login/link", url.Values{"code": {l.Code}}); status != http.StatusOK {
		c.t.Fatalf("%d %s", status, body)
	}
	return b
}

func (b *browser) get(path string) (int, string) {
	b.c.t.Helper()
	r, err := b.http.Get(b.c.base + path)
	return b.read(r, err)
}

func (b *browser) post(path string, form url.Values) (int, string) {
	b.c.t.Helper()
	r, err := b.http.Post(b.c.base+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	return b.read(r, err)
}

func (b *browser) read(r *http.Response, err error) (int, string) {
	b.c.t.Helper()
	if err != nil {
		b.c.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.c.t.Fatal(err)
	}
	return r.StatusCode, string(body)
}
