package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"glovebox.example/glovebox"
)

// Provider is an identity provider that people may log in by. What it says of a
// person is checked by the core; this process takes codes to it and tokens back.
type Provider struct {
	Name     string // as the core calls it
	Title    glovebox.Text
	Issuer   string
	ClientID string
	Secret   string         // of this client; "": it is a public one
	Roots    *x509.CertPool // who vouches for the provider; nil: the system's
}

// Bounds of what a provider may cost.
const (
	slow       = 10 * time.Second // to answer one request
	maxAnswer  = 1 << 20          // bytes of an answer
	knownFor   = time.Hour        // what it says of its addresses
	retryAfter = 5 * time.Second  // where it did not answer
)

// provider knows the addresses of one: asked when the first person logs in, for it
// may be down when this process starts, and kept while it does not answer.
type provider struct {
	Provider
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	doc   *oidc.Provider
	asked time.Time
}

func newProvider(p Provider, now func() time.Time) *provider {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.Roots}, MaxResponseHeaderBytes: maxHeader, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}
	return &provider{Provider: p, now: now, client: &http.Client{Timeout: slow, Transport: short{t},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// short cuts answers off.
type short struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (s short) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := s.Transport.RoundTrip(r)
	if err == nil {
		a.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(a.Body, maxAnswer), a.Body}
	}
	return a, err
}

// config is how to talk to the provider. It fails while it was never heard of.
func (p *provider) config(ctx context.Context, back string) (*oauth2.Config, error) {
	doc, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	e := doc.Endpoint()
	// One way of saying who we are: trying both would use a code up.
	e.AuthStyle = oauth2.AuthStyleInParams
	if p.Secret != "" {
		e.AuthStyle = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: e, RedirectURL: back, Scopes: []string{oidc.ScopeOpenID}}, nil
}

// discover reads the provider's own words of where it is, once an hour.
func (p *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	since := now.Sub(p.asked)
	if p.doc != nil && since < knownFor || p.doc == nil && !p.asked.IsZero() && since >= 0 && since < retryAfter {
		return p.doc, p.known()
	}
	p.asked = now
	// The library keeps the context for later: it must outlive this request.
	c, stop := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), slow)
	defer stop()
	doc, err := oidc.NewProvider(c, p.Issuer)
	if err == nil && p.near(doc.Endpoint()) {
		p.doc = doc
	}
	return p.doc, p.known()
}

func (p *provider) known() error {
	if p.doc != nil {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeConflict, "the identity provider does not answer, or not as it should").WithFix("log in by key or passkey, or try again in a minute")
}

// near says whether a provider's addresses are as safe as its own.
func (p *provider) near(e oauth2.Endpoint) bool {
	own, err := url.Parse(p.Issuer)
	if err != nil {
		return false
	}
	for _, s := range []string{e.AuthURL, e.TokenURL} {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != own.Scheme || u.Scheme == "http" && u.Host != own.Host {
			return false
		}
	}
	return true
}
