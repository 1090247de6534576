package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"

	"golang.org/x/mod/sumdb/note"
)

// cosignAlgorithm is how the signed note format marks keys of cosignature/v1.
const cosignAlgorithm = 4

// Witness is the public key of somebody outside the domain who cosigns its
// checkpoints.
type Witness struct {
	called string
	hash   uint32
	key    ed25519.PublicKey
	text   string
}

// ReadWitness reads a witness's public key, "name+hash+key", as `glovebox witness
// init` prints it (C2SP tlog-cosignature, Ed25519). It fails with CodeInvalid.
func ReadWitness(vkey string) (*Witness, error) {
	bad := glovebox.Errorf(glovebox.CodeInvalid, "not a witness's public key").WithFix("give name+hash+key in one line, as `glovebox witness init` prints it")
	vkey = strings.TrimSpace(vkey)
	who, rest, _ := strings.Cut(vkey, "+")
	hash, key64, _ := strings.Cut(rest, "+")
	raw, err := plain64(key64)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != cosignAlgorithm || who == "" || len(who) > 200 || strings.ContainsAny(who, " \n") || text.Name(who) != "" {
		return nil, bad
	}
	sum := sha256.Sum256(append([]byte(who+"\n"), raw...))
	if hash != hex.EncodeToString(sum[:4]) {
		return nil, bad
	}
	return &Witness{called: who, hash: binary.BigEndian.Uint32(sum[:4]), key: raw[1:], text: vkey}, nil
}

// Name is the witness's name.
func (w *Witness) Name() string { return w.called }

// String is the key as ReadWitness reads it.
func (w *Witness) String() string { return w.text }

// Saw says when the witness cosigned a checkpoint, that is when it saw that the
// log of then extends all that it had seen. It fails with CodeInvalid if the
// note has no cosignature of the witness, or one that does not hold. Whether the
// note is a checkpoint of a domain ReadHead says.
func (w *Witness) Saw(msg []byte) (time.Time, error) {
	var at time.Time
	missing := glovebox.Errorf(glovebox.CodeInvalid, "the checkpoint is not cosigned by the witness %s", w.called).
		WithFix("`glovebox witness ask` has it cosigned")
	if len(msg) > maxCheckpoint {
		return at, missing
	}
	n, err := note.Open(msg, note.VerifierList(&cosignature{w, &at}))
	if err != nil {
		return time.Time{}, missing
	}
	for _, s := range n.Sigs {
		if raw, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil || len(raw) == 0 {
			return time.Time{}, missing
		}
	}
	return at, nil
}

// cosignature checks signatures for package note.
type cosignature struct {
	*Witness
	at *time.Time
}

func (c *cosignature) KeyHash() uint32 { return c.hash }

// Verify implements note.Verifier: eight bytes of time, then the signature of
// the time and the note's text.
func (c *cosignature) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	t := binary.BigEndian.Uint64(sig)
	if t == 0 || t > 1<<40 {
		return false
	}
	signed := append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", t), msg...)
	if !ed25519.Verify(c.key, signed, sig[8:]) {
		return false
	}
	*c.at = time.Unix(int64(t), 0).UTC()
	return true
}
