package audit

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"regexp"
	"sync"

	"glovebox.example/glovebox"

	"golang.org/x/mod/sumdb/note"
)

// Key signs checkpoints in the name of one log. It never holds key bytes
// where printing could reach them.
type Key struct {
	origin string
	vkey   string
	hash   uint32
	former []note.Verifier
	sign   func(msg []byte) ([]byte, error)
}

var originForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9._/-]{0,126}[a-z0-9])?$`) })

// NewKey binds a signer to the log's origin, which is the domain's name:
// 1 to 128 of a-z, 0-9 and inner ". _ - /". The signer must be Ed25519; an
// ed25519.PrivateKey is one, a hardware key that implements crypto.Signer too.
//
// former are public keys that held before ("name+hash+key"): a log whose last
// checkpoint one of them signed is opened, and signed with this key from then on.
// Whether that key still held at that size is for a checker to say.
func NewKey(origin string, signer crypto.Signer, former ...string) (*Key, error) {
	if !originForm().MatchString(origin) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the domain's name cannot name a log").
			WithFix("use a-z, 0-9 and inner . _ - /, at most 128 characters")
	}
	if signer == nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no key to sign the audit log with")
	}
	pub, ok := signer.Public().(ed25519.PublicKey)
	if !ok || len(pub) != ed25519.PublicKeySize {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the audit log is signed with Ed25519 keys only")
	}
	vkey, err := note.NewEd25519VerifierKey(origin, pub)
	if err != nil {
		return nil, internal(err, "the audit key cannot be encoded")
	}
	k := &Key{origin: origin, vkey: vkey, hash: keyHash(origin, pub)}
	for _, f := range former {
		if f == vkey { // it is about to be replaced
			continue
		}
		v, err := note.NewVerifier(f)
		if err != nil || v.Name() != origin {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a former key of the audit log cannot be read")
		}
		k.former = append(k.former, v)
	}
	k.sign = func(msg []byte) ([]byte, error) { return signer.Sign(rand.Reader, msg, crypto.Hash(0)) }
	return k, nil
}

// keyHash is the key hash of the signed note format: the start of SHA-256 over
// name, newline, algorithm (1: Ed25519) and key.
func keyHash(name string, pub ed25519.PublicKey) uint32 {
	h := sha256.Sum256(append([]byte(name+"\n\x01"), pub...))
	return binary.BigEndian.Uint32(h[:])
}

// Origin is the name of the log.
func (k *Key) Origin() string { return k.origin }

// Verifier is the public half as "name+hash+key", the form that audit/verify
// takes and that a release bundle carries.
func (k *Key) Verifier() string { return k.vkey }

// noteSigner adapts a Key to the signed note package for as long as live says.
type noteSigner struct {
	k    *Key
	live func() bool
}

func (s noteSigner) Name() string    { return s.k.origin }
func (s noteSigner) KeyHash() uint32 { return s.k.hash }

func (s noteSigner) Sign(msg []byte) ([]byte, error) {
	if !s.live() {
		return nil, errors.New("the log is closed")
	}
	return s.k.sign(msg)
}
