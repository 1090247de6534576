package console

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// maxAnswer bounds what the core may answer to one question, in bytes.
const maxAnswer = 64 << 20

// ask sends a request to the core in the name of the view's session and reads its
// answer into out. It fails with *api.Failure for what the core refused.
func (v *view) ask(method, path string, args url.Values, body, out any) (http.Header, error) {
	return v.c.ask(v.r.Context(), v.secret, method, path, args, body, out)
}

// get asks a question.
func (v *view) get(path string, args url.Values, out any) error {
	_, err := v.ask(http.MethodGet, path, args, nil, out)
	return err
}

func (c *Console) ask(ctx context.Context, secret, method, path string, args url.Values, body, out any) (http.Header, error) {
	u := "http://core" + api.Prefix + path
	if len(args) > 0 {
		u += "?" + args.Encode()
	}
	var from io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
		}
		from = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(ctx, method, u, from) //nolint:gosec // a path at the core, whose socket is all that this client reaches
	if err != nil {
		return nil, &api.Failure{Problem: api.ProblemOf(glovebox.Errorf(glovebox.CodeNotFound, "there is no such resource"))}
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	return c.send(q, secret, out)
}

// send sends a request that is made.
func (c *Console) send(q *http.Request, secret string, out any) (http.Header, error) {
	q.Header.Set("User-Agent", "glovebox-web")
	if secret != "" {
		q.Header.Set("Authorization", "Bearer "+secret)
	}
	a, err := c.o.Core.RoundTrip(q)
	if err != nil {
		p := api.ProblemOf(glovebox.Errorf(glovebox.CodeConflict, "the core does not answer"))
		p.Status = http.StatusServiceUnavailable
		return nil, &api.Failure{Problem: p}
	}
	defer a.Body.Close()
	data, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer+1))
	if err != nil || len(data) > maxAnswer {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the server's answer is cut off, or too long")
	}
	if a.StatusCode >= 400 {
		p := &api.Problem{}
		if json.Unmarshal(data, p) != nil || p.Code == "" {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the server answered with status %d and no reason", a.StatusCode)
		}
		p.Status = a.StatusCode
		return nil, &api.Failure{Problem: p}
	}
	if out != nil && len(data) > 0 {
		if err := json.Unmarshal(data, out); err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
		}
	}
	return a.Header, nil
}

// id is a part of a path of the core.
func id(s string) string { return url.PathEscape(s) }
