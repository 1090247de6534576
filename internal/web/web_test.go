package web

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/vault"
)

// town is a served domain behind a core and a web, each on its own listener.
type town struct {
	t    *testing.T
	d    *domain.Domain
	base string
	http *http.Client
	keys map[string]*act.FileKey
}

func newTown(t *testing.T) *town {
	t.Helper()
	return newTownWith(t, func(string) (core.Options, Options) { return core.Options{}, Options{} })
}

// newTownWith is one whose core and web have options, which depend on its address.
func newTownWith(t *testing.T, options func(base string) (core.Options, Options)) *town {
	t.Helper()
	c := &town{t: t, keys: map[string]*act.FileKey{}}
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
	c.base = "https://" + l.Addr().String()
	pair, pool := certificate(t)
	c.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	inner, outer := options(c.base)
	outer.Core = filepath.Join(dir, core.Socket)
	go func() { ended <- core.New(d, inner).Serve(ctx) }()
	go func() { ended <- New(outer).Serve(ctx, l, pair) }()
	t.Cleanup(func() {
		c.http.CloseIdleConnections()
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
		if r, _ := c.ask("GET", "/domain", nil, nil); r != nil && r.StatusCode == http.StatusOK {
			return c
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the core does not answer")
	return nil
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
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
	k, err := act.GenerateFileKey(filepath.Join(c.t.TempDir(), name+".pem"), act.Ed25519, name)
	if err != nil {
		c.t.Fatal(err)
	}
	c.keys[name] = k
	return k.Key()
}

func (c *town) as(name string) *client.Client {
	return &client.Client{Base: c.base, HTTP: c.http, User: name, Signer: c.keys[name]}
}

// ask sends a request; nil: nobody answered.
func (c *town) ask(method, path string, h http.Header, body []byte) (*answer, string) {
	c.t.Helper()
	q, err := http.NewRequestWithContext(c.t.Context(), method, c.base+api.Prefix+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if h != nil {
		q.Header = h
	}
	r, err := c.http.Transport.RoundTrip(q)
	if err != nil {
		return nil, ""
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return &answer{r.StatusCode, r.Header}, string(b)
}

// answer is what came back, but for its body.
type answer struct {
	StatusCode int
	Header     http.Header
}

func bearer(secret string) http.Header { return http.Header{"Authorization": {"Bearer " + secret}} }

// TestAWebThatLies: whoever holds the web process has what passes through it. A
// changed act, another's name and forged headers get nothing.
func TestAWebThatLies(t *testing.T) {
	c := newTown(t)
	reg := c.as("reg1")
	if err := reg.Do(t.Context(), desk.Act{Name: "org.add", Subject: "org/Census", Params: desk.Params(desk.OrgAdd{Kind: "other"})}, nil); err != nil {
		t.Fatal(err)
	}
	secret, err := reg.Login(t.Context(), "act")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(who, name string) []byte {
		a := &act.Act{V: act.Version, Domain: "city", Name: "org.add", Subject: "org/" + name, Time: time.Now().UTC().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: desk.Params(desk.OrgAdd{Kind: "other"})}
		e, err := c.keys[who].Sign(a)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	post := func(envelope []byte, h http.Header) int {
		body, err := json.Marshal(api.ActRequest{Envelope: envelope})
		if err != nil {
			t.Fatal(err)
		}
		r, _ := c.ask("POST", "/orgs", h, body)
		return r.StatusCode
	}
	// The payload of one signed act under the signature of another.
	one, two := map[string]any{}, map[string]any{}
	if json.Unmarshal(sign("reg1", "One"), &one) != nil || json.Unmarshal(sign("reg1", "Two"), &two) != nil {
		t.Fatal("envelopes are no JSON")
	}
	one["payload"] = two["payload"]
	changed, err := json.Marshal(one)
	if err != nil {
		t.Fatal(err)
	}
	c.key("mal")
	for name, x := range map[string][]byte{"changed": changed, "unknown key": sign("mal", "Mal"), "no envelope": []byte(`{}`)} {
		if got := post(x, bearer(secret)); got < 400 || got >= 500 {
			t.Errorf("%s: %d", name, got)
		}
	}
	// The same act twice counts once.
	again := sign("reg1", "Twice")
	if a, b := post(again, bearer(secret)), post(again, bearer(secret)); a != http.StatusOK || b != http.StatusOK {
		t.Errorf("an act sent twice: %d %d", a, b)
	}
	var orgs []glovebox.Org
	if err := reg.Look(t.Context(), desk.Look{Name: "orgs"}, &orgs); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, o := range orgs {
		switch o.Name {
		case "Twice":
			n++
		case "One", "Two", "Mal":
			t.Errorf("%s was registered", o.Name)
		}
	}
	if n != 1 {
		t.Errorf("an act sent twice counted %d times", n)
	}
	// Another's name in headers makes nobody of nobody, and nobody else of somebody.
	forged := http.Header{"X-Remote-User": {"auth1"}, "X-Forwarded-User": {"auth1"}, "X-User": {"auth1"}, "Cookie": {"user=auth1"}}
	if r, _ := c.ask("GET", "/me", forged, nil); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("forged headers: %d", r.StatusCode)
	}
	forged.Set("Authorization", "Bearer "+secret)
	if r, b := c.ask("GET", "/me?user=auth1", forged, nil); r.StatusCode != http.StatusOK || !strings.Contains(b, `"reg1"`) || strings.Contains(b, "auth1") {
		t.Errorf("%d %s", r.StatusCode, b)
	}
	wrong := []byte(secret)
	wrong[0] ^= 1
	if r, _ := c.ask("GET", "/me", bearer(string(wrong)), nil); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("another session's secret: %d", r.StatusCode)
	}
	if v, err := c.d.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
		t.Errorf("%v %v", v, err)
	}
}

// TestWebPassesNothingElse: bounds, answers of one shape, and no echo.
func TestWebPassesNothingElse(t *testing.T) {
	c := newTown(t)
	const probe = "zq7probe"
	_, none := c.ask("GET", "/nothing", nil, nil)
	for _, x := range []struct {
		method, path string
		h            http.Header
		body         []byte
		status       int
	}{
		{"GET", "/" + probe, nil, nil, 404},
		{"PATCH", "/orgs", nil, []byte(probe), 404},
		{"GET", "//" + probe, nil, nil, 404},
		{"GET", "/../" + probe, nil, nil, 404},
		{"GET", "/users/" + probe, nil, nil, 401},
		{"GET", "/me", http.Header{"Authorization": {"Bearer a", "Bearer b"}}, nil, 400},
		{"POST", "/orgs", http.Header{"Sec-Fetch-Site": {"cross-site"}}, []byte(probe), 403},
		{"POST", "/orgs", nil, bytes.Repeat([]byte("a"), maxBody+1), 413},
		{"POST", "/orgs", nil, []byte(`{"` + probe + `":1}`), 422},
		{"PUT", "/blobs/" + probe, nil, []byte(probe), 401},
	} {
		r, b := c.ask(x.method, x.path, x.h, x.body)
		if r == nil {
			t.Fatalf("%s %s: nobody answered", x.method, x.path)
		}
		var p api.Problem
		if r.StatusCode != x.status || r.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(b), &p) != nil || p.TitleZH == "" || p.TitleZH == p.Title {
			t.Errorf("%s %s: %d %s", x.method, x.path, r.StatusCode, b)
		}
		if strings.Contains(b, probe) || strings.Contains(r.Header.Get("Location"), probe) {
			t.Errorf("%s %s: what was sent is echoed: %s", x.method, x.path, b)
		}
		if x.status == 404 && b != none {
			t.Errorf("%s %s: not the answer to what is not there: %s", x.method, x.path, b)
		}
		if r.Header.Get("Strict-Transport-Security") == "" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: headers are missing", x.method, x.path)
		}
	}
	if maxPiece != vault.MaxPiece {
		t.Error("web and vault bound a piece differently")
	}
	_, pool := certificate(t)
	if _, err := tls.Dial("tcp", strings.TrimPrefix(c.base, "https://"), &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS12}); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.2: %v", err)
	}
}

