package act

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// Signer signs acts for one person.
type Signer interface {
	// Key is the public half.
	Key() Key
	// Sign returns a as a signed envelope that Key().Verify accepts.
	Sign(a *Act) (*Envelope, error)
}

// Token is a private key that signs where it lies and never leaves it: a file's,
// or a PKCS#11 token's (密码卡, 智能密码钥匙). NewSigner makes a Signer of it.
type Token interface {
	// Scheme is Ed25519 or SM2.
	Scheme() string
	// Public is the public key as SubjectPublicKeyInfo, DER.
	Public() ([]byte, error)
	// SignMessage signs msg whole, not a digest of it. Ed25519: 64 bytes as in RFC
	// 8032. SM2: ASN.1 DER of r and s over SM3(Z || msg), as in GB/T 32918.2 and
	// GB/T 35276, with the user's ID "1234567812345678".
	SignMessage(msg []byte) ([]byte, error)
}

// NewSigner makes a Signer of a token. label is the Label of its Key. It fails
// with CodeInvalid if the token's key is none that Check accepts.
func NewSigner(t Token, label string) (Signer, error) {
	der, err := t.Public()
	if err != nil {
		return nil, badKey("", "the token does not show its key").Because(err)
	}
	k, err := NewKey(t.Scheme(), der, label)
	if err != nil {
		return nil, err
	}
	return tokenSigner{t, k}, nil
}

type tokenSigner struct {
	token Token
	key   Key
}

func (s tokenSigner) Key() Key { return s.key }

// Sign checks what the token made: one that fails now would fail everywhere.
func (s tokenSigner) Sign(a *Act) (*Envelope, error) {
	encoded, err := a.Encode()
	if err != nil {
		return nil, err
	}
	sig, err := s.token.SignMessage(PAE(encoded))
	if err != nil {
		return nil, badKey("", "the token does not sign").Because(err)
	}
	e := seal(encoded, s.key, sig)
	if _, err := s.key.Verify(e); err != nil {
		return nil, err
	}
	return e, nil
}

// edToken and sm2Token are keys in memory.
type edToken struct{ key ed25519.PrivateKey }

func (t edToken) Scheme() string { return Ed25519 }

func (t edToken) Public() ([]byte, error) { return x509.MarshalPKIXPublicKey(t.key.Public()) }

func (t edToken) SignMessage(msg []byte) ([]byte, error) { return ed25519.Sign(t.key, msg), nil }

type sm2Token struct{ key *sm2.PrivateKey }

func (t sm2Token) Scheme() string { return SM2 }

func (t sm2Token) Public() ([]byte, error) { return smx509.MarshalPKIXPublicKey(&t.key.PublicKey) }

func (t sm2Token) SignMessage(msg []byte) ([]byte, error) {
	return t.key.SignWithSM2(rand.Reader, nil, msg)
}
