// Package hook tells others of what somebody should look at: a webhook whose
// messages are signed, and syslog (RFC 5424).
//
// What it promises: a message holds what an alert holds and nothing else, no
// figure of a release and no value of a cell; what a receiver answers is bounded
// in time and size, followed nowhere, and read for its status alone; a message
// that was not taken is sent again with the same ID. What it does not promise:
// that a message comes once only, that syslog over UDP arrives, or that anybody
// reads it.
package hook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence/alert"
)

// Message is what a hook sends.
type Message struct {
	V      int           `json:"v"`      // 1
	Domain string        `json:"domain"` // origin of its log
	Alert  alert.Alert   `json:"alert"`
	Text   glovebox.Text `json:"text"` // what the rule finds
}

// ID names the message: the same alert of the same domain always has the same.
func (m *Message) ID() string { return m.Domain + "/" + m.Alert.ID }

// Target takes messages.
type Target interface {
	// Name tells targets of one sender apart.
	Name() string
	// Send hands a message over, at a time. It fails with CodeInternal if it was
	// not taken.
	Send(ctx context.Context, m *Message, at time.Time) error
}

// Bounds of what a receiver may do.
const (
	within      = 10 * time.Second
	maxAnswer   = 4 << 10
	maxHeader   = 16 << 10
	minSecret   = 24 // bytes, as the specification of Standard Webhooks has it
	maxSecret   = 64
	secretStart = "whsec_"
)

// Webhook posts messages as Standard Webhooks (standardwebhooks.com, v1) has it:
// the headers webhook-id, webhook-timestamp, and webhook-signature, an HMAC-SHA256
// over the three parts id.timestamp.body.
type Webhook struct {
	url    string
	secret []byte
	client *http.Client
}

// NewWebhook sends to an address. secret is "whsec_" and base64 of 24 to 64 bytes.
// It fails with CodeInvalid for a secret of another form, and for anything but
// https, or http on this machine. Bounds of the transport are set here.
func NewWebhook(address, secret string, t *http.Transport) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !own(u.Hostname())) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--hook", Msg: "not the address of a webhook"}).WithFix("write https://HOST[:PORT]/PATH; http:// reaches this machine alone")
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(secret), secretStart))
	if err != nil || !strings.HasPrefix(secret, secretStart) || len(b) < minSecret || len(b) > maxSecret {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--hook-secret", Msg: "not a secret for signing messages"}).
			WithFix("write whsec_ and the base64 of 24 to 64 random bytes into a file: echo whsec_$(openssl rand -base64 32)")
	}
	t.Proxy, t.MaxResponseHeaderBytes, t.ResponseHeaderTimeout, t.DisableKeepAlives = nil, maxHeader, within, true
	return &Webhook{address, b, &http.Client{Transport: t, Timeout: within, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

func own(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// Name implements Target.
func (w *Webhook) Name() string { return "webhook" }

// Send implements Target.
func (w *Webhook) Send(ctx context.Context, m *Message, at time.Time) error {
	body, err := json.Marshal(m)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, strings.NewReader(string(body)))
	if err != nil {
		return untaken()
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "glovebox")
	r.Header.Set("Webhook-Id", m.ID())
	r.Header.Set("Webhook-Timestamp", stamp)
	r.Header.Set("Webhook-Signature", "v1,"+w.sign(m.ID(), stamp, body))
	resp, err := w.client.Do(r)
	if err != nil {
		return untaken()
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)) // its status is all that counts
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return glovebox.Errorf(glovebox.CodeInternal, "the webhook answered with status %d", resp.StatusCode).WithFix("ask whoever runs it; the message is sent again")
	}
	return nil
}

func (w *Webhook) sign(id, stamp string, body []byte) string {
	h := hmac.New(sha256.New, w.secret)
	h.Write([]byte(id + "." + stamp + "."))
	h.Write(body)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func untaken() error {
	return glovebox.Errorf(glovebox.CodeInternal, "the webhook cannot be reached").WithFix("check its address, its certificate and the network; the message is sent again")
}
