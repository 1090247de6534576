package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

// TestNamesAreNoMarkup: whatever people choose to call something, no page takes it
// for markup.
func TestNamesAreNoMarkup(t *testing.T) {
	c := newTown(t)
	const bad = `<img src=x onerror=alert(1)>`
	c.do("reg1", desk.Act{Name: "org.add", Subject: "org/Firm", Params: desk.Params(desk.OrgAdd{Kind: "firm", District: "North", Filing: `"><script>alert(1)</script>`})})
	c.do("reg1", desk.Act{Name: "user.add", Subject: "user/mal", Params: desk.Params(desk.UserAdd{Full: bad, Role: glovebox.RoleDeveloper, Org: "Firm", Filing: bad, Qualification: bad})})
	c.do("auth1", desk.Act{Name: "user.suspend", Subject: "user/mal", Params: desk.Params(desk.Reason{Reason: bad})})
	c.do("reg1", desk.Act{Name: "incident.open", Params: desk.Params(desk.IncidentOpen{Title: bad, To: bad})})
	b := c.login("auth1")
	found := 0
	for _, p := range []string{"/", "/people", "/people/mal", "/orgs/Firm", "/incidents", "/log", "/log/10", "/log/12", "/people?q=%3Cimg+src%3Dx%3E", "/log?actor=%3Cimg+src%3Dx%3E", "/jobs?q=%22%3E%3Cscript%3E", "/login?next=%22%3E%3Cscript%3E"} {
		status, body := b.get(p)
		if status != http.StatusOK {
			t.Errorf("%s: %d", p, status)
		}
		if strings.Contains(body, "<img src=x") || strings.Contains(body, "<script>") {
			t.Errorf("%s: a name is markup", p)
		}
		found += strings.Count(body, "&lt;img src=x")
	}
	if found < 6 {
		t.Errorf("the names are shown %d times: the test looks at the wrong pages", found)
	}
}

// TestWhatWasSeenIsSigned: of two people who look at the same document in two
// tabs, the one who signs later is told that it changed.
func TestWhatWasSeenIsSigned(t *testing.T) {
	c := newTown(t)
	c.do("reg1", desk.Act{Name: "org.add", Subject: "org/Firm", Params: desk.Params(desk.OrgAdd{Kind: "firm"})})
	c.do("reg1", desk.Act{Name: "user.add", Subject: "user/wang", Params: desk.Params(desk.UserAdd{Role: glovebox.RoleDeveloper, Org: "Firm"})})
	_, body := c.login("auth1").get("/people/wang")
	_, rest, _ := strings.Cut(body, `name="state" value="`)
	state, _, _ := strings.Cut(rest, `"`)
	if !strings.HasPrefix(state, "sha256:") {
		t.Fatalf("the form does not say what was seen: %q", state)
	}
	c.do("reg1", desk.Act{Name: "user.add", Subject: "user/wang", Params: desk.Params(desk.UserAdd{Role: glovebox.RoleAuditor, Org: "Firm"})})
	a := &act.Act{V: act.Version, Domain: "city", Name: "user.role_confirm", Subject: "user/wang", State: state, Time: time.Now().UTC().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: desk.Params(desk.Role{Role: glovebox.RoleDeveloper})}
	e, err := c.keys["auth1"].Sign(a)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	q, err := json.Marshal(api.ActRequest{Envelope: raw})
	if err != nil {
		t.Fatal(err)
	}
	r, err := (&http.Client{Transport: c.transport()}).Post(c.base+"/api/v1/users/wang/roles", "application/json", strings.NewReader(string(q)))
	if err != nil {
		t.Fatal(err)
	}
	if _ = r.Body.Close(); r.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("signed on what is no more: %d", r.StatusCode)
	}
}
