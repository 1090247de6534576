package web

import (
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/identity"
)

// provided is a real OpenID provider on this machine, which can be down.
type provided struct {
	t      *testing.T
	issuer string
	keys   string // file for the core
	h      http.Handler
	up     atomic.Bool
	tokens atomic.Int64 // codes that were taken back
}

func newProvided(t *testing.T) *provided {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	p := &provided{t: t, issuer: "http://localhost:" + port, keys: filepath.Join(t.TempDir(), "keys.json")}
	p.h = exampleop.SetupServer(p.issuer, storage.NewStorage(storage.NewUserStore(p.issuer)), slog.New(slog.DiscardHandler), false)
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.up.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		if r.URL.Path == "/oauth/token" {
			p.tokens.Add(1)
		}
		p.h.ServeHTTP(w, r)
	})}
	go func() { _ = s.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = s.Close() })
	p.up.Store(true)
	res, err := http.Get(p.issuer + "/keys") //nolint:noctx // of this test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil {
		err = os.WriteFile(p.keys, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// browser keeps cookies, and where it went last.
type browser struct {
	t  *testing.T
	c  *town
	to []*url.URL
	*http.Client
}

func (c *town) browser() *browser {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	b := &browser{t: c.t, c: c}
	b.Client = &http.Client{Transport: c.http.Transport, Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		b.to = append(b.to, r.URL)
		return nil
	}}
	return b
}

func (b *browser) read(res *http.Response, err error) (int, string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func (b *browser) get(u string) (int, string) {
	b.t.Helper()
	return b.read(b.Get(u)) //nolint:noctx // of this test
}

var request = regexp.MustCompile(`name="id" value="([^"]+)"`)

// login goes to the provider by a way, fills the form in and comes back. It stops
// before the callback where stop says so, and returns that address.
func (b *browser) login(p *provided, way, user string, stop bool) (status int, page, callback string) {
	b.t.Helper()
	status, page = b.get(b.c.base + way)
	m := request.FindStringSubmatch(page)
	if m == nil {
		return status, page, ""
	}
	if stop {
		was := b.CheckRedirect
		defer func() { b.CheckRedirect = was }()
		b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if strings.HasSuffix(r.URL.Path, "/callback") && strings.HasPrefix(r.URL.String(), b.c.base) {
				callback = r.URL.String()
				return http.ErrUseLastResponse
			}
			return nil
		}
	}
	status, page = b.read(b.PostForm(p.issuer+"/login/username", url.Values{"id": {m[1]}, "username": {user}, "password": {"verysecure"}})) //nolint:noctx // of this test
	return status, page, callback
}

// session is the cookie of a session that the browser has.
func (b *browser) session() string {
	b.t.Helper()
	u, err := url.Parse(b.c.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, x := range b.Jar.Cookies(u) {
		if x.Name == "__Host-glovebox" {
			return x.Value
		}
	}
	return ""
}

// is says who the session of a browser is, by the API; "": nobody.
func (b *browser) is() string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), "GET", b.c.base+"/api/v1/me", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+b.session())
	status, body := b.read(b.c.http.Do(r))
	if status != http.StatusOK {
		return ""
	}
	var u glovebox.User
	if err := json.Unmarshal([]byte(body), &u); err != nil {
		b.t.Fatal(err)
	}
	return u.Name
}

