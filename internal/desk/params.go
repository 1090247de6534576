package desk

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
)

// Params of acts. Files are named by Document.File and such, and read through
// Act.Files.
type (
	// OrgAdd registers the institution of the subject org/NAME.
	OrgAdd struct {
		Kind     string `json:"kind"` // bureau, operator, firm, auditor, other
		District string `json:"district,omitempty"`
		Filing   string `json:"filing,omitempty"`
	}
	// UserAdd registers the person of the subject user/NAME, or asks for a role.
	UserAdd struct {
		Full          string        `json:"full_name,omitempty"`
		Role          glovebox.Role `json:"role"`
		Org           string        `json:"org,omitempty"`
		Filing        string        `json:"filing,omitempty"`
		Qualification string        `json:"qualification,omitempty"`
	}
	// Role is one role of the subject user/NAME.
	Role struct {
		Role glovebox.Role `json:"role"`
	}
	// Reason says why: 1 to 500 characters, shown to everybody who may see the
	// entry.
	Reason struct {
		Reason string `json:"reason"`
	}
	// KeyAdd hands in a key, of the subject key/ID.
	KeyAdd struct {
		User string  `json:"user"`
		Key  act.Key `json:"key"`
	}
	// KeyConfirm says whose the key of the subject key/ID, or the account of the
	// subject binding/ID, is.
	KeyConfirm struct {
		User string `json:"user"`
	}
	// Bind asks for the account of an identity provider, of the subject binding/ID, to
	// be User's.
	Bind struct {
		User    string `json:"user"`
		Issuer  string `json:"issuer"`
		Subject string `json:"subject"` // of the provider's tokens
	}
	// TokenAdd makes a token for a program: Scope is read, submit or act.
	TokenAdd struct {
		Label string `json:"label"`
		Scope string `json:"scope"`
		Days  int64  `json:"days"` // 1 to 366
	}
	// SessionOpen logs the person of the subject user/NAME in: Scope is read or act.
	// With Link the core answers with a link for a browser instead (api.Link).
	SessionOpen struct {
		Scope string `json:"scope"`
		Link  bool   `json:"link,omitempty"`
	}
	// Copy takes a safety copy: the names of its two files, and to whom each is
	// encrypted, one public key of age a line.
	Copy struct {
		Data    string `json:"data"`
		Keys    string `json:"keys"`
		DataFor string `json:"data_for"`
		KeysFor string `json:"keys_for"`
	}
	// Rotate replaces a key: signing, domain, or unit with a unit space.
	Rotate struct {
		Key   string `json:"key"`
		Space string `json:"space,omitempty"`
	}
	// Nothing: the subject says it all.
	Nothing struct{}
	// Document is a YAML document in a file.
	Document struct {
		File string `json:"file"`
	}
	// DatasetLoad loads a file into the dataset of the subject dataset/CODE.
	DatasetLoad struct {
		File         string `json:"file"`
		AcceptChange bool   `json:"accept_change,omitempty"`
		AcceptCopy   bool   `json:"accept_copy,omitempty"`
	}
	// FitCharge buys a fit of the dataset of the subject dataset/CODE: epsilon of a
	// pure ledger or rho of a zcdp one.
	FitCharge struct {
		Kind  glovebox.LedgerKind `json:"kind"`
		Price float64             `json:"price"`
	}
	// SpaceAdd says what a unit of a space may lose over all datasets.
	SpaceAdd struct {
		Name   string             `json:"name"`
		Ledger glovebox.LedgerDef `json:"budget"`
		// Period: the total is for each period of datasets whose period is the column of
		// this name.
		Period string `json:"period,omitempty"`
	}
	// NodeUse says who hands the parts of jobs out.
	NodeUse struct {
		Kind     string `json:"kind"` // local, sparksql, sparkconnect, nats
		At       string `json:"at,omitempty"`
		Storage  string `json:"storage,omitempty"`
		Endpoint string `json:"endpoint,omitempty"`
		Region   string `json:"region,omitempty"`
		CA       string `json:"ca,omitempty"` // a file of PEM certificates
		Command  string `json:"command,omitempty"`
	}
	// Approve approves the release of the subject release/ID; the act's role is
	// the one that is approved in.
	Approve struct{}
	// Destination is where an export goes. A server knows places by Name alone.
	Destination struct {
		Name     string `json:"name,omitempty"`
		To       string `json:"to,omitempty"` // a directory, or s3://BUCKET/PREFIX
		Endpoint string `json:"endpoint,omitempty"`
		Region   string `json:"region,omitempty"`
		CA       string `json:"ca,omitempty"`
		Retain   int64  `json:"retain,omitempty"` // seconds
		// Cosigned is a checkpoint that a witness signed, where the domain asks for one.
		Cosigned string `json:"cosigned,omitempty"`
	}
)

// maxParams bounds the params of an act, in bytes: those of a signed one fit its
// envelope.
const maxParams = act.MaxAct

// decode reads params. It fails with CodeInvalid and never quotes them.
func decode(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	if len(raw) > maxParams {
		return glovebox.Errorf(glovebox.CodeInvalid, "the params of an act are longer than %d bytes", maxParams).WithFix("name large documents as files")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "params", Msg: "are not those of the act"}).WithFix("docs/access.md lists the params of each act")
	}
	return nil
}

// Params encodes the params of an act.
func Params(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("desk: params that JSON cannot say: " + err.Error()) // a programming error: they are structs of this package
	}
	return b
}

// kindID splits a subject.
func kindID(subject string) (kind, id string) {
	kind, id, _ = strings.Cut(subject, "/")
	return kind, id
}
