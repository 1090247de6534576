package act

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/url"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"

	"filippo.io/edwards25519"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// MaxKey is the longest encoded key in bytes.
const MaxKey = 4 << 10

// Key is the public key of a person. The members are in the order of their names.
type Key struct {
	// Credential is the ID of a passkey, base64url without padding, 1 to 1023
	// bytes: a browser is told by it which passkey to ask for. "" for other schemes.
	Credential string `json:"credential,omitempty"`
	// ID is "sha256:" and the hex digits of the SHA-256 of the key's DER.
	ID string `json:"id"`
	// Label is what its person calls it; "", or at most 64 bytes that show.
	Label string `json:"label,omitempty"`
	// Origin is the only page a passkey signs on, "https://HOST[:PORT]", or http
	// for localhost. "" for other schemes.
	Origin string `json:"origin,omitempty"`
	// Public is the key as a SubjectPublicKeyInfo (RFC 5280), DER in base64.
	Public string `json:"public"`
	// RPID is the site of a passkey: the host of Origin or a domain above it. ""
	// for other schemes.
	RPID string `json:"rp_id,omitempty"`
	// Scheme is how the key signs.
	Scheme string `json:"scheme"`
}

// NewKey makes the Key of a public key's DER (SubjectPublicKeyInfo), of scheme
// Ed25519 or SM2. Passkeys come from ParseRegistration. It fails with CodeInvalid.
func NewKey(scheme string, der []byte, label string) (Key, error) {
	k := Key{ID: glovebox.Digest(der), Scheme: scheme, Public: base64.StdEncoding.EncodeToString(der), Label: label}
	return k, k.Check()
}

// Encode returns the canonical bytes of k. It fails with CodeInvalid.
func (k Key) Encode() ([]byte, error) {
	if err := k.Check(); err != nil {
		return nil, err
	}
	data, err := canonical.Encode(k)
	if err != nil {
		return nil, badKey("", "cannot be encoded")
	}
	return data, nil
}

// ParseKey reads a key and accepts only the bytes that Encode makes of it. It
// fails with CodeInvalid.
func ParseKey(data []byte) (Key, error) {
	if len(data) > MaxKey {
		return Key{}, badKey("", "%d bytes, more than %d", len(data), MaxKey)
	}
	var k Key
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&k); err != nil {
		return Key{}, badKey("", "not a JSON object of a key")
	}
	again, err := k.Encode()
	if err != nil {
		return Key{}, err
	}
	if !bytes.Equal(data, again) {
		return Key{}, badKey("", "not in canonical form")
	}
	return k, nil
}

// Check says whether k is a key that can check signatures: of a scheme, with a
// point of the scheme's curve that is not of low order, in the one form of its
// DER, under its own ID. It fails with CodeInvalid.
func (k Key) Check() error {
	_, err := k.point()
	return err
}

// point checks k and returns its key: an ed25519.PublicKey, or an
// *ecdsa.PublicKey on P-256 or on SM2's curve.
func (k Key) point() (any, error) {
	if k.Label != "" && !plain(k.Label, 64) {
		return nil, badKey("label", "not at most 64 bytes of text that shows")
	}
	der, err := decode64(k.Public, 512)
	if err != nil {
		return nil, badKey("public", "not a key in base64")
	}
	if k.ID != glovebox.Digest(der) {
		return nil, badKey("id", "not the digest of the key")
	}
	if k.Scheme != WebAuthn && (k.Credential != "" || k.Origin != "" || k.RPID != "") {
		return nil, badKey("scheme", "only a passkey has a credential, an origin and a site")
	}
	switch k.Scheme {
	case Ed25519:
		return edwards(der)
	case SM2:
		return sm2Point(der)
	case WebAuthn:
		if err := k.checkSite(); err != nil {
			return nil, err
		}
		return p256(der)
	}
	return nil, badKey("scheme", "not one of %s, %s, %s", Ed25519, WebAuthn, SM2)
}

func edwards(der []byte) (any, error) {
	v, err := x509.ParsePKIXPublicKey(der)
	pub, ok := v.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, badKey("public", "not an Ed25519 key in DER")
	}
	if again, err := x509.MarshalPKIXPublicKey(pub); err != nil || !bytes.Equal(again, der) {
		return nil, badKey("public", "not in the one form of its DER")
	}
	p, err := new(edwards25519.Point).SetBytes(pub)
	if err != nil || !bytes.Equal(p.Bytes(), pub) {
		return nil, badKey("public", "not a point of the curve")
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return nil, badKey("public", "a point of low order: anybody can sign for it")
	}
	return pub, nil
}

func p256(der []byte) (any, error) {
	v, err := x509.ParsePKIXPublicKey(der)
	pub, ok := v.(*ecdsa.PublicKey)
	if err != nil || !ok || pub.Curve != elliptic.P256() {
		return nil, badKey("public", "not a P-256 key in DER")
	}
	if again, err := x509.MarshalPKIXPublicKey(pub); err != nil || !bytes.Equal(again, der) {
		return nil, badKey("public", "not in the one form of its DER")
	}
	return pub, nil
}

func sm2Point(der []byte) (any, error) {
	v, err := smx509.ParsePKIXPublicKey(der)
	pub, ok := v.(*ecdsa.PublicKey)
	if err != nil || !ok || !sm2.IsSM2PublicKey(pub) {
		return nil, badKey("public", "not an SM2 key in DER")
	}
	if again, err := smx509.MarshalPKIXPublicKey(pub); err != nil || !bytes.Equal(again, der) {
		return nil, badKey("public", "not in the one form of its DER")
	}
	return pub, nil
}

// checkSite holds a passkey's ID, origin and site to what a browser makes.
func (k Key) checkSite() error {
	id, err := base64.RawURLEncoding.Strict().DecodeString(k.Credential)
	if err != nil || len(id) == 0 || len(id) > 1023 || base64.RawURLEncoding.EncodeToString(id) != k.Credential {
		return badKey("credential", "not 1 to 1023 bytes in base64url without padding")
	}
	host, ok := originHost(k.Origin)
	if !ok {
		return badKey("origin", "not of the form https://HOST[:PORT]").
			WithFix("use the address that people open, in small letters, by name and without a path; http is for localhost alone")
	}
	if k.RPID != host && (!strings.HasSuffix(host, "."+k.RPID) || !strings.Contains(k.RPID, ".")) {
		return badKey("rp_id", "neither the host of the origin nor a domain above it").WithFix("use the host of the address that people open")
	}
	return nil
}

// IsOrigin says whether s is a page that passkeys can be made for, in the form that
// browsers write it: https://HOST[:PORT], or http of localhost.
func IsOrigin(s string) bool {
	_, ok := originHost(s)
	return ok
}

// originHost is the host of an origin in the form that browsers write it.
func originHost(origin string) (string, bool) {
	if len(origin) > 255 {
		return "", false
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme+"://"+u.Host != origin || origin != strings.ToLower(origin) {
		return "", false
	}
	host, port := u.Hostname(), u.Port()
	if host == "" || net.ParseIP(host) != nil || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" ||
		strings.HasPrefix(host, ".") || strings.HasSuffix(host, ".") || strings.Contains(host, "..") || strings.HasSuffix(u.Host, ":") {
		return "", false
	}
	switch u.Scheme {
	case "https":
		return host, port != "443"
	case "http":
		return host, port != "80" && (host == "localhost" || strings.HasSuffix(host, ".localhost"))
	}
	return "", false
}

func badKey(field, format string, a ...any) *glovebox.Error {
	return refused("key", field, format, a...).WithFix("make a new key with a Glovebox program of this version, or register the passkey again")
}
