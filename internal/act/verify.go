package act

import (
	"crypto/ecdsa"
	"crypto/ed25519"

	"glovebox.example/glovebox"

	"github.com/emmansun/gmsm/sm2"
)

// Verify returns the act of e if k signed it. It fails with CodeInvalid for what
// is no envelope, no act or no key, and with CodeDenied for one that k did not
// sign, or not as its scheme demands.
//
// It says nothing of whether k may sign: see the package comment.
func (k Key) Verify(e *Envelope) (*Act, error) {
	a, err := e.Act()
	if err != nil {
		return nil, err
	}
	point, err := k.point()
	if err != nil {
		return nil, err
	}
	s := e.Signatures[0]
	if s.KeyID != k.ID {
		return nil, unsigned("it names another key")
	}
	if s.Scheme != k.Scheme {
		return nil, unsigned("it names another scheme than its key has")
	}
	payload, err := e.payload()
	if err != nil {
		return nil, err
	}
	sig, err := decode64(s.Sig, maxSig)
	if err != nil {
		return nil, badEnvelope("signatures[0].sig", "not a signature in base64")
	}
	if err := k.checkSig(point, payload, sig); err != nil {
		return nil, err
	}
	return a, nil
}

func (k Key) checkSig(point any, payload, sig []byte) error {
	switch p := point.(type) {
	case ed25519.PublicKey:
		if len(sig) == ed25519.SignatureSize && ed25519.Verify(p, PAE(payload), sig) {
			return nil
		}
	case *ecdsa.PublicKey:
		if k.Scheme == WebAuthn {
			return k.checkAssertion(p, payload, sig)
		}
		if k.Scheme == SM2 && len(sig) <= 80 && sm2.VerifyASN1WithSM2(p, nil, PAE(payload), sig) {
			return nil
		}
	}
	return unsigned("the signature is not that of the key over this act")
}

// unsigned is the error of an envelope that does not prove what it says.
func unsigned(why string) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeDenied, "the act is not signed by its key: %s", why).
		WithFix("sign the act again, with the key that is registered")
	e.File = "signed act"
	return e
}
