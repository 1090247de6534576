package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
)

// TestOneTimeLink: a link logs one browser in, once, and opening it uses nothing
// up. Logging out ends the session at the core.
func TestOneTimeLink(t *testing.T) {
	c := newTown(t)
	l, err := c.as("reg1").Link(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := c.browser()
	if status, body := b.get("/"); status != http.StatusUnauthorized || !strings.Contains(body, "glovebox login --browser") {
		t.Errorf("without a session: %d", status)
	}
	for range 2 { // a mail program, and its person
		if status, body := b.get("/login/link?code=" + l.Code); status != http.StatusOK || !strings.Contains(body, l.Code) {
			t.Errorf("opening the link: %d", status)
		}
	}
	if status, body := b.post("/login/link", url.Values{"code": {l.Code}}); status != http.StatusOK || !strings.Contains(body, "reg1") || !strings.Contains(body, "待办") {
		t.Errorf("using the link: %d %s", status, body)
	}
	u, _ := url.Parse(c.base)
	for _, x := range b.http.Jar.Cookies(u) {
		if !strings.HasPrefix(x.Name, "__Host-") {
			t.Errorf("a cookie is called %s", x.Name)
		}
	}
	if status, _ := c.browser().post("/login/link", url.Values{"code": {l.Code}}); status != http.StatusForbidden {
		t.Errorf("using the link again: %d", status)
	}
	secret := b.http.Jar.Cookies(u)[0].Value
	if status, body := b.post("/logout", nil); status != http.StatusOK || strings.Contains(body, "reg1") {
		t.Errorf("logging out: %d", status)
	}
	q, err := http.NewRequestWithContext(t.Context(), "GET", c.base+"/api/v1/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+secret)
	r, err := (&http.Client{Transport: c.transport()}).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if _ = r.Body.Close(); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("the session lives on: %d", r.StatusCode)
	}
}

// TestCookieIsItsBrowsersAlone: attributes of the cookie, headers of pages, and
// what another site can have a browser send.
func TestCookieIsItsBrowsersAlone(t *testing.T) {
	c := newTown(t)
	l, err := c.as("reg1").Link(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(site string) *http.Response {
		q, err := http.NewRequestWithContext(t.Context(), "POST", c.base+"/login/link", strings.NewReader(url.Values{"code": {l.Code}, "next": {"//evil.example/"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Sec-Fetch-Site", site)
		r, err := c.transport().RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		return r
	}
	if r := send("cross-site"); r.StatusCode != http.StatusForbidden || len(r.Cookies()) > 0 { //nolint:bodyclose // send did
		t.Errorf("another site's form: %d", r.StatusCode)
	}
	r := send("same-origin") //nolint:bodyclose // send did
	x := r.Cookies()[0]
	if x.Name != "__Host-glovebox" || !x.Secure || !x.HttpOnly || x.SameSite != http.SameSiteLaxMode || x.Path != "/" || x.Domain != "" {
		t.Errorf("%+v", x)
	}
	if to := r.Header.Get("Location"); to != "/" {
		t.Errorf("sent on to %s", to)
	}
	csp := r.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(csp, "default-src 'none';") || !strings.Contains(csp, "require-trusted-types-for 'script'") || strings.Contains(csp, "unsafe") {
		t.Errorf("%s", csp)
	}
	if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%v", r.Header)
	}
}

// TestSuspendedPersonIsOut: a session of the browser ends with its person's
// rights, at once, and so does a link that was not used yet.
func TestSuspendedPersonIsOut(t *testing.T) {
	c := newTown(t)
	c.do("reg1", desk.Act{Name: "org.add", Subject: "org/Wang Ltd", Params: desk.Params(desk.OrgAdd{Kind: "firm"})})
	c.person("wang", "Wang Ltd", glovebox.RoleDeveloper)
	b := c.login("wang")
	l, err := c.as("wang").Link(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.do("reg1", desk.Act{Name: "user.suspend", Subject: "user/wang", Params: desk.Params(desk.Reason{Reason: "left"})})
	if status, _ := b.get("/"); status != http.StatusUnauthorized {
		t.Errorf("the session lives on: %d", status)
	}
	if status, _ := c.browser().post("/login/link", url.Values{"code": {l.Code}}); status != http.StatusForbidden {
		t.Errorf("the link is good still: %d", status)
	}
}

// TestNothingFilledInIsLost: a form that comes when the session has ended is on
// the page of the login, to be sent again.
func TestNothingFilledInIsLost(t *testing.T) {
	c := newTown(t)
	form := url.Values{"subject": {"org/Census"}, "p.kind": {"other"}, "p.district": {`"><script>alert(1)</script>`}, "back": {"/"}}
	b := c.browser()
	status, body := b.post("/sign/org.add", form)
	if status != http.StatusUnauthorized || !strings.Contains(body, `name="subject" value="org/Census"`) || !strings.Contains(body, `action="/sign/org.add"`) {
		t.Errorf("%d %s", status, body)
	}
	if strings.Contains(body, "<script>alert") {
		t.Error("what was filled in is markup")
	}
	b = c.login("reg1")
	status, body = b.post("/sign/org.add", form)
	if status != http.StatusOK || !strings.Contains(body, "glovebox org add Census") {
		t.Errorf("%d %s", status, body)
	}
}

// TestLanguages: Chinese first, English for who asks for it, kept in a cookie.
func TestLanguages(t *testing.T) {
	c := newTown(t)
	b := c.login("reg1")
	if _, body := b.get("/"); !strings.Contains(body, `lang="zh-CN"`) || !strings.Contains(body, "安全管理员") {
		t.Error("not Chinese at first")
	}
	for _, path := range []string{"/?lang=en", "/"} {
		if _, body := b.get(path); !strings.Contains(body, `<html lang="en">`) || !strings.Contains(body, "Nothing waits for you") {
			t.Errorf("%s: not English", path)
		}
	}
	if status, body := b.get("/nothing/<b>"); status != http.StatusNotFound || strings.Contains(body, "<b>") {
		t.Errorf("what is not there: %d", status)
	}
}
