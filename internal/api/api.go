// Package api is what the core and its clients say to each other: resources, the
// bodies of requests, and failures. Documents are those that commands print with
// --json (docs/cli-json.md).
package api

import "encoding/json"

// Prefix of all that the API has.
const Prefix = "/api/v1"

// About is what anybody who connects may know of the domain.
type About struct {
	Name string `json:"name"`
	Key  string `json:"key"` // public key of log and bundles
	Time string `json:"time"`
}

// ActRequest is the body of every POST that changes something: an act in its
// person's envelope. Its params may have a member "files", which gives each name
// that they use the digest of a blob.
//
// A browser sends in its place what it has of an act that a passkey signed: Act,
// the encoded act in base64url, and Passkey, the PublicKeyCredential of the
// passkey's answer as JSON.
type ActRequest struct {
	Envelope json.RawMessage `json:"envelope,omitempty"`
	Act      string          `json:"act,omitempty"`
	Passkey  json.RawMessage `json:"passkey,omitempty"`
}

// PasskeyRequest is what a browser makes a passkey with. Challenge, Handle and
// Known, the passkeys that the person has, are in base64url.
type PasskeyRequest struct {
	Challenge string   `json:"challenge"`
	Site      string   `json:"site"`
	Domain    string   `json:"domain"`
	User      string   `json:"user"`
	Handle    string   `json:"handle"`
	Known     []string `json:"known"`
}

// PasskeyAnswer hands a new passkey in: the challenge that it was made with, the
// PublicKeyCredential as JSON, and what its person calls it.
type PasskeyAnswer struct {
	Challenge string          `json:"challenge"`
	Passkey   json.RawMessage `json:"passkey"`
	Label     string          `json:"label"`
}

// Link lets a browser log in as whoever signed the login that asked for it: once,
// and not after Until.
type Link struct {
	Code  string `json:"code"`
	User  string `json:"user"`
	Until string `json:"until"` // RFC 3339, UTC
}

// LinkRequest is the body of POST /links, which gives the session of a link's
// person to whoever brings its code.
type LinkRequest struct {
	Code string `json:"code"`
}

// CheckRequest asks what a job would cost, and whether it would run: File names
// the job among Files, which are digests of blobs. Want is what its figures should
// be worth, such as "people=±20@95%".
type CheckRequest struct {
	File  string            `json:"file"`
	Files map[string]string `json:"files"`
	Want  []string          `json:"want,omitempty"`
}

// LoginBegin asks for a login by an identity provider. The answer has the login's
// secret, which whoever began it keeps, and the nonce for the provider. It and
// LoginAnswer are for the process that faces the network, which does not pass them
// on.
type LoginBegin struct {
	Provider string `json:"provider"`
}

// Login is what a login begins with.
type Login struct {
	Login string `json:"login"`
	Nonce string `json:"nonce"`
}

// LoginAnswer brings what the provider answered.
type LoginAnswer struct {
	Provider string `json:"provider"`
	Login    string `json:"login"`
	IDToken  string `json:"id_token"`
}

// BlindSize is how many random bytes stand before the data of a file that
// dataset.load names. They are no part of the file. Acts stand in the log with the
// digests of their files, and the bare digest of data would tell whoever can guess
// it what was loaded, and whether anything had changed since.
const BlindSize = 32

// Blob says how many bytes of a file that is handed in are there.
type Blob struct {
	Offset int64 `json:"offset"`
}

// RunState is where a run of a job stands, as far as whoever asked for it may
// know: whether it is answered. What it does meanwhile, and how far it is, shows
// nowhere.
type RunState string

const (
	RunUnderWay RunState = "under_way"
	RunDone     RunState = "done"
	RunFailed   RunState = "failed"
)

// Run is a request to run a job.
type Run struct {
	ID      string          `json:"id"` // the nonce of its act
	State   RunState        `json:"state"`
	Outcome json.RawMessage `json:"outcome,omitempty"` // as job run prints it, when done
	Problem *Problem        `json:"problem,omitempty"` // when failed
}

// Question is a resource that is read: a question of the desk.
type Question struct {
	Path string // under Prefix; {id} is the question's
	Name string // desk.Look.Name
	Kind string // of the document whose state is the answer's ETag; "": none
	Args []string
}

// filters are those of questions about entries.
var filters = []string{"actor", "org", "dataset", "scenario", "product", "subject", "action", "decision", "from", "to", "after", "limit", "last"}

// pages are those of lists: so many elements, after one. What limits there are says
// docs/access.md.
var pages = []string{"after", "limit"}

