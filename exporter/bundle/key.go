package bundle

import (
	"crypto/ed25519"
	"encoding/base64"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"

	"golang.org/x/mod/sumdb/note"
)

// EncodeKey writes a domain's public key as "name+hash+key", the C2SP form
// that a log's readers take.
func EncodeKey(domain string, pub ed25519.PublicKey) (string, error) {
	key, err := note.NewEd25519VerifierKey(domain, pub)
	if err != nil {
		return "", wrong("the domain's public key cannot be encoded")
	}
	if _, _, err := ParseKey(key); err != nil {
		return "", wrong("the domain's name cannot name a key")
	}
	return key, nil
}

// ParseKey reads what EncodeKey writes; white space around it is allowed. It
// fails with CodeInvalid.
func ParseKey(key string) (domain string, pub ed25519.PublicKey, err error) {
	key = strings.TrimSpace(key)
	bad := glovebox.Errorf(glovebox.CodeInvalid, "not a domain's public key").WithFix("give name+hash+key, one line, as in a bundle's key.pub")
	if len(key) > 512 {
		return "", nil, bad
	}
	if _, err := note.NewVerifier(key); err != nil {
		return "", nil, bad
	}
	parts := strings.SplitN(key, "+", 3)
	if text.Name(parts[0]) != "" { // messages hold the name
		return "", nil, bad
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != 1 {
		return "", nil, bad
	}
	pub = ed25519.PublicKey(raw[1:])
	if again, err := note.NewEd25519VerifierKey(parts[0], pub); err != nil || again != key {
		return "", nil, bad
	}
	return parts[0], pub, nil
}

// Fingerprint is the short name of a key that people compare: "sha256:" and
// the hex digest of its 32 bytes. It is the key id in the envelope.
func Fingerprint(pub ed25519.PublicKey) string { return "sha256:" + hexSum(pub) }
