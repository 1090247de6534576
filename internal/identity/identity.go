// Package identity checks what an identity provider says of a person: ID tokens
// of OpenID Connect, for the core. It has no network, and believes nobody who
// brings a token.
//
// # What is promised
//
// Check returns a person's issuer and subject only for a token that a key signed
// which this process was given beforehand, for this client and no other, by that
// provider and no other, that has not expired, and that answers a login which
// Begin began here: the token's nonce is the digest of a secret that whoever began
// it still holds, and each is answered once. So a token that was seen somewhere,
// one of another login, and one that another client got are good for nothing.
//
// # What is not promised
//
// That the person meant to log in: whoever has the browser of somebody who is
// logged in at the provider can have a token made. That is why such a login lets
// its session look, and nothing else. Claims other than these two are not read.
package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"
	"glovebox.example/glovebox/text"
)

// Provider is one that people log in by.
type Provider struct {
	// Name is what a login names it by: letters, digits, - and _, at most 32.
	Name string
	// Issuer is its address, as its tokens say it: https, or http of this machine.
	Issuer string
	// ClientID is what it calls this domain.
	ClientID string
	// Keys is the file with its public keys, a JWK set. It is read at each login, so
	// that another file in its place counts at once.
	Keys string
}

// Bounds.
const (
	maxToken   = 16 << 10 // bytes of an ID token
	maxSubject = 255      // bytes of a subject, as OpenID Connect has it
	maxIssuer  = 255      // bytes
	maxUsed    = 65536    // logins that are remembered as answered
	within     = 10 * time.Minute
	skew       = 5 * time.Minute // of the provider's clock
)

// Person is who a token is about.
type Person struct {
	Issuer, Subject string
	// Key is the thumbprint of the provider's key that signed (RFC 7638, base64url).
	Key string
}

// Login is one that began: Secret stays with whoever began it, Nonce goes to the
// provider.
type Login struct {
	Secret, Nonce string
}

// Checker checks logins of some providers. It is safe for concurrent use. A
// restart forgets the logins that were under way.
type Checker struct {
	providers map[string]Provider
	key       [32]byte
	now       func() time.Time

	mu   sync.Mutex
	used map[string]time.Time // nonces that were answered, until they expire
}

// New makes a checker. It fails with CodeInvalid for a provider that cannot be
// one, or whose keys cannot be read.
func New(all []Provider, now func() time.Time) (*Checker, error) {
	c := &Checker{providers: map[string]Provider{}, now: now, used: map[string]time.Time{}}
	_, _ = rand.Read(c.key[:]) // never fails: it ends the process instead
	for _, p := range all {
		if err := p.check(); err != nil {
			return nil, err
		}
		if _, twice := c.providers[p.Name]; twice {
			return nil, glovebox.Invalid("name", "is that of another provider, too").WithFix("give each provider a name of its own")
		}
		if _, err := readKeys(p.Keys); err != nil {
			return nil, err
		}
		c.providers[p.Name] = p
	}
	return c, nil
}

func (p *Provider) check() error {
	switch {
	case p.Name == "" || p.Name == "link" || p.Name == "passkey" || len(p.Name) > 32 || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
		return glovebox.Invalid("name", "is not the name of a provider").WithFix("use at most 32 small letters, digits, - and _; link and passkey are taken")
	case p.ClientID == "" || len(p.ClientID) > 255 || text.Printed(p.ClientID) != p.ClientID:
		return glovebox.Invalid("client_id", "is missing, or does not show").WithFix("write what the provider calls this client")
	}
	return CheckIssuer(p.Issuer)
}

// CheckIssuer fails with CodeInvalid unless s is the address of a provider.
func CheckIssuer(s string) error {
	u, err := url.Parse(s)
	ok := err == nil && len(s) <= maxIssuer && text.Printed(s) == s && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && !strings.ContainsAny(s, "?#")
	if ok && u.Scheme == "http" {
		ip := net.ParseIP(u.Hostname())
		ok = u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	} else {
		ok = ok && u.Scheme == "https"
	}
	if !ok {
		return glovebox.Invalid("issuer", "is not the address of an identity provider").
			WithFix("write it as its tokens and its discovery document say it, https://HOST[/PATH]; http is for this machine alone")
	}
	return nil
}

// Begin begins a login by a provider. It fails with CodeNotFound.
func (c *Checker) Begin(provider string) (Login, error) {
	if _, ok := c.providers[provider]; !ok {
		return Login{}, unknownProvider()
	}
	b := make([]byte, 24, 56)
	_, _ = rand.Read(b[:16])
	binary.BigEndian.PutUint64(b[16:24], uint64(c.now().Add(within).Unix())) //nolint:gosec // a time of today
	secret := base64.RawURLEncoding.EncodeToString(append(b, c.mac(provider, b)...))
	return Login{secret, nonceOf(secret)}, nil
}

