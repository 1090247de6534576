package act

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// minChallenge is the shortest challenge of a registration in bytes.
const minChallenge = 16

// ParseRegistration returns the key of a new passkey: response is the JSON of
// the PublicKeyCredential that navigator.credentials.create gave for challenge
// (16 bytes or more, random, used once), on the page origin for the site rpID.
//
// The browser must have been asked for ES256 alone (-7), for user verification
// "required" and for attestation "none": a passkey is trusted because a second
// person confirms it, not because its maker vouches for it. So an answer that
// carries a maker's statement is refused; one that the new key itself signed is
// checked. Extensions that a browser asks for by itself (credProtect) are read and
// mean nothing. It fails with CodeInvalid or CodeDenied.
func ParseRegistration(challenge []byte, rpID, origin string, response []byte) (Key, error) {
	if len(challenge) < minChallenge {
		return Key{}, badPasskey("challenge", "%d bytes, less than %d", len(challenge), minChallenge)
	}
	if _, err := canonical.Strict(response, canonical.Place{File: "passkey", Limit: maxResponse}); err != nil {
		return Key{}, again(err)
	}
	r, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Key{}, badPasskey("", "not an answer of a new passkey")
	}
	if err := checkClientData(r.Raw.AttestationResponse.ClientDataJSON, "webauthn.create", challenge, origin); err != nil {
		return Key{}, err
	}
	o := r.Response.AttestationObject
	_, vouched := o.AttStatement["x5c"]
	if o.Format != "none" && (o.Format != "packed" || vouched) {
		return Key{}, badPasskey("attestationObject", "the passkey's maker vouches for it, which was not asked for").
			WithFix(`ask for attestation "none"`)
	}
	// Verify checks again what is checked here, and what the new key signed.
	_, err = r.Verify(base64.RawURLEncoding.EncodeToString(challenge), rpID, []string{origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, true, true, nil, []protocol.CredentialParameter{{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256}},
		protocol.AttestationPolicy{}, protocol.SignaturePolicy{ECDSAEncoding: protocol.ECDSASignatureEncodingDER})
	if err != nil {
		return Key{}, unsigned("the answer of the new passkey does not hold")
	}
	der, err := spki(o.AuthData.AttData.CredentialPublicKey)
	if err != nil {
		return Key{}, err
	}
	k := Key{ID: glovebox.Digest(der), Scheme: WebAuthn, Public: base64.StdEncoding.EncodeToString(der),
		Credential: base64.RawURLEncoding.EncodeToString(o.AuthData.AttData.CredentialID), RPID: rpID, Origin: origin}
	if err := k.checkAuthenticator(o.RawAuthData); err != nil {
		return Key{}, err
	}
	if !bytes.Equal(r.RawID, o.AuthData.AttData.CredentialID) {
		return Key{}, badPasskey("rawId", "not the passkey's own name")
	}
	return k, k.Check()
}

// spki gives a COSE key of ES256 the form of certificates.
func spki(cose []byte) ([]byte, error) {
	v, err := webauthncose.ParsePublicKey(cose)
	e, ok := v.(webauthncose.EC2PublicKeyData)
	if err != nil || !ok || webauthncose.COSEAlgorithmIdentifier(e.Algorithm) != webauthncose.AlgES256 || len(e.XCoord) != 32 || len(e.YCoord) != 32 {
		return nil, badPasskey("attestationObject", "not a key of ES256").WithFix("ask for ES256 (-7) alone")
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, e.XCoord...), e.YCoord...))
	if err != nil {
		return nil, badPasskey("attestationObject", "its key is not a point of the curve")
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, badPasskey("attestationObject", "its key is not a point of the curve")
	}
	return der, nil
}
