package evidence

import (
	"bytes"
	"encoding/json"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Proofs are entries of a log with what shows to anybody who has the domain's key
// that they are in it: the evidence behind an answer.
type Proofs struct {
	V       int      `json:"v"`
	Key     string   `json:"key"` // of the domain, as it says itself
	Entries []Proved `json:"entries"`
}

// Proved is one entry, as its leaf has it.
type Proved struct {
	Entry string `json:"entry"`
	Path
}

// Path leads from an entry to a signed checkpoint (docs/formats/audit-log.md).
type Path struct {
	Index      uint64   `json:"index"`
	Size       uint64   `json:"size"`
	Leaf       string   `json:"leaf"`
	Path       []string `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

// CheckProofs checks a file of proofs against a domain's public key, or its
// history, and gives the entries that are proved. It fails with CodeInvalid if one
// is not, or if an entry comes twice.
func CheckProofs(data []byte, key string) ([]uint64, error) {
	bad := glovebox.Errorf(glovebox.CodeInvalid, "the file does not hold proofs of entries").WithFix("give the file as --proofs wrote it")
	var p Proofs
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.V != 1 || d.More() {
		return nil, bad
	}
	out := []uint64{}
	for _, e := range p.Entries {
		h, err := verify.ReadHead([]byte(e.Checkpoint), key)
		if err != nil {
			return nil, err
		}
		proof, err := json.Marshal(struct {
			V int `json:"v"`
			Path
		}{1, e.Path})
		if err != nil {
			return nil, bad
		}
		n, err := verify.Proof(proof, []byte(e.Entry), h.Signer)
		if err != nil {
			return nil, err
		}
		if len(out) > 0 && n <= out[len(out)-1] {
			return nil, bad
		}
		out = append(out, n)
	}
	return out, nil
}