// TestLimits: a key has its own bucket, one that is bounded in memory.
func TestLimits(t *testing.T) {
	now := time.Unix(0, 0)
	l := limiter{rate: 1, burst: 2, now: func() time.Time { return now }}
	if !l.take("a") || !l.take("a") || l.take("a") || !l.take("b") {
		t.Error("two at once for each key, and no third")
	}
	if now = now.Add(time.Second); !l.take("a") || l.take("a") {
		t.Error("one a second after that")
	}
	for i := range 3 * maxBuckets {
		l.take(big.NewInt(int64(i)).String() + "x")
	}
	if len(l.by) > maxBuckets+1 {
		t.Errorf("%d keys are remembered", len(l.by))
	}
	if host("[2001:db8::1]:5") != host("[2001:db8::2]:6") || host("192.0.2.1:1") == host("192.0.2.2:1") {
		t.Error("an address is a network of IPv6, or one of IPv4")
	}
}

// TestRefusesWithoutACore: a core that is not there is a 503 in both languages.
func TestRefusesWithoutACore(t *testing.T) {
	s := New(Options{Core: filepath.Join(t.TempDir(), "none")})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pair, pool := certificate(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l, pair) }()
	c := &town{t: t, base: "https://" + l.Addr().String(), http: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}}
	if r, b := c.ask("GET", "/domain", nil, nil); r == nil || r.StatusCode != http.StatusServiceUnavailable || strings.Contains(b, "none") {
		t.Errorf("%v %s", r, b)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
