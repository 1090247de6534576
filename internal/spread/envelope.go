package spread

import (
	"bytes"
	"crypto"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"sync"
	"time"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// Envelope is all that a node needs for one round of one job, and for that
// alone.
type Envelope struct {
	Format int       `json:"format"` // 1
	Run    string    `json:"run"`
	Until  time.Time `json:"not_after"` // after that nobody works on it
	// Spec is the encoded job with its manifests: see work.Job.Bytes.
	Spec  []byte `json:"spec"`
	Parts int    `json:"parts"` // of each input
	// Tasks says which group each task is. The engine knows a task's number and
	// not its group.
	Tasks []int `json:"tasks"`
	// Files are the parts, by index, then by input.
	Files [][]Files `json:"files"`
	Reply string    `json:"reply"` // recipient of the answers
}

// Files is one part of one input.
type Files struct {
	Part      File  `json:"part"`
	Originals *File `json:"originals,omitempty"`
}

// File is an encrypted file on shared storage.
type File struct {
	Locator string `json:"locator"` // 32 hex digits, under parts/
	Key     []byte `json:"key"`     // of this file alone: age's file key, 16 bytes
	Bytes   int64  `json:"bytes"`   // of the ciphertext; what follows is filling
	Size    int64  `json:"size"`    // of the plaintext
	SHA256  []byte `json:"sha256"`  // of the plaintext
}

// Bounds of an envelope.
const (
	maxEnvelope = 2 << 30 // bytes; a job's tables are most of it
	// MaxSealedEnvelope bounds one as it lies on shared storage.
	MaxSealedEnvelope = maxEnvelope + maxEnvelope/1024 + 1<<20
	maxTasks          = 1 << 17
	maxParts          = 1 << 16
	maxPart           = int64(1) << 40
)

const (
	tagEnvelope   = "glovebox run envelope 1\n"
	magicEnvelope = "gbrun-1\n"
	headEnvelope  = len(magicEnvelope) + 64 + 8
)

var runForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^r-[a-z2-7]{26}$`) })
var locatorForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{32}$`) })

// IsRun says whether s can be the name of a run.
func IsRun(s string) bool { return runForm().MatchString(s) }

// Seal signs an envelope and seals it to the nodes.
func (e *Envelope) Seal(domain crypto.Signer, nodes []Node) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	sig, err := signedBy(domain, tagEnvelope, body)
	if err != nil {
		return nil, err
	}
	var to []age.Recipient
	for _, n := range nodes {
		r, err := age.ParseHybridRecipient(n.Recipient)
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the key of node %s is damaged", n.Name)
		}
		to = append(to, r)
	}
	plain := append([]byte(magicEnvelope), sig...)
	plain = binary.LittleEndian.AppendUint64(plain, uint64(len(body)))
	return seal(append(plain, body...), to...)
}

// OpenEnvelope opens the envelope of the run with that name, as of now. Whatever
// is not one that the node's domain made, or is over, is an error; the bytes are
// foreign until the signature is checked.
func (k *NodeKey) OpenEnvelope(data []byte, run string, now time.Time) (*Envelope, error) {
	plain, err := unseal(data, k.read, maxEnvelope)
	if err != nil {
		return nil, err
	}
	if len(plain) < headEnvelope || !bytes.HasPrefix(plain, []byte(magicEnvelope)) {
		return nil, errForeign
	}
	sig, rest := plain[len(magicEnvelope):len(magicEnvelope)+64], plain[headEnvelope:]
	n := binary.LittleEndian.Uint64(plain[headEnvelope-8:])
	if n > uint64(len(rest)) || !verified(k.Domain, tagEnvelope, rest[:n], sig) {
		return nil, errForeign
	}
	var e Envelope
	if err := strict(rest[:n], &e); err != nil {
		return nil, err
	}
	if e.Run != run || !e.sound() {
		return nil, errForeign
	}
	if !now.Before(e.Until) {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "the run is over")
	}
	return &e, nil
}

// sound says whether all numbers are within their bounds.
func (e *Envelope) sound() bool {
	if e.Format != 1 || e.Parts < 1 || e.Parts > maxParts || len(e.Files) != e.Parts || len(e.Tasks) == 0 || len(e.Tasks) > maxTasks {
		return false
	}
	for _, g := range e.Tasks {
		if g < 0 || g >= e.Parts {
			return false
		}
	}
	for _, inputs := range e.Files {
		if len(inputs) != len(e.Files[0]) {
			return false
		}
		for _, f := range inputs {
			if !f.Part.sound() || f.Originals != nil && !f.Originals.sound() {
				return false
			}
		}
	}
	_, err := age.ParseHybridRecipient(e.Reply)
	return err == nil
}

func (f *File) sound() bool {
	return locatorForm().MatchString(f.Locator) && len(f.Key) == 16 && f.Bytes > 0 && f.Bytes < maxPart && f.Size >= 0 && f.Size < maxPart && len(f.SHA256) == 32
}