// TestLoginByRealProvider: the code flow against zitadel's provider, and what
// somebody in the middle of it could try.
func TestLoginByRealProvider(t *testing.T) {
	city, firm := newProvided(t), newProvided(t)
	city.up.Store(false)
	now := atomic.Int64{}
	clock := func() time.Time { return time.Now().Add(time.Duration(now.Load())) }
	c := newTownWith(t, func(base string) (core.Options, Options) {
		var all []identity.Provider
		web := Options{Origin: base, Now: clock}
		for name, p := range map[string]*provided{"city": city, "firm": firm} {
			storage.RegisterClients(storage.WebClient("glovebox", "a-secret", base+"/login/city/callback", base+"/login/firm/callback"))
			all = append(all, identity.Provider{Name: name, Issuer: p.issuer, ClientID: "glovebox", Keys: p.keys})
			web.Providers = append(web.Providers, Provider{Name: name, Title: glovebox.Text{EN: name, ZH: name}, Issuer: p.issuer, ClientID: "glovebox", Secret: "a-secret"})
		}
		logins, err := identity.New(all, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return core.Options{Logins: logins}, web
	})
	user := "test-user@localhost"
	// Down as it starts: said so, and asked again later.
	if status, _ := c.browser().get(c.base + "/login/city"); status != http.StatusServiceUnavailable {
		t.Errorf("a provider that is down: %d", status)
	}
	city.up.Store(true)
	now.Store(int64(6 * time.Second))
	b := c.browser()
	if status, _, _ := b.login(city, "/login/city", user, false); status != http.StatusForbidden || b.session() != "" {
		t.Errorf("an account that nobody bound: %d", status)
	}
	id := access.BindingID(city.issuer, "id1")
	if err := c.as("reg1").Do(t.Context(), desk.Act{Name: "user.bind", Subject: "binding/" + id, Params: desk.Params(desk.Bind{User: "auth1", Issuer: city.issuer, Subject: "id1"})}, nil); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := b.login(city, "/login/city", user, false); status != http.StatusForbidden || b.session() != "" {
		t.Errorf("a binding that nobody confirmed: %d", status)
	}
	// auth1's own binding is confirmed by a third person.
	k := c.key("reg2")
	for _, x := range []struct {
		who string
		a   desk.Act
	}{
		{"reg1", desk.Act{Name: "user.add", Subject: "user/reg2", Params: desk.Params(desk.UserAdd{Role: glovebox.RoleRegistrar, Org: "Data Bureau"})}},
		{"auth1", desk.Act{Name: "user.role_confirm", Subject: "user/reg2", Params: desk.Params(desk.Role{Role: glovebox.RoleRegistrar})}},
		{"reg1", desk.Act{Name: "user.key_add", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyAdd{User: "reg2", Key: k})}},
		{"auth1", desk.Act{Name: "user.key_confirm", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyConfirm{User: "reg2"})}},
		{"reg2", desk.Act{Name: "user.bind_confirm", Subject: "binding/" + id, Params: desk.Params(desk.KeyConfirm{User: "auth1"})}},
	} {
		if err := c.as(x.who).Do(t.Context(), x.a, nil); err != nil {
			t.Fatalf("%s %s: %v", x.who, x.a.Name, err)
		}
	}
	if status, _, _ := b.login(city, "/login/city?next=/me", user, false); status != http.StatusOK || b.is() != "auth1" {
		t.Fatalf("a login: %d, as %q", status, b.is())
	}
	if last := b.to[len(b.to)-1]; last.Path != "/me" {
		t.Errorf("the login leads to %s", last)
	}
	// Fixation: a cookie that was there before is not the session.
	planted := b.session()
	b.login(city, "/login/city", user, false)
	if b.session() == planted || b.is() != "auth1" {
		t.Error("a login keeps the secret that the browser came with")
	}
	// Open redirect.
	for _, next := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "/%09/evil.example", "/%0d%0a/evil.example"} {
		b.to = nil
		b.login(city, "/login/city?next="+next, user, false)
		if last := b.to[len(b.to)-1]; !strings.HasPrefix(last.String(), c.base+"/") || last.Path != "/" {
			t.Errorf("next=%s leads to %s", next, last)
		}
	}
	// Login CSRF: the answer of one browser's login, in another browser.
	attacker, victim := c.browser(), c.browser()
	_, _, callback := attacker.login(city, "/login/city", user, true)
	if callback == "" {
		t.Fatal("there is no callback")
	}
	if status, _ := victim.get(callback); status != http.StatusForbidden || victim.session() != "" {
		t.Errorf("another browser's login: %d", status)
	}
	victim.login(city, "/login/city", user, true) // under way, with another state
	if status, _ := victim.get(callback); status != http.StatusForbidden || victim.session() != "" {
		t.Errorf("another browser's login, in the middle of one's own: %d", status)
	}
	// Mix-up: begun with one provider, answered at the address of the other, or as
	// the other; and a code for one provider is never shown to the other.
	for name, change := range map[string]func(string) string{
		"at the other's address": func(s string) string { return strings.Replace(s, "/login/city/", "/login/firm/", 1) },
		"by the other's name":    func(s string) string { return s + "&iss=" + url.QueryEscape(firm.issuer) },
		"with two states":        func(s string) string { return s + "&state=x" },
		"without a state":        func(s string) string { return regexp.MustCompile(`state=[^&]*`).ReplaceAllString(s, "") },
		"with another state":     func(s string) string { return regexp.MustCompile(`state=[^&]*`).ReplaceAllString(s, "state=AAAA") },
		"with two codes":         func(s string) string { return s + "&code=x" },
		"with an error":          func(s string) string { return s + "&error=access_denied" },
	} {
		x := c.browser()
		_, _, callback := x.login(city, "/login/city", user, true)
		before := firm.tokens.Load()
		if status, _ := x.get(change(callback)); status != http.StatusForbidden || x.session() != "" || firm.tokens.Load() != before {
			t.Errorf("a login %s: %d", name, status)
		}
	}
	// Replay: the same answer again, in the same browser.
	x := c.browser()
	_, _, callback = x.login(city, "/login/city", user, true)
	u, _ := url.Parse(c.base)
	kept := x.Jar.Cookies(u)
	if status, _ := x.get(callback); status != http.StatusOK || x.is() != "auth1" {
		t.Errorf("a login in two steps: %d", status)
	}
	y := c.browser()
	for _, k := range kept {
		k.Path, k.Secure = "/", true
	}
	y.Jar.SetCookies(u, kept)
	if status, _ := y.get(callback); status != http.StatusForbidden || y.session() != "" {
		t.Errorf("a replayed code, with the cookie of its login: %d", status)
	}
	// Late, and by a cookie that was changed.
	late := c.browser()
	_, _, callback = late.login(city, "/login/city", user, true)
	now.Add(int64(11 * time.Minute))
	if status, _ := late.get(callback); status != http.StatusForbidden || late.session() != "" {
		t.Errorf("a late login: %d", status)
	}
	// A provider that goes down meanwhile: those who are logged in stay so.
	city.up.Store(false)
	if status, _, _ := c.browser().login(city, "/login/city", user, false); status == http.StatusOK {
		t.Errorf("a login without its provider: %d", status)
	}
	if b.is() != "auth1" {
		t.Error("a session ended with its provider")
	}
	if err := c.as("reg1").Do(t.Context(), desk.Act{Name: "user.suspend", Subject: "user/auth1", Params: desk.Params(desk.Reason{Reason: "a test"})}, nil); err != nil {
		t.Fatal(err)
	}
	if b.is() != "" {
		t.Error("the cookie of a suspended person is good")
	}
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got.Problems, err)
	}
}
