package act

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"
	"glovebox.example/glovebox/text"
)

const (
	// Version is the form of acts that this package writes and reads.
	Version = 1
	// MaxAct is the longest encoded act in bytes.
	MaxAct = 32 << 10
	// TimeLayout is the one form of an act's time: RFC 3339, UTC, to the second.
	TimeLayout = "2006-01-02T15:04:05Z"

	prefix = "glovebox act v1\n"
)

// Act is what a person does: what, to what, as what, having seen what.
type Act struct {
	// V is Version.
	V int
	// Domain is the name of the domain, which is the origin of its log.
	Domain string
	// Name is the step, in the form of a log's action: "release.approve".
	Name string
	// Subject is what the act is about, "kind/ID"; "" if that does not exist yet.
	Subject string
	// State is the digest ("sha256:" and 64 hex digits) of the document that the
	// person saw; "" if there was none.
	State string
	// Role is the role that the person acts in; "" for what needs none.
	Role string
	// Time is when the person signed, in TimeLayout, by the person's clock.
	Time string
	// Nonce makes the act count once: 16 to 48 random bytes in base64url without
	// padding (NewNonce).
	Nonce string
	// Params is a JSON object with what else the act needs. Encode puts it into
	// canonical form. nil: {}.
	Params json.RawMessage
}

// wireAct has the members in the order of their names.
type wireAct struct {
	Act     string          `json:"act"`
	Domain  string          `json:"domain"`
	Nonce   string          `json:"nonce"`
	Params  json.RawMessage `json:"params"`
	Role    string          `json:"role"`
	State   string          `json:"state"`
	Subject string          `json:"subject"`
	Time    string          `json:"time"`
	V       int             `json:"v"`
}

// NewNonce returns a fresh nonce of 192 random bits.
func NewNonce() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// Encode returns the canonical bytes of a. It fails with CodeInvalid and the
// field at fault if a is not an act.
func (a *Act) Encode() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	params, err := canonical.Object(a.Params, canonical.Place{File: "act", Field: "params", Fix: signAgain, Limit: MaxAct})
	if err != nil {
		return nil, err
	}
	data, err := canonical.Encode(wireAct{a.Name, a.Domain, a.Nonce, params, a.Role, a.State, a.Subject, a.Time, a.V})
	if err != nil {
		return nil, badAct("", "cannot be encoded")
	}
	if len(data) > MaxAct {
		return nil, badAct("params", "the act has %d bytes, more than %d", len(data), MaxAct).WithFix("name large documents by their digest")
	}
	return data, nil
}

// Decode reads an act and accepts only the bytes that Encode makes of it. It
// fails with CodeInvalid.
func Decode(data []byte) (*Act, error) {
	if len(data) > MaxAct {
		return nil, badAct("", "%d bytes, more than %d", len(data), MaxAct).WithFix("name large documents by their digest")
	}
	var w wireAct
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return nil, badAct("", "not a JSON object of an act")
	}
	a := &Act{V: w.V, Domain: w.Domain, Name: w.Act, Subject: w.Subject, State: w.State, Role: w.Role, Time: w.Time, Nonce: w.Nonce, Params: w.Params}
	again, err := a.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(data, again) {
		return nil, badAct("", "not in canonical form")
	}
	return a, nil
}

// Challenge is what a passkey signs for a: SHA-256 of "glovebox act v1", a
// newline and the encoded act.
func (a *Act) Challenge() ([32]byte, error) {
	data, err := a.Encode()
	if err != nil {
		return [32]byte{}, err
	}
	return challenge(data), nil
}

func challenge(encoded []byte) [32]byte {
	return sha256.Sum256(append([]byte(prefix), encoded...))
}

var (
	domainForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9._/-]{0,126}[a-z0-9])?$`) })
	nameForm   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){1,3}$`)
	})
	subjectForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}/`) })
	digestForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) })
	roleForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`) })
)

func (a *Act) check() error {
	switch {
	case a.V != Version:
		return badAct("v", "version %d is not known", a.V)
	case !domainForm().MatchString(a.Domain):
		return badAct("domain", "not the name of a domain")
	case !nameForm().MatchString(a.Name):
		return badAct("act", "not of the form area.step")
	case a.Subject != "" && (!subjectForm().MatchString(a.Subject) || !plain(a.Subject[strings.IndexByte(a.Subject, '/')+1:], 200)):
		return badAct("subject", "neither empty nor of the form kind/ID")
	case a.State != "" && !digestForm().MatchString(a.State):
		return badAct("state", `neither empty nor "sha256:" and 64 hex digits`)
	case a.Role != "" && !roleForm().MatchString(a.Role):
		return badAct("role", "neither empty nor the name of a role")
	case !validTime(a.Time):
		return badAct("time", "not of the form %s", TimeLayout)
	case !validNonce(a.Nonce):
		return badAct("nonce", "not 16 to 48 bytes in base64url without padding").WithFix("fetch a fresh nonce of the domain")
	}
	return nil
}

func validTime(s string) bool {
	t, err := time.Parse(TimeLayout, s)
	return err == nil && t.Format(TimeLayout) == s
}

func validNonce(s string) bool {
	if len(s) > 64 || strings.ContainsAny(s, "\r\n") {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	return err == nil && len(b) >= 16
}

// plain says whether s is 1 to limit bytes of text without anything that does
// not show: what a person signs must be what the person reads.
func plain(s string, limit int) bool {
	return s != "" && len(s) <= limit && utf8.ValidString(s) && !strings.ContainsRune(s, utf8.RuneError) && text.Printed(s) == s
}

func badAct(field, format string, a ...any) *glovebox.Error {
	return refused("act", field, format, a...)
}

// signAgain is what to do about what has not the form that it must have.
const signAgain = "sign it again with a Glovebox program of this version"

// refused makes the error of something that is not in the form it must have.
func refused(file, field, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...).WithFix(signAgain)
	e.File, e.Field = file, field
	return e
}
