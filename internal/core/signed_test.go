package core_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/store"
)

// signed is an act of who, by a key, as changed.
func (c *city) signed(key, name string, g good, change ...func(*act.Act)) []byte {
	c.t.Helper()
	a := &act.Act{V: act.Version, Domain: c.d.Name, Name: name, Subject: g.about, Time: c.d.Now().UTC().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: desk.Params(g.params)}
	if kind, id, ok := strings.Cut(g.about, "/"); ok {
		c.view(func(tx *store.Tx) (err error) {
			a.State, err = tx.Digest(kind, id)
			return err
		})
	}
	for _, f := range change {
		f(a)
	}
	e, err := c.keys[key].Sign(a)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := e.Encode()
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

// path is where an act about a subject goes.
func path(route, subject string) (method, at string) {
	method, at, _ = strings.Cut(route, " ")
	_, id, _ := strings.Cut(subject, "/")
	return method, api.Prefix + strings.ReplaceAll(at, "{id}", url.PathEscape(id))
}

// post sends an envelope to a resource, and waits for the end of a run.
func (c *city) post(through http.RoundTripper, method, at string, envelope []byte) int {
	c.t.Helper()
	body, err := json.Marshal(map[string]json.RawMessage{"envelope": envelope})
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://core"+at, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	c.authorize(r, envelope)
	res, err := through.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	var run api.Run
	if res.StatusCode != http.StatusAccepted {
		if c.show {
			b, _ := io.ReadAll(res.Body)
			c.t.Logf("%s", b)
		}
		return res.StatusCode
	}
	if err := json.NewDecoder(res.Body).Decode(&run); err != nil {
		c.t.Fatal(err)
	}
	if err := c.wang.Follow(c.t.Context(), run.ID, nil); err != nil {
		return http.StatusConflict
	}
	return http.StatusOK
}

// authorize gives a request the session of whoever signed its envelope, if that
// person has one.
func (c *city) authorize(r *http.Request, envelope []byte) {
	var e act.Envelope
	if json.Unmarshal(envelope, &e) != nil || len(e.Signatures) != 1 {
		return
	}
	for name, k := range c.keys {
		if x := c.clients[name]; k.Key().ID == e.Signatures[0].KeyID && x != nil && x.Secret != "" {
			r.Header.Set("Authorization", "Bearer "+x.Secret)
		}
	}
}

// anew answers as a core that was started again would.
type anew struct{ h http.Handler }

func (a anew) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	a.h.ServeHTTP(w, r)
	return w.Result(), nil
}

// left is what a domain holds: its documents, how long its log is, and how many
// refusals it has of somebody.
type left struct {
	docs     [sha256.Size]byte
	entries  uint64
	refusals int
}

func (c *city) socket() http.RoundTripper {
	if c.through == nil {
		c.through = client.Socket(filepath.Join(c.dir, core.Socket)).Transport
	}
	return c.through
}
