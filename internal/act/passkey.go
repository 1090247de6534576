package act

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"

	"github.com/go-webauthn/webauthn/protocol"
)

const (
	maxResponse   = 64 << 10 // of a browser, in bytes
	maxClientData = 1 << 10
)

// assertion is the signature of a passkey: what the authenticator signed beside
// the challenge, as it said it.
type assertion struct {
	AuthenticatorData []byte `json:"authenticator_data"`
	ClientDataJSON    []byte `json:"client_data_json"`
	Signature         []byte `json:"signature"` // ASN.1 DER
}

// Assertion makes the envelope of a passkey's answer: the JSON of the
// PublicKeyCredential that navigator.credentials.get gave for the act's
// challenge. The envelope is checked with k before it is returned. It fails as
// (Key).Verify does.
func Assertion(a *Act, k Key, response []byte) (*Envelope, error) {
	encoded, err := a.Encode()
	if err != nil {
		return nil, err
	}
	if _, err := canonical.Strict(response, canonical.Place{File: "passkey", Limit: maxResponse}); err != nil {
		return nil, again(err)
	}
	r, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return nil, badPasskey("", "not an answer of a passkey")
	}
	if base64.RawURLEncoding.EncodeToString(r.RawID) != k.Credential {
		return nil, unsigned("another passkey answered")
	}
	sig, err := canonical.Encode(assertion{r.Raw.AssertionResponse.AuthenticatorData, r.Raw.AssertionResponse.ClientDataJSON, r.Response.Signature})
	if err != nil {
		return nil, badPasskey("", "cannot be encoded")
	}
	e := seal(encoded, k, sig)
	if _, err := k.Verify(e); err != nil {
		return nil, err
	}
	return e, nil
}

// checkAssertion checks a passkey's signature over an encoded act.
func (k Key) checkAssertion(pub *ecdsa.PublicKey, payload, sig []byte) error {
	var s assertion
	d := json.NewDecoder(bytes.NewReader(sig))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return badEnvelope("signatures[0].sig", "not the assertion of a passkey")
	}
	if again, err := canonical.Encode(s); err != nil || !bytes.Equal(again, sig) {
		return badEnvelope("signatures[0].sig", "not in canonical form")
	}
	c := challenge(payload)
	if err := checkClientData(s.ClientDataJSON, "webauthn.get", c[:], k.Origin); err != nil {
		return err
	}
	// Exactly the head: a passkey that signs has no key to show, and nobody asked
	// for extensions.
	if len(s.AuthenticatorData) != 37 {
		return unsigned("the passkey said more than it was asked")
	}
	if err := k.checkAuthenticator(s.AuthenticatorData); err != nil {
		return err
	}
	h := sha256.Sum256(s.ClientDataJSON)
	digest := sha256.Sum256(slices.Concat(s.AuthenticatorData, h[:]))
	if !ecdsa.VerifyASN1(pub, digest[:], s.Signature) {
		return unsigned("the signature is not that of the key over this act")
	}
	return nil
}

// checkAuthenticator wants the passkey's own words: for this site, with its
// person there and known to it.
func (k Key) checkAuthenticator(data []byte) error {
	var a protocol.AuthenticatorData
	if err := a.Unmarshal(data); err != nil {
		return badPasskey("authenticatorData", "malformed")
	}
	site := sha256.Sum256([]byte(k.RPID))
	switch {
	case !bytes.Equal(a.RPIDHash, site[:]):
		return unsigned("the passkey signed for another site")
	case !a.Flags.HasUserPresent():
		return unsigned("nobody was at the passkey")
	case !a.Flags.HasUserVerified():
		return unsigned("the passkey did not ask for its PIN or a finger")
	case a.Flags.HasBackupState() && !a.Flags.HasBackupEligible():
		return badPasskey("authenticatorData", "malformed")
	}
	return nil
}

// checkClientData wants what the browser says it was asked: this, here, by this
// page and not by one that shows it within its own.
func checkClientData(raw []byte, kind string, challenge []byte, origin string) error {
	m, err := canonical.Strict(raw, canonical.Place{File: "passkey", Limit: maxClientData})
	if err != nil {
		return again(err)
	}
	_, framed := m["topOrigin"]
	cross, said := m["crossOrigin"]
	switch {
	case m["type"] != kind:
		return unsigned("the passkey was asked for something else")
	case m["challenge"] != base64.RawURLEncoding.EncodeToString(challenge):
		return unsigned("the passkey signed another act")
	case m["origin"] != origin:
		return unsigned("the passkey was asked by another page")
	case framed || said && cross != false:
		return unsigned("the passkey was asked from within another page")
	}
	return nil
}

// again gives an error of a passkey's answer a fix that its person can follow.
func again(err error) error {
	if e, ok := err.(*glovebox.Error); ok {
		return e.WithFix(askAgain)
	}
	return err
}

const askAgain = "ask the passkey again, with a browser that is up to date"

func badPasskey(field, format string, a ...any) *glovebox.Error {
	return refused("passkey", field, format, a...).WithFix(askAgain)
}
