package desk_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
)

// object is a JSON object of the description.
type object = map[string]any

// answers are the shapes of docs/cli-json.md that questions are answered with.
// TestAnswersAreAsDescribed, in internal/core, holds real answers to them.
var answers = map[string]string{
	"me": "user", "users": "list of user", "user": "user", "orgs": "list of org", "keys": "list of person_key", "bindings": "list of binding",
	"sessions": "list of session", "tokens": "list of token", "datasets": "list of dataset", "dataset": "dataset", "spaces": "list of space", "space": "space",
	"scenarios": "list of scenario", "scenario": "scenario", "snapshots": "list of snapshot", "freeze": "freeze", "tickets": "list of ticket",
	"modules": "list of registered_module", "incidents": "list of incident", "nodes": "nodes", "jobs": "list of job", "job": "job", "releases": "list of release",
	"places": "list of place", "budget": "budget",
}

// described is the OpenAPI 3.1 description of the API, from the tables that the
// core reads and the page of JSON shapes.
func described(t *testing.T) []byte {
	t.Helper()
	page, err := os.ReadFile("../../docs/cli-json.md")
	if err != nil {
		t.Fatal(err)
	}
	schemas := shapesOf(string(page))
	schemas["problem"] = object{"type": "object", "description": "a failure (RFC 9457), with each reason in English and Chinese",
		"required": []string{"type", "title", "title_zh", "status", "code", "problems"}, "properties": object{
			"type": object{"type": "string"}, "title": object{"type": "string"}, "title_zh": object{"type": "string"}, "status": object{"type": "integer"},
			"code": object{"type": "string"}, "problems": object{"type": "array", "items": object{"type": "object", "required": []string{"message", "message_zh"}}}}}
	schemas["act_request"] = object{"type": "object", "description": "an act in its person's envelope (docs/formats/act.md), or what a browser has of one that a passkey signed",
		"properties": object{"envelope": object{"type": "object"}, "act": object{"type": "string"}, "passkey": object{"type": "object"}}, "additionalProperties": false}
	failed := object{"description": "refused, or not found; nothing changed", "content": object{"application/problem+json": object{"schema": ref("problem")}}}
	paths := object{}
	at := func(path, method string, operation object) {
		path = strings.ReplaceAll(path, "...}", "}")
		var in []any
		for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
			in = append(in, object{"name": name[1], "in": "path", "required": true, "schema": object{"type": "string"}})
		}
		if more, ok := operation["parameters"].([]any); ok {
			in = append(in, more...)
		}
		if len(in) > 0 {
			operation["parameters"] = in
		}
		operation["responses"].(object)["default"] = failed
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[method] = operation
	}
	byRoute := map[string][]*access.Act{}
	var routes []string
	for i := range access.Acts {
		a := &access.Acts[i]
		if byRoute[a.Route] == nil {
			routes = append(routes, a.Route)
		}
		byRoute[a.Route] = append(byRoute[a.Route], a)
		if p := desk.ParamsOf(a.Name); p != nil {
			schemas["params."+a.Name] = paramsOf(p)
		}
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		var says, ids []string
		done := object{"200": object{"description": "done: what the command prints with --json"}}
		for _, a := range byRoute[route] {
			says, ids = append(says, "`"+a.Name+"`: "+a.Text+" (`glovebox "+a.Command+"`; params: `params."+a.Name+"`)"), append(ids, a.Name)
			if a.Long || a.Name == "job.run" {
				done["202"] = object{"description": "taken up: Location names the run"}
			}
		}
		at(path, strings.ToLower(method), object{"operationId": strings.Join(ids, "-"), "summary": byRoute[route][0].Text, "description": strings.Join(says, "\n\n"), "security": []any{},
			"requestBody": object{"required": true, "content": object{"application/json": object{"schema": ref("act_request")}}}, "responses": done})
	}
	for _, q := range api.Questions {
		answer := object{"description": "what the question `" + q.Name + "` is answered with"}
		media := object{}
		if shape := answers[q.Name]; shape != "" {
			media["schema"] = schemaOf(shape)
		}
		answer["content"] = object{"application/json": media}
		if slices.Contains(q.Args, "limit") && desk.Paged(q.Name) {
			answer["headers"] = object{"Link": object{"description": "the next page, rel=\"next\", where there is one", "schema": object{"type": "string"}}}
		}
		var in []any
		for _, a := range q.Args {
			schema := object{"type": "string"}
			if a == "limit" {
				schema = object{"type": "integer", "minimum": 1, "maximum": desk.MaxPage}
			}
			in = append(in, object{"name": a, "in": "query", "schema": schema})
		}
		id := q.Name
		if strings.Contains(q.Path, "{") {
			id += "-" + strings.Trim(strings.NewReplacer("/", "-", "{", "", "}", "", "...", "").Replace(q.Path), "-")
		}
		at(q.Path, "get", object{"operationId": "get-" + id, "summary": "the question " + q.Name, "parameters": in, "responses": object{"200": answer}})
	}
	for _, f := range others {
		method, path, _ := strings.Cut(f.route, " ")
		o := object{"operationId": f.id, "summary": f.says, "responses": object{"200": object{"description": f.answer}}}
		if f.open {
			o["security"] = []any{}
		}
		if f.body != "" {
			o["requestBody"] = object{"required": true, "content": object{f.body: object{}}}
		}
		at(path, strings.ToLower(method), o)
	}
	doc := object{"openapi": "3.1.0", "info": object{"title": "Glovebox", "version": "1", "description": "Acts are signed by their persons; questions need a session. Rights, states and params: docs/access.md. Shapes: docs/cli-json.md."},
		"servers": []any{object{"url": api.Prefix}}, "security": []any{object{"session": []any{}}}, "paths": paths,
		"components": object{"schemas": schemas, "securitySchemes": object{"session": object{"type": "http", "scheme": "bearer"}}}}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(doc); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// others are the resources beside acts and questions that anybody's program may use.