// Questions are what GET answers.
var Questions = []Question{
	{Path: "/me", Name: "me"},
	{Path: "/inbox", Name: "inbox"},
	{Path: "/users", Name: "users", Args: pages},
	{Path: "/users/{id}", Name: "user", Kind: "user"},
	{Path: "/keys", Name: "keys", Args: pages},
	{Path: "/users/{id}/keys", Name: "keys", Args: pages},
	{Path: "/bindings", Name: "bindings", Args: pages},
	{Path: "/users/{id}/bindings", Name: "bindings", Args: pages},
	{Path: "/sessions", Name: "sessions", Args: pages},
	{Path: "/users/{id}/sessions", Name: "sessions", Args: pages},
	{Path: "/programs", Name: "tokens", Args: pages},
	{Path: "/users/{id}/programs", Name: "tokens", Args: pages},
	{Path: "/orgs", Name: "orgs", Args: pages},
	{Path: "/datasets", Name: "datasets", Args: pages},
	{Path: "/datasets/{id}", Name: "dataset", Kind: "dataset"},
	{Path: "/datasets/{id}/sample", Name: "fit"},
	{Path: "/datasets/{id}/rows", Name: "rows"},
	{Path: "/spaces", Name: "spaces", Args: pages},
	{Path: "/spaces/{id}", Name: "space", Kind: "space"},
	{Path: "/nodes", Name: "nodes"},
	{Path: "/scenarios", Name: "scenarios", Args: pages},
	{Path: "/scenarios/{id}", Name: "scenario", Kind: "scenario"},
	{Path: "/datasets/{id}/snapshots", Name: "snapshots", Args: pages},
	{Path: "/freeze", Name: "freeze"},
	{Path: "/products", Name: "products", Args: pages},
	{Path: "/products/{id}", Name: "product", Kind: "product"},
	{Path: "/products/{id}/versions", Name: "versions", Args: []string{"release"}},
	{Path: "/calls", Name: "calls", Args: []string{"day", "product"}},
	{Path: "/tickets", Name: "tickets", Args: pages},
	{Path: "/modules", Name: "modules", Args: pages},
	{Path: "/incidents", Name: "incidents", Args: pages},
	{Path: "/jobs", Name: "jobs", Args: pages},
	{Path: "/jobs/{id}", Name: "job", Kind: "job"},
	{Path: "/releases", Name: "releases", Args: pages},
	{Path: "/releases/{id}", Name: "release", Kind: "release"},
	{Path: "/places", Name: "places"},
	{Path: "/budgets", Name: "budget"},
	{Path: "/budgets/{id}", Name: "budget"},
	{Path: "/log/entries", Name: "entries", Args: filters},
	{Path: "/log/entries/{id}", Name: "entry"},
	{Path: "/log/entries/{id}/proof", Name: "proof"},
	{Path: "/log/timeline/{id...}", Name: "timeline", Args: filters},
	{Path: "/log/holders", Name: "holders", Args: []string{"role", "at"}},
	{Path: "/log/holders/{id}", Name: "holders", Args: []string{"role", "at"}},
	{Path: "/reports/{id}", Name: "report", Args: []string{"from", "to", "tz", "lang", "form"}},
	{Path: "/log/left", Name: "left", Args: []string{"from", "to", "tz", "lang", "form", "entries"}},
	{Path: "/log/decisions/{id}", Name: "explain", Args: []string{"rule", "point", "policy"}},
	{Path: "/log/alerts", Name: "alerts", Args: []string{"from", "to"}},
	{Path: "/log/checkpoint", Name: "checkpoint"},
	{Path: "/log/consistency/{id}", Name: "consistency"},
	{Path: "/states/{kind}/{id...}", Name: "state"},
}

// Data is the resource of a product's data; it answers with a file. Its headers say
// of which release it is, and its SHA-256.
const (
	Data         = "/products/{id}/data"
	DataRelease  = "Glovebox-Release"
	DataDigest   = "Repr-Digest"
	DataFileName = "Content-Disposition"
)

// DataArgs are what a request for data may say.
var DataArgs = []string{"form", "release"}

// Todo is something that waits for a person.
type Todo struct {
	// Kind says what: role, key, scenario, review, export, refused, load, alert.
	Kind    string `json:"kind"`
	Act     string `json:"act,omitempty"` // that answers it
	Subject string `json:"subject"`       // kind/ID
	// About says more in names: the person of a key, the product of a release.
	About string `json:"about,omitempty"`
	Role  string `json:"role,omitempty"` // that is asked for, or to be acted in
	From  string `json:"from,omitempty"` // who began it
	Since string `json:"since,omitempty"`
	Due   string `json:"due,omitempty"` // last day, YYYY-MM-DD
}
