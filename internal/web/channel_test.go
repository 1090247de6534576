package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

// envelope is a request to register an institution, signed by reg1.
func (c *town) envelope(org string) []byte {
	c.t.Helper()
	a := &act.Act{V: act.Version, Domain: "city", Name: "org.add", Subject: "org/" + org, Time: time.Now().UTC().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: desk.Params(desk.OrgAdd{Kind: "other"})}
	e, err := c.keys["reg1"].Sign(a)
	if err != nil {
		c.t.Fatal(err)
	}
	raw, err := e.Encode()
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := json.Marshal(api.ActRequest{Envelope: raw})
	if err != nil {
		c.t.Fatal(err)
	}
	return body
}

// login is the secret of a session of somebody.
func (c *town) login(who string) string {
	c.t.Helper()
	secret, err := c.as(who).Login(c.t.Context(), "act")
	if err != nil {
		c.t.Fatal(err)
	}
	return secret
}

// count is how many entries of the log are of an action about a subject.
func (c *town) count(action, subject string) int {
	c.t.Helper()
	var list []desk.Entry
	if err := c.as("auth1").Look(c.t.Context(), desk.Look{Name: "entries", Args: map[string]string{"action": action, "subject": subject}}, &list); err != nil {
		c.t.Fatal(err)
	}
	return len(list)
}

// TestChannelServerRetry: an act that is sent many times at once, as by clients
// that lost the answer, is done once and answered alike.
func TestChannelServerRetry(t *testing.T) {
	c := newTown(t)
	body, session := c.envelope("Census"), bearer(c.login("reg1"))
	answers := make([]string, 8)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			r, b := c.ask("POST", "/orgs", session, body)
			if r != nil {
				answers[i] = strconv.Itoa(r.StatusCode) + b
			}
		})
	}
	wg.Wait()
	for _, a := range answers {
		if !strings.HasPrefix(a, "200") || a != answers[0] {
			t.Errorf("%s, and %s", a, answers[0])
		}
	}
	if n := c.count("org.add", "org/Census"); n != 1 {
		t.Errorf("the act is in the log %d times", n)
	}
}

// TestChannelServerCancel: whoever goes away while an act is under way neither
// stops nor doubles it, once it is sent again.
func TestChannelServerCancel(t *testing.T) {
	c := newTown(t)
	body, session := string(c.envelope("Census")), bearer(c.login("reg1"))
	for _, after := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		q, err := http.NewRequestWithContext(ctx, "POST", c.base+api.Prefix+"/orgs", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header = session.Clone()
		if r, err := c.http.Do(q); err == nil {
			_ = r.Body.Close()
		}
		cancel()
	}
	if r, b := c.ask("POST", "/orgs", session, []byte(body)); r == nil || r.StatusCode != http.StatusOK {
		t.Errorf("%v %s", r, b)
	}
	if n := c.count("org.add", "org/Census"); n != 1 {
		t.Errorf("the act is in the log %d times", n)
	}
}

// TestChannelServerErrorTiming: what is not there and what one may not see are
// answered alike, byte for byte, but for the name that was asked for.
func TestChannelServerErrorTiming(t *testing.T) {
	c := newTown(t)
	k := c.key("wang")
	for _, x := range []struct {
		who string
		a   desk.Act
	}{
		{"reg1", desk.Act{Name: "org.add", Subject: "org/Wang Ltd", Params: desk.Params(desk.OrgAdd{Kind: "firm"})}},
		{"reg1", desk.Act{Name: "user.add", Subject: "user/wang", Params: desk.Params(desk.UserAdd{Role: glovebox.RoleDeveloper, Org: "Wang Ltd"})}},
		{"auth1", desk.Act{Name: "user.role_confirm", Subject: "user/wang", Params: desk.Params(desk.Role{Role: glovebox.RoleDeveloper})}},
		{"reg1", desk.Act{Name: "user.key_add", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyAdd{User: "wang", Key: k})}},
		{"auth1", desk.Act{Name: "user.key_confirm", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyConfirm{User: "wang"})}},
	} {
		if err := c.as(x.who).Do(t.Context(), x.a, nil); err != nil {
			t.Fatal(err)
		}
	}
	secret, err := c.as("wang").Login(t.Context(), "read")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range [][4]string{{"/users/", "reg1", "reg9"}, {"/users/", "reg1", "reg9", "/keys"}, {"/states/user/", "reg1", "reg9"}, {"/log/entries/", "1", "9"}} {
		hidden, a := c.ask("GET", x[0]+x[1]+x[3], bearer(secret), nil)
		absent, b := c.ask("GET", x[0]+x[2]+x[3], bearer(secret), nil)
		if hidden == nil || absent == nil || hidden.StatusCode == http.StatusOK || hidden.StatusCode != absent.StatusCode || strings.ReplaceAll(a, x[1], x[2]) != b {
			t.Errorf("%s: %s\n%s: %s", x[1], a, x[2], b)
		}
	}
}

// TestChannelServerMetrics: nothing that tells the load is served.
func TestChannelServerMetrics(t *testing.T) {
	c := newTown(t)
	base := c.base
	for _, p := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/healthz", api.Prefix + "/metrics", api.Prefix + "/openapi.yaml"} {
		c.base = strings.TrimSuffix(base, "/") + p
		q, err := http.NewRequestWithContext(t.Context(), "GET", c.base, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.http.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		if _ = r.Body.Close(); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", p, r.StatusCode)
		}
		for _, h := range []string{"Server", "Server-Timing", "X-Runtime"} {
			if r.Header.Get(h) != "" {
				t.Errorf("%s is sent", h)
			}
		}
	}
	c.base = base
}
