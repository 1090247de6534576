package act

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"
)

const (
	// PayloadType is what DSSE calls the kind of bytes that are signed.
	PayloadType = "application/vnd.glovebox.act+json"
	// MaxEnvelope is the longest encoded envelope in bytes: it has to fit into an
	// entry of the log.
	MaxEnvelope = 48 << 10
	// maxSig is the longest signature in base64: that of a passkey holds what the
	// browser added to the challenge.
	maxSig = 4 << 10
)

// Schemes of signatures.
const (
	Ed25519  = "ed25519"        // over the DSSE pre-authentication encoding
	WebAuthn = "webauthn-es256" // a passkey's assertion with the act's challenge
	SM2      = "sm2-sm3"        // GB/T 32918, over the same bytes as Ed25519
)

// Envelope is a signed act: a DSSE envelope with exactly one signature. Its
// members are in the order of their names, so that it stands in a log's entry
// byte for byte.
type Envelope struct {
	Payload     string      `json:"payload"` // base64 of the encoded act
	PayloadType string      `json:"payloadType"`
	Signatures  []Signature `json:"signatures"`
}

// Signature is the one signature of an envelope.
type Signature struct {
	KeyID  string `json:"keyid"`  // Key.ID
	Scheme string `json:"scheme"` // one of the schemes above
	Sig    string `json:"sig"`    // base64; for a passkey of the JSON of its assertion
}

// Encode returns the canonical bytes of e. It fails with CodeInvalid if e is not
// an envelope of an act; it does not check the signature.
func (e *Envelope) Encode() ([]byte, error) {
	if _, err := e.Act(); err != nil {
		return nil, err
	}
	data, err := canonical.Encode(e)
	if err != nil {
		return nil, badEnvelope("", "cannot be encoded")
	}
	if len(data) > MaxEnvelope {
		return nil, badEnvelope("", "%d bytes, more than %d", len(data), MaxEnvelope)
	}
	return data, nil
}

// DecodeEnvelope reads an envelope and accepts only the bytes that Encode makes
// of it. It fails with CodeInvalid. It does not check the signature.
func DecodeEnvelope(data []byte) (*Envelope, error) {
	if len(data) > MaxEnvelope {
		return nil, badEnvelope("", "%d bytes, more than %d", len(data), MaxEnvelope)
	}
	e := &Envelope{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, badEnvelope("", "not a JSON object of a signed act")
	}
	again, err := e.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(data, again) {
		return nil, badEnvelope("", "not in canonical form")
	}
	return e, nil
}

// Act returns the act that e carries, whoever signed it: only (Key).Verify says
// that somebody did. It fails with CodeInvalid if e is not an envelope of an act.
func (e *Envelope) Act() (*Act, error) {
	if e.PayloadType != PayloadType {
		return nil, badEnvelope("payloadType", "not %s", PayloadType)
	}
	if len(e.Signatures) != 1 {
		return nil, badEnvelope("signatures", "not exactly one signature")
	}
	s := e.Signatures[0]
	if !digestForm().MatchString(s.KeyID) {
		return nil, badEnvelope("signatures[0].keyid", `not "sha256:" and 64 hex digits`)
	}
	if s.Scheme != Ed25519 && s.Scheme != WebAuthn && s.Scheme != SM2 {
		return nil, badEnvelope("signatures[0].scheme", "not one of %s, %s, %s", Ed25519, WebAuthn, SM2)
	}
	if b, err := decode64(s.Sig, maxSig); err != nil || len(b) == 0 {
		return nil, badEnvelope("signatures[0].sig", "not a signature in base64")
	}
	payload, err := e.payload()
	if err != nil {
		return nil, err
	}
	return Decode(payload)
}

// Key is the ID of the key that e says it is signed with; "" if e has no
// signature.
func (e *Envelope) Key() string {
	if len(e.Signatures) == 0 {
		return ""
	}
	return e.Signatures[0].KeyID
}

func (e *Envelope) payload() ([]byte, error) {
	b, err := decode64(e.Payload, base64.StdEncoding.EncodedLen(MaxAct))
	if err != nil {
		return nil, badEnvelope("payload", "not an act in base64")
	}
	return b, nil
}

// decode64 reads standard base64 of at most limit letters in its one form.
func decode64(s string, limit int) ([]byte, error) {
	if len(s) > limit {
		return nil, base64.CorruptInputError(limit)
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, err
	}
	if base64.StdEncoding.EncodeToString(b) != s { // the decoder skips new lines
		return nil, base64.CorruptInputError(0)
	}
	return b, nil
}

// PAE is DSSE's pre-authentication encoding of an encoded act: what Ed25519 and
// SM2 keys sign.
func PAE(encoded []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(PayloadType), PayloadType, len(encoded), encoded)
}

func seal(encoded []byte, k Key, sig []byte) *Envelope {
	return &Envelope{Payload: base64.StdEncoding.EncodeToString(encoded), PayloadType: PayloadType,
		Signatures: []Signature{{KeyID: k.ID, Scheme: k.Scheme, Sig: base64.StdEncoding.EncodeToString(sig)}}}
}

func badEnvelope(field, format string, a ...any) *glovebox.Error {
	return refused("signed act", field, format, a...)
}
