package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/go-jose/go-jose/v4"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
)

// algorithms that a token may be signed by: each of a public key.
var algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}

const (
	maxKeys = 64 << 10 // bytes of a JWK set
	minRSA  = 2048     // bits
)

// keySet is a provider's keys. After VerifySignature signed is the thumbprint of
// the key that did.
type keySet struct {
	keys   []jose.JSONWebKey
	signed string
}

// readKeys reads a file with a JWK set.
func readKeys(path string) (*keySet, error) {
	data, err := files.Read(path, maxKeys, "a provider's keys are a small file")
	if err != nil {
		return nil, err
	}
	k, err := ParseKeys(data)
	if err != nil {
		return nil, glovebox.InFile(err, path)
	}
	return &keySet{keys: k}, nil
}

// ParseKeys reads the keys of a JWK set that can check tokens. It fails with
// CodeInvalid for one that holds a secret or no such key.
func ParseKeys(data []byte) ([]jose.JSONWebKey, error) {
	var set jose.JSONWebKeySet
	if len(data) > maxKeys || json.Unmarshal(data, &set) != nil {
		return nil, badKeys("this is not a set of public keys")
	}
	var out []jose.JSONWebKey
	for _, k := range set.Keys {
		switch p := k.Key.(type) {
		case *rsa.PublicKey:
			if p.N.BitLen() < minRSA {
				continue
			}
		case *ecdsa.PublicKey, ed25519.PublicKey:
		default:
			return nil, badKeys("this holds something that is not a public key")
		}
		if k.Valid() && (k.Use == "" || k.Use == "sig") && (k.Algorithm == "" || slices.Contains(algorithms, k.Algorithm)) {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return nil, badKeys("this holds no key that a token may be signed with")
	}
	return out, nil
}

func badKeys(what string) *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeInvalid, "%s", what).
		WithFix("`glovebox provider keys ISSUER -o FILE` fetches a provider's keys: RSA of 2048 bits or more, P-256 or Ed25519")
}

// VerifySignature implements oidc.KeySet. The key is the one that the token names,
// or the only one; none is tried out.
func (s *keySet) VerifySignature(_ context.Context, token string) ([]byte, error) {
	var algs []jose.SignatureAlgorithm
	for _, a := range algorithms {
		algs = append(algs, jose.SignatureAlgorithm(a))
	}
	j, err := jose.ParseSignedCompact(token, algs)
	if err != nil {
		return nil, err
	}
	h := j.Signatures[0].Protected
	if h.ExtraHeaders["crit"] != nil || h.ExtraHeaders["b64"] != nil {
		return nil, errors.New("its header asks for more than a signature")
	}
	var found []jose.JSONWebKey
	for _, k := range s.keys {
		if (h.KeyID == "" || k.KeyID == h.KeyID) && (k.Algorithm == "" || k.Algorithm == h.Algorithm) && fits(k.Key, h.Algorithm) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		return nil, errors.New("no key, or more than one, is the one that signed")
	}
	payload, err := j.Verify(found[0].Key)
	if err != nil {
		return nil, err
	}
	sum, err := found[0].Thumbprint(crypto.SHA256)
	s.signed = base64.RawURLEncoding.EncodeToString(sum)
	return payload, err
}

// fits says whether a key is one of an algorithm.
func fits(key any, alg string) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return alg == "RS256" || alg == "PS256"
	case *ecdsa.PublicKey:
		return alg == "ES256" && k.Curve.Params().BitSize == 256
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}
