package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

// data fetches a product's data, and checks it against the digest that the server
// says it has.
func (c *Client) data(ctx context.Context, l desk.Look, out *desk.Data) error {
	args := url.Values{}
	for _, k := range api.DataArgs {
		if v := l.Args[k]; v != "" {
			args.Set(k, v)
		}
	}
	return c.again(ctx, func() error {
		u := c.Base + api.Prefix + "/products/" + url.PathEscape(l.ID) + "/data?" + args.Encode()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
		if err != nil {
			return glovebox.Errorf(glovebox.CodeInvalid, "the server cannot be named so").WithFix("write https://HOST[:PORT]")
		}
		return c.file(r, l, out)
	})
}

func (c *Client) file(r *http.Request, l desk.Look, out *desk.Data) error {
	c.mu.Lock()
	secret := c.Secret
	c.mu.Unlock()
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the server does not answer").Because(cause(err)).WithFix("check the address and that glovebox serve and glovebox web run")
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(data) > maxAnswer {
		return glovebox.Errorf(glovebox.CodeInternal, "the server's answer is cut off, or too long")
	}
	if res.StatusCode != http.StatusOK {
		var p api.Problem
		if json.Unmarshal(data, &p) != nil || p.Code == "" {
			return glovebox.Errorf(glovebox.CodeInternal, "the server answered with status %d and no reason", res.StatusCode)
		}
		p.Status = res.StatusCode
		return failure(&p)
	}
	sum := sha256.Sum256(data)
	if res.Header.Get(api.DataDigest) != "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":" {
		return glovebox.Errorf(glovebox.CodeInternal, "the data is not what the server says it sent").WithFix("ask again; something on the way changed it")
	}
	*out = desk.Data{Product: l.ID, Release: res.Header.Get(api.DataRelease), Form: l.Args["form"], Media: res.Header.Get("Content-Type"), SHA256: hex.EncodeToString(sum[:]), Data: data}
	if _, p, err := mime.ParseMediaType(res.Header.Get(api.DataFileName)); err == nil {
		out.Name = p["filename"]
	}
	return nil
}
