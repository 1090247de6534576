package vault

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
)

// Signer is an Ed25519 key that signs without showing itself. It implements
// crypto.Signer.
type Signer struct {
	seed   Key
	public ed25519.PublicKey
}

func newSigner(seed Key) *Signer {
	b := seed.Bytes()
	return &Signer{seed: seed, public: ed25519.NewKeyFromSeed(b[:]).Public().(ed25519.PublicKey)}
}

// Public returns the public key, an ed25519.PublicKey.
func (s *Signer) Public() crypto.PublicKey { return s.public }

// Sign signs a message (not a hash of it); opts as for ed25519.PrivateKey,
// crypto.Hash(0) for plain Ed25519.
func (s *Signer) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	b := s.seed.Bytes()
	return ed25519.NewKeyFromSeed(b[:]).Sign(rand, message, opts)
}

// Format prints "[redacted]" for every verb.
func (s *Signer) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText returns "[redacted]".
func (s *Signer) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// privatePEM returns the key as a PEM block of type PRIVATE KEY (PKCS #8).
func (s *Signer) privatePEM() ([]byte, error) {
	b := s.seed.Bytes()
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(b[:]))
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func readSigner(path string) (*Signer, error) {
	b, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) != 0 {
		return nil, brokenKey(path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, brokenKey(path)
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, brokenKey(path)
	}
	return newSigner(newKey([KeySize]byte(key.Seed()))), nil
}