func (c *Checker) mac(provider string, head []byte) []byte {
	m := hmac.New(sha256.New, c.key[:])
	m.Write(head)
	m.Write([]byte(provider))
	return m.Sum(nil)
}

// nonceOf is what the provider is told of a login.
func nonceOf(secret string) string {
	h := sha256.Sum256([]byte("glovebox login v1\n" + secret))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// begun says whether a login by this provider began here, and not too long ago.
func (c *Checker) begun(provider, secret string) (until time.Time, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(b) != 56 || !hmac.Equal(b[24:], c.mac(provider, b[:24])) {
		return time.Time{}, false
	}
	until = time.Unix(int64(binary.BigEndian.Uint64(b[16:24])), 0) //nolint:gosec // it is ours
	return until, !c.now().After(until)
}

// Check says who the token that answers a login is about. It fails with
// CodeDenied, and for a provider that there is not with CodeNotFound.
func (c *Checker) Check(ctx context.Context, provider, secret, token string) (Person, error) {
	p, ok := c.providers[provider]
	if !ok {
		return Person{}, unknownProvider()
	}
	until, ok := c.begun(provider, secret)
	if !ok {
		return Person{}, refused("the login did not begin here, or too long ago")
	}
	keys, err := readKeys(p.Keys)
	if err != nil {
		return Person{}, err
	}
	// One signature in the compact form, and nothing else that libraries may read.
	if len(token) > maxToken || strings.Count(token, ".") != 2 || strings.Trim(token, base64URL+".") != "" {
		return Person{}, refused("the ID token is not one")
	}
	v := oidc.NewVerifier(p.Issuer, keys, &oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: c.now})
	t, err := v.Verify(ctx, token)
	if err != nil {
		return Person{}, refused("the ID token does not hold").Because(err)
	}
	var raw json.RawMessage
	if err := t.Claims(&raw); err != nil {
		return Person{}, refused("the ID token does not hold").Because(err)
	}
	claims, err := canonical.Strict(raw, canonical.Place{File: "ID token", Limit: maxToken})
	if err != nil {
		return Person{}, refused("the ID token can be read in two ways").Because(err)
	}
	if err := c.meant(&p, t, claims, secret); err != nil {
		return Person{}, err
	}
	if err := c.use(t.Nonce, until); err != nil {
		return Person{}, err
	}
	return Person{Issuer: p.Issuer, Subject: t.Subject, Key: keys.signed}, nil
}

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// meant holds a genuine token to this login and this client.
func (c *Checker) meant(p *Provider, t *oidc.IDToken, claims map[string]any, secret string) error {
	azp, party := claims["azp"]
	now := c.now()
	switch {
	// The library lets one provider off that writes its issuer in two ways.
	case claims["iss"] != p.Issuer:
		return refused("the ID token is of another provider")
	case t.Nonce == "" || !hmac.Equal([]byte(t.Nonce), []byte(nonceOf(secret))):
		return refused("the ID token answers another login")
	case len(t.Audience) != 1 && !party, party && azp != p.ClientID, !slices.Contains(t.Audience, p.ClientID):
		return refused("the ID token was made for another client")
	case t.IssuedAt.IsZero() || t.IssuedAt.After(now.Add(skew)) || t.IssuedAt.Before(now.Add(-within-skew)):
		return refused("the ID token was not made for this login")
	case t.Subject == "" || len(t.Subject) > maxSubject || text.Printed(t.Subject) != t.Subject:
		return refused("the ID token names nobody")
	}
	return nil
}

// use remembers that a login was answered.
func (c *Checker) use(nonce string, until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for k, t := range c.used {
		if now.After(t) {
			delete(c.used, k)
		}
	}
	if _, again := c.used[nonce]; again {
		return refused("the login was answered before")
	}
	if len(c.used) >= maxUsed {
		return glovebox.Errorf(glovebox.CodeConflict, "too many people log in at once").WithFix("wait some minutes, then log in again")
	}
	c.used[nonce] = until
	return nil
}

func unknownProvider() error {
	return glovebox.Errorf(glovebox.CodeNotFound, "no identity provider of this name").WithFix("whoever keeps the server names providers with --providers")
}

// refused says why a login is none. What the token says is not quoted.
func refused(why string) *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeDenied, "the login cannot be believed: %s", why).WithFix("log in again")
}
