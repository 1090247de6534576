package bundle

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// PayloadType is what DSSE calls the kind of bytes that are signed.
const PayloadType = "application/vnd.in-toto+json"

// sign puts a statement into a DSSE envelope. Ed25519 is deterministic, so the
// same statement gives the same envelope.
func sign(ctx context.Context, statement []byte, signer crypto.Signer, pub ed25519.PublicKey) ([]byte, error) {
	s, err := dsse.NewEnvelopeSigner(envelopeKey{pub: pub, signer: signer})
	if err != nil {
		return nil, wrong("the statement cannot be signed")
	}
	e, err := s.SignPayload(ctx, PayloadType, statement)
	if err != nil {
		return nil, wrong("the statement cannot be signed")
	}
	data, err := json.Marshal(e)
	if err != nil {
		return nil, wrong("the envelope cannot be encoded")
	}
	return append(data, '\n'), nil
}

// openEnvelope reads an envelope in the one form that sign gives it, and its
// payload. It says nothing about the signature.
func openEnvelope(data []byte) (*dsse.Envelope, []byte, error) {
	if len(data) > 2*MaxFile {
		return nil, nil, errors.New("too large")
	}
	e := &dsse.Envelope{}
	if err := json.Unmarshal(data, e); err != nil {
		return nil, nil, errors.New("not a DSSE envelope")
	}
	again, err := json.Marshal(e)
	if err != nil || !bytes.Equal(append(again, '\n'), data) {
		return nil, nil, errors.New("not a DSSE envelope in its stored form")
	}
	if e.PayloadType != PayloadType {
		return nil, nil, errors.New("its payload is not an in-toto statement")
	}
	if len(e.Signatures) != 1 {
		return nil, nil, errors.New("not exactly one signature, that of the domain")
	}
	if sig, err := base64.StdEncoding.Strict().DecodeString(e.Signatures[0].Sig); err != nil || len(sig) != ed25519.SignatureSize {
		return nil, nil, errors.New("its signature is malformed")
	}
	payload, err := base64.StdEncoding.Strict().DecodeString(e.Payload)
	if err != nil {
		return nil, nil, errors.New("its payload is malformed")
	}
	return e, payload, nil
}

// checkEnvelope wants the signature to be the key's, and to name it.
func checkEnvelope(ctx context.Context, e *dsse.Envelope, pub ed25519.PublicKey) error {
	v, err := dsse.NewEnvelopeVerifier(envelopeKey{pub: pub})
	if err != nil {
		return err
	}
	if _, err := v.Verify(ctx, e); err != nil {
		return errors.New("not signed by the key " + Fingerprint(pub))
	}
	if e.Signatures[0].KeyID != Fingerprint(pub) {
		return errors.New("its signature does not name the key that it is of")
	}
	return nil
}

// envelopeKey adapts the domain's key to the DSSE library.
type envelopeKey struct {
	pub    ed25519.PublicKey
	signer crypto.Signer // nil: for checking only
}

func (k envelopeKey) KeyID() (string, error)   { return Fingerprint(k.pub), nil }
func (k envelopeKey) Public() crypto.PublicKey { return k.pub }

func (k envelopeKey) Sign(_ context.Context, data []byte) ([]byte, error) {
	return k.signer.Sign(rand.Reader, data, crypto.Hash(0))
}

func (k envelopeKey) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(k.pub, data, sig) {
		return errors.New("bad signature")
	}
	return nil
}