var others = []struct {
	route, id, says, answer, body string
	open                          bool
}{
	{"GET /openapi.json", "get-openapi", "this description", "OpenAPI 3.1", "", true},
	{"GET /domain", "get-domain", "name, public key and time of the domain", "the domain", "", true},
	{"POST /checks", "check", "what a job would cost and whether it would run; files by digest of blobs", "a check, as job check prints it", "application/json", false},
	{"DELETE /tokens", "logout", "end the session", "ended", "", false},
	{"GET " + api.Data, "get-data", "a product's data in one of five forms; query: form, release", "a file", "", false},
	{"GET /blobs/{digest}", "get-blob", "how many bytes of a file that is handed in are there", "the number of bytes", "", false},
	{"PUT /blobs/{digest}", "put-blob", "hand in a file, or a piece of it from Upload-Offset on", "the number of bytes", "application/octet-stream", false},
	{"GET /runs/{id}", "get-run", "whether a run is answered, and with what", "a run", "", false},
	{"GET /runs/{id}/events", "get-run-events", "the same as events (text/event-stream): states and nothing else", "events", "", false},
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

var shapeRow = regexp.MustCompile("^\\| `([a-z0-9_]+)` \\| ([^|]+) \\|")

// shapesOf reads the shapes of the page of JSON shapes.
func shapesOf(page string) object {
	out := object{}
	var properties object
	var required []string
	shape := ""
	end := func() {
		if shape != "" {
			s := object{"type": "object", "properties": properties}
			if len(required) > 0 {
				s["required"] = required
			}
			out[shape] = s
		}
		shape = ""
	}
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "### "); ok {
			end()
			shape, properties, required = name, object{}, nil
		} else if strings.HasPrefix(line, "## ") {
			end()
		} else if m := shapeRow.FindStringSubmatch(line); m != nil && shape != "" {
			typ, optional := strings.CutSuffix(strings.TrimSpace(m[2]), ", optional")
			properties[m[1]] = schemaOf(typ)
			if !optional {
				required = append(required, m[1])
			}
		}
	}
	end()
	return out
}

// schemaOf is the JSON Schema of a type as the page words it.
func schemaOf(typ string) object {
	if rest, ok := strings.CutPrefix(typ, "list of "); ok {
		return object{"type": "array", "items": schemaOf(rest)}
	}
	if rest, ok := strings.CutPrefix(typ, "map of "); ok {
		return object{"type": "object", "additionalProperties": schemaOf(rest)}
	}
	if rest, ok := strings.CutSuffix(typ, " or null"); ok {
		return object{"anyOf": []any{schemaOf(rest), object{"type": "null"}}}
	}
	if strings.HasPrefix(typ, "`") { // `text` is a shape, text is a type
		return ref(strings.Trim(typ, "`"))
	}
	switch typ {
	case "text":
		return object{"type": "string"}
	case "true or false":
		return object{"type": "boolean"}
	case "number", "integer":
		return object{"type": typ}
	case "any":
		return object{}
	}
	return ref(typ)
}

// paramsOf is the JSON Schema of an act's params.
func paramsOf(p reflect.Type) object {
	properties, required := object{}, []string{}
	for i := range p.NumField() {
		name, more, _ := strings.Cut(p.Field(i).Tag.Get("json"), ",")
		if !strings.Contains(more, "omitempty") {
			required = append(required, name)
		}
		schema := object{}
		switch of := p.Field(i).Type; of.Kind() {
		case reflect.String:
			schema["type"] = "string"
		case reflect.Bool:
			schema["type"] = "boolean"
		case reflect.Int, reflect.Int64, reflect.Uint64:
			schema["type"] = "integer"
		case reflect.Float64:
			schema["type"] = "number"
		case reflect.Slice:
			schema["type"] = "array"
		case reflect.Struct:
			schema = paramsOf(of)
		}
		properties[name] = schema
	}
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// TestOpenAPI holds the description of the API to the tables; with -update it writes
// it.
func TestOpenAPI(t *testing.T) {
	const file = "../api/openapi.json"
	want := described(t)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil { //nolint:gosec // a page of the tree
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the tables say (%v): run go test -tags duckdb_arrow ./internal/desk -run TestOpenAPI -update", file, err)
	}
}
