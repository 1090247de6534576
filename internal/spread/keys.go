package spread

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"regexp"
	"slices"
	"sync"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// NodeKey is what a node keeps to itself. It lies in the node's own account.
type NodeKey struct {
	Name string
	read *age.HybridIdentity // ML-KEM-768 with X25519: opens envelopes
	sign ed25519.PrivateKey  // signs answers
	// Domain is the public key of the one domain whose runs the node takes.
	Domain ed25519.PublicKey
}

// nodeKeyFile is a NodeKey as its file holds it.
type nodeKeyFile struct {
	Format int    `json:"format"` // 1
	Name   string `json:"name"`
	Read   string `json:"read"` // AGE-SECRET-KEY-PQ-1...
	Sign   []byte `json:"sign"` // seed
	Domain []byte `json:"domain"`
}

var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`) })

// CheckName refuses what cannot be the name of a node.
func CheckName(name string) error {
	if nameForm().MatchString(name) {
		return nil
	}
	return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--name", Msg: "not the name of a node"}).
		WithFix("use a lower-case letter, then letters, digits and hyphens, at most 32 characters")
}

// NewNodeKey draws the keys of a node for one domain.
func NewNodeKey(name string, domain ed25519.PublicKey) (*NodeKey, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	if len(domain) != ed25519.PublicKeySize {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "not the public key of a domain").WithFix("`glovebox domain key` prints it")
	}
	read, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a key cannot be made").Because(err)
	}
	_, sign, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a key cannot be made").Because(err)
	}
	return &NodeKey{Name: name, read: read, sign: sign, Domain: slices.Clone(domain)}, nil
}

// Encode is the key's file, for the node's account alone.
func (k *NodeKey) Encode() ([]byte, error) {
	b, err := json.Marshal(nodeKeyFile{1, k.Name, k.read.String(), k.sign.Seed(), k.Domain})
	return append(b, '\n'), err
}

// DecodeNodeKey reads what Encode wrote.
func DecodeNodeKey(data []byte) (*NodeKey, error) {
	var f nodeKeyFile
	bad := glovebox.Errorf(glovebox.CodeInvalid, "the keys of the node are damaged").WithFix("make new ones with `glovebox node init`, and have the node trusted again")
	if json.Unmarshal(data, &f) != nil || f.Format != 1 || CheckName(f.Name) != nil || len(f.Sign) != ed25519.SeedSize || len(f.Domain) != ed25519.PublicKeySize {
		return nil, bad
	}
	read, err := age.ParseHybridIdentity(f.Read)
	if err != nil {
		return nil, bad
	}
	return &NodeKey{Name: f.Name, read: read, sign: ed25519.NewKeyFromSeed(f.Sign), Domain: f.Domain}, nil
}

// Format prints the name and no key, whatever the verb.
func (k *NodeKey) String() string { return "node " + k.Name }

// GoString is String.
func (k *NodeKey) GoString() string { return k.String() }

// Enrolment is what a node says of itself, for the domain to trust. It holds no
// secret; who hands it over has to be known by other means.
type Enrolment struct {
	Format    int      `json:"format"` // 1
	Name      string   `json:"name"`
	Recipient string   `json:"recipient"` // age1pq1...
	Key       []byte   `json:"key"`       // Ed25519
	Walls     []string `json:"walls"`     // around its workers, as `glovebox doctor` names them
	Binary    string   `json:"binary"`    // SHA-256 of the program, hex
	Machine   string   `json:"machine"`   // operating system and processor, as linux/amd64
	Domain    []byte   `json:"domain"`    // the domain's public key that it will obey
	Signature []byte   `json:"signature"` // by Key, over the rest
}

// maxEnrolment bounds an enrolment, in bytes.
const maxEnrolment = 32 << 10

const tagEnrolment = "glovebox node enrolment 1\n"

// Enrol signs what a node says of itself.
func (k *NodeKey) Enrol(walls []string, binary, machine string) ([]byte, error) {
	e := Enrolment{Format: 1, Name: k.Name, Recipient: k.read.Recipient().String(), Key: k.sign.Public().(ed25519.PublicKey),
		Walls: walls, Binary: binary, Machine: machine, Domain: k.Domain}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	e.Signature = signed(k.sign, tagEnrolment, body)
	b, err := json.MarshalIndent(e, "", "  ")
	return append(b, '\n'), err
}

var hexForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })
var wordForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9/]{1,32}$`) })

// ReadEnrolment reads an enrolment and checks its form and signature. That it
// comes from the node it names is for people to know.
func ReadEnrolment(data []byte) (*Enrolment, error) {
	var e Enrolment
	bad := glovebox.Errorf(glovebox.CodeInvalid, "not the enrolment of a node").WithFix("`glovebox node init` writes it, as node.json")
	if len(data) > maxEnrolment || strict(data, &e) != nil || e.Format != 1 || CheckName(e.Name) != nil || len(e.Key) != ed25519.PublicKeySize ||
		!hexForm().MatchString(e.Binary) || !wordForm().MatchString(e.Machine) || len(e.Walls) > 32 || len(e.Domain) != ed25519.PublicKeySize {
		return nil, bad
	}
	for _, w := range e.Walls {
		if !wordForm().MatchString(w) {
			return nil, bad
		}
	}
	if _, err := age.ParseHybridRecipient(e.Recipient); err != nil {
		return nil, bad
	}
	sig := e.Signature
	e.Signature = nil
	body, err := json.Marshal(e)
	if err != nil || !verified(e.Key, tagEnrolment, body, sig) {
		return nil, bad
	}
	e.Signature = sig
	return &e, nil
}

// Node is what a domain knows of a node that it trusts.
type Node struct {
	Name      string
	Recipient string
	Key       ed25519.PublicKey
	Walls     []string
}
