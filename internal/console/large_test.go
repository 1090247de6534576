package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// full is a core that has 10,000 of everything: what it would take minutes to make.
type full struct{}

func (full) RoundTrip(r *http.Request) (*http.Response, error) {
	const n = 10_000
	var v any
	many := func(one string) json.RawMessage {
		var b bytes.Buffer
		b.WriteByte('[')
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strings.ReplaceAll(one, "#", fmt.Sprint(i)))
		}
		b.WriteByte(']')
		return b.Bytes()
	}
	text := `{"en":"A title of usual length #","zh":"长度寻常的名称 #"}`
	switch p := strings.TrimPrefix(r.URL.Path, "/api/v1"); {
	case p == "/me":
		v = glovebox.User{Name: "zhao", Roles: glovebox.Roles, Org: "Data Bureau", State: "active"}
	case p == "/domain":
		v = map[string]string{"name": "city"}
	case p == "/inbox":
		v = many(`{"kind":"review","subject":"release/r-#","about":"p","role":"authority","since":"2026-12-01T04:39:28Z","due":"2026-12-08"}`)
	case p == "/datasets":
		v = many(`{"record":{"code":"d#","title":` + text + `,"provider":"Office #","update":"day","columns":[{"name":"a","class":"personal","grade":2}]},"state":"active"}`)
	case p == "/scenarios":
		v = many(`{"code":"s#","title":` + text + `,"operator":"liu","products":[{"code":"p#","title":` + text + `}],"state":"proposed"}`)
	case p == "/jobs":
		v = many(`{"id":"j-#","state":"done","scenario":"s#","product":"p#","submitter":"wang","submitted":"2026-12-01T04:39:28Z","release":"r-#"}`)
	case p == "/releases":
		v = many(`{"id":"r-#","job":"j-#","scenario":"s#","product":"p#","state":"pending","needed":["authority"],"made":"2026-12-01T04:39:28Z"}`)
	case p == "/users":
		v = many(`{"name":"u#","roles":["developer"],"org":"Firm #","state":"active"}`)
	case p == "/orgs":
		v = many(`{"name":"Firm #","kind":"firm","state":"active"}`)
	case p == "/incidents":
		v = many(`{"id":"i-#","title":"something","state":"closed","by":"u","at":"2026-12-01T04:39:28Z","notes":[]}`)
	case p == "/budgets":
		v = map[string]json.RawMessage{"balances": many(`{"dataset":"d#","kind":"pure","total":{"loss":8000000000,"delta":0},"spent":{"loss":1,"delta":0}}`), "charges": many(`{"job":"j-#","dataset":"d1","actor":"wang","amount":{"loss":1,"delta":0},"at":"2026-12-01T04:39:28Z"}`),
			"spenders": many(`{"dataset":"d1","scenario":"s#","product":"p","developer":"wang","charges":1,"amount":{"loss":1,"delta":0},"last":"2026-12-01T04:39:28Z"}`), "caps": many(`{"dataset":"d1","scenario":"s#","most":{"loss":9,"delta":0},"spent":{"loss":1,"delta":0}}`)}
	case p == "/spaces":
		v = many(`{"name":"space-#","ledger":{"kind":"pure"},"balance":{"kind":"pure"},"datasets":["d#"]}`)
	case p == "/nodes":
		v = map[string]any{"nodes": many(`{"name":"n#","state":"trusted"}`)}
	case strings.HasPrefix(p, "/releases/"):
		v = map[string]json.RawMessage{"release": []byte(`{"id":"r-1","product":"p","state":"approved","made":"2026-12-01T04:39:28Z"}`), "content": []byte(`{"columns":[{"name":"k","type":"string"},{"name":"people","type":"int64"},{"name":"people_lo","type":"int64"},{"name":"people_hi","type":"int64"}],"rows":` + string(many(`["key #",#,1,2]`)) + `,"facts":{"mode":"map","output":{"key":[{"name":"k"}],"metrics":[{"name":"people","kind":"count"}]}}}`)}
	default:
		v = map[string]any{}
	}
	b, err := json.Marshal(v)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(b))}, err
}

// TestListsStaySmall: with 10,000 of everything no page is larger than 100 KB, and
// each list says how many there are.
func TestListsStaySmall(t *testing.T) {
	c := New(Options{Core: full{}})
	for _, p := range []string{"/", "/datasets", "/datasets?p=200", "/datasets?q=9999", "/scenarios", "/jobs", "/releases", "/releases/r-1", "/people", "/people/new", "/orgs", "/incidents", "/budget", "/budget/dataset/d1", "/settings", "/jobs/new"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "https://box.example"+p, nil)
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "x"})
		c.ServeHTTP(w, r)
		if w.Code != http.StatusOK || w.Body.Len() > 100<<10 {
			t.Errorf("%s: status %d, %d bytes", p, w.Code, w.Body.Len())
		}
	}
}
