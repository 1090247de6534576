// Package acttest is a passkey in memory, for tests: what a browser hands over
// when such a passkey is made and asked, and each part of it changed at will. It
// signs with a real key over the real bytes; it promises nothing of how browsers
// or authenticators behave otherwise, and keeps its key nowhere.
package acttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"glovebox.example/glovebox/internal/act"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// Passkey is an act.Signer of scheme act.WebAuthn.
type Passkey struct {
	RPID, Origin string
	ID           []byte
	Private      *ecdsa.PrivateKey
}

// Flags of an authenticator's data.
const (
	Present, Verified, BackupEligible, BackupState, Attested, Extensions = 1, 4, 8, 16, 64, 128
)

// New makes a passkey for a site and a page.
func New(rpID, origin string) *Passkey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // the operating system gives no randomness
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &Passkey{rpID, origin, id, k}
}

// Answer is what a passkey and its browser say, before it is signed.
type Answer struct {
	ClientData string         // JSON
	RPID       string         // of the authenticator's data
	Flags      byte           // of the authenticator's data
	Tail       []byte         // after the authenticator's data
	Format     string         // of the attestation
	Statement  map[string]any // of the attestation
	COSE       any            // the new key
	ID         []byte         // in the authenticator's data
	RawID      []byte         // in the browser's answer
	Signature  func(msg []byte) []byte
	JSON       func(answer []byte) []byte // the browser's answer at last
}

func (p *Passkey) answer(kind string, challenge []byte, flags byte, change []func(*Answer)) *Answer {
	x, y := p.Coordinates()
	a := &Answer{
		ClientData: fmt.Sprintf(`{"type":%q,"challenge":%q,"origin":%q,"crossOrigin":false}`, kind, base64.RawURLEncoding.EncodeToString(challenge), p.Origin),
		RPID:       p.RPID, Flags: flags, Format: "none", Statement: map[string]any{},
		COSE: map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y}, ID: p.ID, RawID: p.ID,
		Signature: p.SignMessage,
		JSON:      func(b []byte) []byte { return b },
	}
	for _, f := range change {
		f(a)
	}
	return a
}

// SignMessage signs anything, ASN.1 DER.
func (p *Passkey) SignMessage(msg []byte) []byte {
	h := sha256.Sum256(msg)
	sig, err := ecdsa.SignASN1(rand.Reader, p.Private, h[:])
	if err != nil {
		panic(err)
	}
	return sig
}

// Coordinates are those of the public key, 32 bytes each.
func (p *Passkey) Coordinates() (x, y []byte) {
	point, err := p.Private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	return point[1:33], point[33:]
}

func (a *Answer) data() []byte {
	site := sha256.Sum256([]byte(a.RPID))
	return append(site[:], a.Flags, 0, 0, 0, 7)
}

// Create is the browser's answer when the passkey is made.
func (p *Passkey) Create(challenge []byte, change ...func(*Answer)) []byte {
	a := p.answer("webauthn.create", challenge, Present|Verified|Attested, change)
	data := a.data()
	if a.Flags&Attested != 0 {
		data = append(data, make([]byte, 16)...)
		data = binary.BigEndian.AppendUint16(data, uint16(len(a.ID)))
		data = append(append(data, a.ID...), cbor(a.COSE)...)
	}
	data = append(data, a.Tail...)
	if a.Statement["sig"] == true {
		h := sha256.Sum256([]byte(a.ClientData))
		a.Statement["sig"] = a.Signature(append(data, h[:]...))
	}
	return a.JSON(encode(map[string]any{"id": b64(a.RawID), "rawId": b64(a.RawID), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64([]byte(a.ClientData)), "transports": []string{"internal"},
			"attestationObject": b64(cbor(map[string]any{"fmt": a.Format, "attStmt": a.Statement, "authData": data}))}}))
}

// Get is the browser's answer when the passkey is asked to sign.
func (p *Passkey) Get(challenge []byte, change ...func(*Answer)) []byte {
	a := p.answer("webauthn.get", challenge, Present|Verified, change)
	data := append(a.data(), a.Tail...)
	h := sha256.Sum256([]byte(a.ClientData))
	return a.JSON(encode(map[string]any{"id": b64(a.RawID), "rawId": b64(a.RawID), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64([]byte(a.ClientData)), "authenticatorData": b64(data), "signature": b64(a.Signature(append(data, h[:]...)))}}))
}

// Key is the public half, as a registration gives it.
func (p *Passkey) Key() act.Key {
	challenge := make([]byte, 32)
	k, err := act.ParseRegistration(challenge, p.RPID, p.Origin, p.Create(challenge))
	if err != nil {
		panic(err)
	}
	return k
}

// Sign signs a as a browser would have it signed.
func (p *Passkey) Sign(a *act.Act) (*act.Envelope, error) {
	c, err := a.Challenge()
	if err != nil {
		return nil, err
	}
	return act.Assertion(a, p.Key(), p.Get(c[:]))
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func cbor(v any) []byte {
	b, err := webauthncbor.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
