//go:build browser

package console_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

// passkeys gives the browser an authenticator whose person is always there.
func (b *chromium) passkeys() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}}); err != nil {
		b.t.Fatal(err)
	}
}

// TestBrowserPasskey: a person makes a passkey in a real browser, a second person
// confirms it, and it logs its person in and signs an act, as the log proves.
func TestBrowserPasskey(t *testing.T) {
	c := newTown(t)
	b := newChromium(t, c)
	b.passkeys()
	b.login("reg1")
	b.open("/me")
	b.mu.Lock()
	b.quiet = true // it warns that some authenticators know no ES256: those are not for here
	b.mu.Unlock()
	b.do("make a passkey", chromedp.SendKeys(chromedp.CSS("form[data-passkey=make] input"), "laptop"), chromedp.Click(chromedp.CSS("form[data-passkey=make] button")), chromedp.WaitVisible(chromedp.CSS("main")))
	var mine domain.KeyDoc
	find := func() bool {
		var all []domain.KeyDoc
		if err := c.as("reg1").Look(t.Context(), desk.Look{Name: "keys", ID: "reg1"}, &all); err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			if k.Key.Scheme == act.WebAuthn {
				mine = k
			}
		}
		return mine.Key.ID != ""
	}
	b.becomes("the passkey is handed in", find)
	b.mu.Lock()
	b.quiet = false
	b.mu.Unlock()
	if mine.State != domain.KeyAsked || mine.Key.Label != "laptop" || mine.Key.Origin != c.base || mine.By != "reg1" {
		t.Fatalf("%+v", mine)
	}
	// It signs nothing yet; its own person cannot confirm it.
	confirm := desk.Act{Name: "user.key_confirm", Subject: "key/" + mine.Key.ID, Params: desk.Params(desk.KeyConfirm{User: "reg1"})}
	if err := c.as("reg1").Do(t.Context(), confirm, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a person confirmed their own passkey: %v", err)
	}
	c.do("auth1", confirm)
	// Log in anew, with it.
	b.do("log out", chromedp.Click(chromedp.CSS(".who form button")), chromedp.WaitVisible(chromedp.CSS("form[data-passkey=login]")))
	b.do("log in", chromedp.SendKeys(chromedp.CSS("form[data-passkey=login] input"), "reg1"), chromedp.Click(chromedp.CSS("form[data-passkey=login] button")), chromedp.WaitVisible(chromedp.CSS(".who form")))
	// Sign an act.
	b.open("/orgs/new")
	b.do("fill in", chromedp.SendKeys(chromedp.CSS("input[name='id.org']"), "Passkey Firm"), chromedp.Click(chromedp.CSS("form[action='/sign/org.add'] button")))
	b.do("sign", chromedp.WaitVisible(chromedp.CSS("form[data-passkey=sign] button")), chromedp.Click(chromedp.CSS("form[data-passkey=sign] button")))
	b.becomes("the act is taken", func() bool {
		var all []glovebox.Org
		if err := c.as("reg1").Look(t.Context(), desk.Look{Name: "orgs"}, &all); err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			if o.Name == "Passkey Firm" {
				return true
			}
		}
		return false
	})
	b.silent("passkeys")
	b.do("go on", chromedp.WaitVisible(chromedp.CSS("a[href='/people/new']")))
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got.Problems, err)
	}
}

// becomes waits for something that the browser does, within a time that ends a hang.
func (b *chromium) becomes(what string, done func() bool) {
	b.t.Helper()
	for range 600 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("%s: not yet. The page says: %s", what, b.text("main"))
}
