package core_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// TestAnswersAreAsDescribed asks a core every question that its description gives
// the shape of, and holds the answers to it; a failure is a problem of the described
// shape. Anybody gets the description.
func TestAnswersAreAsDescribed(t *testing.T) {
	c := newCity(t)
	c.people()
	id := c.pending()
	var made job.ReleaseDoc
	c.view(func(tx *store.Tx) error { return domain.Releases.Get(tx, id, &made) })
	c.must("wang", desk.Act{Name: "ticket.open", Params: desk.Params(desk.TicketOpen{Dataset: "pums", Title: "codes", Track: "user"})}, nil)
	get := func(who, at string) (int, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://core"+api.Prefix+at, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if who != "" {
			if c.client(who).Secret == "" {
				if _, err := c.client(who).Login(t.Context(), "act"); err != nil {
					t.Fatal(err)
				}
			}
			r.Header.Set("Authorization", "Bearer "+c.client(who).Secret)
		}
		res, err := c.socket().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, b
	}
	_, description := get("", api.Description)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(description))
	if err != nil {
		t.Fatal(err)
	}
	schemas := jsonschema.NewCompiler()
	if err := schemas.AddResource("urn:api", doc); err != nil {
		t.Fatal(err)
	}
	var paths struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(description, &paths); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"/users/{id}": "wang", "/users/{id}/keys": "wang", "/users/{id}/bindings": "wang", "/users/{id}/sessions": "wang", "/users/{id}/programs": "wang",
		"/datasets/{id}": "pums", "/datasets/{id}/snapshots": "pums", "/spaces/{id}": "census-person", "/scenarios/{id}": "education-income", "/jobs/{id}": made.Job, "/budgets/{id}": "pums"}
	asked := 0
	for path, methods := range paths.Paths {
		answer := methods["get"].Responses["200"].Content["application/json"].Schema
		if len(answer) == 0 || strings.Contains(path, "{") && ids[path] == "" {
			continue
		}
		pointer := strings.NewReplacer("~", "~0", "/", "~1").Replace(path)
		schema, err := schemas.Compile("urn:api#/paths/" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(pointer) + "/get/responses/200/content/application~1json/schema")
		if err != nil {
			t.Fatal(err)
		}
		asked++
		for _, who := range []string{"wang", "reg1", "zhao"} {
			status, b := get(who, strings.Replace(path, "{id}", ids[path], 1))
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
			if err != nil {
				t.Fatalf("%s: %s", path, b)
			}
			if status != http.StatusOK {
				problem, err := schemas.Compile("urn:api#/components/schemas/problem")
				if err != nil {
					t.Fatal(err)
				}
				if err := problem.Validate(v); err != nil || status >= 500 {
					t.Errorf("%s as %s: status %d: %v", path, who, status, err)
				}
			} else if err := schema.Validate(v); err != nil {
				t.Errorf("%s as %s: %v", path, who, err)
			}
		}
	}
	if asked < 25 {
		t.Errorf("%d questions asked: too few", asked)
	}
}
