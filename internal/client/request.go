package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

// maxAnswer bounds what a server may answer, in bytes.
const maxAnswer = 256 << 20

func (c *Client) check(ctx context.Context, l desk.Look, out any) error {
	names, err := c.uploadJob(ctx, l.Files, l.ID)
	if err != nil {
		return err
	}
	body, err := json.Marshal(api.CheckRequest{File: l.ID, Files: names, Want: slices.DeleteFunc(strings.Split(l.Args["want"], "\n"), func(w string) bool { return w == "" })})
	if err != nil {
		return err
	}
	return c.again(ctx, func() error { _, err := c.send(ctx, "POST", "/checks", nil, body, out); return err })
}

// get asks, and logs in first where that is needed.
func (c *Client) get(ctx context.Context, path string, args url.Values, out any) (h http.Header, err error) {
	return h, c.again(ctx, func() error { h, err = c.send(ctx, "GET", path, args, nil, out); return err })
}

// again asks once more after a login where nobody was logged in.
func (c *Client) again(ctx context.Context, ask func() error) error {
	err := ask()
	f, ok := errors.AsType[*api.Failure](err)
	if !ok || f.Problem.Status != http.StatusUnauthorized || c.Signer == nil {
		return err
	}
	if _, err := c.Login(ctx, "act"); err != nil {
		return err
	}
	return ask()
}

// send makes one request and reads its answer.
func (c *Client) send(ctx context.Context, method, path string, args url.Values, body []byte, out any) (http.Header, error) {
	u := c.Base + api.Prefix + path
	if len(args) > 0 {
		u += "?" + args.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, u, bytes.NewReader(body))
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the server cannot be named so").WithFix("write https://HOST[:PORT]")
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.answer(r, out)
}

func (c *Client) answer(r *http.Request, out any) (http.Header, error) {
	c.mu.Lock()
	secret := c.Secret
	c.mu.Unlock()
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the server does not answer").Because(cause(err)).WithFix("check the address and that glovebox serve and glovebox web run")
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(data) > maxAnswer {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the server's answer is cut off, or too long")
	}
	if res.StatusCode >= 400 {
		var p api.Problem
		if json.Unmarshal(data, &p) != nil || p.Code == "" {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the server answered with status %d and no reason", res.StatusCode)
		}
		p.Status = res.StatusCode
		return nil, failure(&p)
	}
	if out == nil || len(data) == 0 {
		return res.Header, nil
	}
	return res.Header, decoded(data, out)
}

func decoded(data []byte, out any) error {
	if err := json.Unmarshal(data, out); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the server's answer is not what this version of glovebox knows").WithFix("use the version of the server: `glovebox --version`")
	}
	return nil
}

// cause is why a request failed, without its address.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
