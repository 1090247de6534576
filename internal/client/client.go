// Package client is the door of somebody who works from elsewhere: it signs acts
// with its person's key, hands in the files that they name, and asks a core,
// directly over its socket or through glovebox web.
//
// A private key never leaves its Signer. What a server answers is not trusted: it
// is bounded, and an error's text is printed as any foreign text.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

// Client is a door. It is safe for concurrent use.
type Client struct {
	// Base is the server: "https://HOST[:PORT]"; for a socket any.
	Base string
	// HTTP sends requests.
	HTTP *http.Client
	// User is who works here, Signer that person's key.
	User   string
	Signer act.Signer
	// Secret of a session; "": the first request that needs one logs in.
	Secret string
	// Poll is how often the end of a run is asked for; 0: once a second.
	Poll time.Duration
	// Detached is called when a run goes on and this process does not wait for it,
	// with its name. May be nil.
	Detached func(run string)

	mu    sync.Mutex
	about *api.About
}

var _ desk.Door = (*Client)(nil)

// Socket makes the HTTP client of a core's socket.
func Socket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

// Domain is the domain that the server serves.
func (c *Client) Domain(ctx context.Context) (*api.About, error) {
	c.mu.Lock()
	about := c.about
	c.mu.Unlock()
	if about != nil {
		return about, nil
	}
	about = &api.About{}
	if _, err := c.send(ctx, "GET", "/domain", nil, nil, about); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.about = about
	c.mu.Unlock()
	return about, nil
}

// Login opens a session: scope is read or act.
func (c *Client) Login(ctx context.Context, scope string) (secret string, err error) {
	var s struct {
		Secret string `json:"secret"`
	}
	err = c.Do(ctx, desk.Act{Name: "session.open", Subject: "session/" + c.User, Params: desk.Params(desk.SessionOpen{Scope: scope})}, &s)
	if err == nil {
		c.mu.Lock()
		c.Secret = s.Secret
		c.mu.Unlock()
	}
	return s.Secret, err
}

// Link asks for a link by which a browser is logged in as this person: once, and
// within a minute. It ends no session and begins none here.
func (c *Client) Link(ctx context.Context) (*api.Link, error) {
	l := &api.Link{}
	return l, c.Do(ctx, desk.Act{Name: "session.open", Subject: "session/" + c.User, Params: desk.Params(desk.SessionOpen{Scope: "act", Link: true})}, l)
}

// Logout ends the session.
func (c *Client) Logout(ctx context.Context) error {
	_, err := c.send(ctx, "DELETE", "/tokens", nil, nil, nil)
	return err
}

// Do implements desk.Door: it signs the act on the state of its subject as it is
// now.
func (c *Client) Do(ctx context.Context, a desk.Act, out any) error {
	row, ok := access.Find(a.Name)
	if !ok {
		return glovebox.Errorf(glovebox.CodeInvalid, "no act is called %q", a.Name).WithFix("docs/access.md lists them")
	}
	if c.Signer == nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "there is no key to sign with").WithFix("`glovebox user key new` makes one; --key FILE names it")
	}
	params, err := c.handIn(ctx, &a)
	if err != nil {
		return err
	}
	about, err := c.Domain(ctx)
	if err != nil {
		return err
	}
	state := ""
	if a.Subject != "" && a.Name != "session.open" {
		var s desk.State
		if err := c.Look(ctx, desk.Look{Name: "state", ID: a.Subject}, &s); err != nil {
			return err
		}
		state = s.State
	}
	x := &act.Act{V: act.Version, Domain: about.Name, Name: a.Name, Subject: a.Subject, State: state, Role: string(a.Role),
		Time: time.Now().UTC().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: params}
	e, err := c.Signer.Sign(x)
	if err != nil {
		return err
	}
	raw, err := e.Encode()
	if err != nil {
		return err
	}
	body, err := json.Marshal(api.ActRequest{Envelope: raw})
	if err != nil {
		return err
	}
	return c.post(ctx, row, a.Subject, x.Nonce, body, out)
}

// post sends an act, again where its answer was lost, and follows a run to its
// end.
func (c *Client) post(ctx context.Context, row *access.Act, subject, nonce string, body []byte, out any) error {
	method, path, _ := strings.Cut(row.Route, " ")
	_, id, _ := strings.Cut(subject, "/")
	if strings.HasPrefix(subject, "key/") || strings.HasPrefix(subject, "binding/") || id == "" { // the path names a person or nothing
		id = "-"
	}
	path = strings.ReplaceAll(path, "{id}", url.PathEscape(id))
	var to any = out
	if row.Name == "job.run" {
		to = &api.Run{}
	}
	for try := 0; ; try++ {
		_, err := c.send(ctx, method, path, nil, body, to)
		if _, answered := errors.AsType[*api.Failure](err); err == nil || answered || try == maxTries || ctx.Err() != nil {
			if err != nil {
				return err
			}
			break
		}
		if err := wait(ctx, time.Second<<try); err != nil {
			return err
		}
	}
	if row.Name != "job.run" {
		return nil
	}
	return c.Follow(ctx, nonce, out)
}

// maxTries is how often a request is sent again that was not answered.
const maxTries = 4

// Follow waits for the end of a run that this person asked for, through lost
// connections, and puts its outcome into out.
func (c *Client) Follow(ctx context.Context, run string, out any) error {
	poll := c.Poll
	if poll == 0 {
		poll = time.Second
	}
	for lost := 0; ; {
		var r api.Run
		_, err := c.get(ctx, "/runs/"+url.PathEscape(run), nil, &r)
		_, answered := errors.AsType[*api.Failure](err)
		switch {
		case ctx.Err() != nil:
			if c.Detached != nil {
				c.Detached(run)
			}
			return ctx.Err()
		case err != nil && answered:
			return err
		case err != nil:
			if lost++; lost > 600 {
				return err
			}
		case r.State == api.RunFailed:
			return failure(r.Problem)
		case r.State == api.RunDone:
			if out == nil {
				return nil
			}
			return decoded(r.Outcome, out)
		default:
			lost = 0
		}
		if err := wait(ctx, poll); err != nil {
			continue // says so above
		}
	}
}

// Look implements desk.Door.
func (c *Client) Look(ctx context.Context, l desk.Look, out any) error {
	if l.Name == "check" {
		return c.check(ctx, l, out)
	}
	if to, ok := out.(*desk.Data); ok && l.Name == "data" {
		return c.data(ctx, l, to)
	}
	if l.Name == "domain" {
		about, err := c.Domain(ctx)
		if err != nil {
			return err
		}
		b, err := json.Marshal(about)
		if err != nil {
			return err
		}
		return decoded(b, out)
	}
	for _, q := range api.Questions {
		if q.Name != l.Name || strings.Contains(q.Path, "{id") != (l.ID != "") {
			continue
		}
		args := url.Values{}
		for k, v := range l.Args {
			if v != "" {
				args.Set(k, v)
			}
		}
		path := strings.NewReplacer("{id}", url.PathEscape(l.ID), "{id...}", url.PathEscape(l.ID)).Replace(q.Path)
		if l.Name == "state" {
			kind, id, _ := strings.Cut(l.ID, "/")
			path = "/states/" + url.PathEscape(kind) + "/" + url.PathEscape(id)
		}
		if desk.Paged(l.Name) && args.Get("limit") == "" {
			return c.list(ctx, path, args, out)
		}
		_, err := c.get(ctx, path, args, out)
		return err
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "a server does not answer this question").WithFix("ask on the host of the domain, with --domain DIR")
}
