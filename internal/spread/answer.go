package spread

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"

	"filippo.io/age"
)

// MaxAnswer bounds the partial aggregates of one group, in bytes.
const MaxAnswer = 512 << 20

// maxPieces bounds in how many pieces they come.
const maxPieces = 1 << 16

// head is what a node signs of an answer.
type head struct {
	Format int      `json:"format"` // 1
	Run    string   `json:"run"`
	Group  int      `json:"group"`
	Node   string   `json:"node"`
	Walls  []string `json:"walls"`  // around the workers that made it
	Pieces []int64  `json:"pieces"` // sizes
	SHA256 []byte   `json:"sha256"` // of the pieces, one behind the other
}

// Answer is what a node says of one group, checked.
type Answer struct {
	Group  int
	Node   string
	Pieces [][]byte
	digest [32]byte
}

const (
	tagAnswer   = "glovebox run answer 1\n"
	magicAnswer = "gbans-1\n"
	headAnswer  = len(magicAnswer) + 64 + 8
	maxHead     = 2 << 20
)

// SealAnswer signs what a node has of a group and seals it to the run.
func (k *NodeKey) SealAnswer(e *Envelope, group int, walls []string, pieces [][]byte) ([]byte, error) {
	to, err := age.ParseHybridRecipient(e.Reply)
	if err != nil {
		return nil, errForeign
	}
	h := head{Format: 1, Run: e.Run, Group: group, Node: k.Name, Walls: walls, Pieces: make([]int64, len(pieces))}
	sum := sha256.New()
	for i, p := range pieces {
		h.Pieces[i] = int64(len(p))
		sum.Write(p)
	}
	h.SHA256 = sum.Sum(nil)
	body, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	plain := append([]byte(magicAnswer), signed(k.sign, tagAnswer, body)...)
	plain = binary.LittleEndian.AppendUint64(plain, uint64(len(body)))
	plain = append(plain, body...)
	for _, p := range pieces {
		plain = append(plain, p...)
	}
	return seal(plain, to)
}

// openAnswer opens an answer of a run. Whatever is not one of a trusted node,
// behind the walls that it is trusted for, is errForeign.
func openAnswer(data []byte, reply age.Identity, run string, groups int, nodes []Node) (*Answer, error) {
	plain, err := unseal(data, reply, Class(MaxAnswer+maxHead))
	if err != nil {
		return nil, err
	}
	if len(plain) < headAnswer || !bytes.HasPrefix(plain, []byte(magicAnswer)) {
		return nil, errForeign
	}
	sig, rest := plain[len(magicAnswer):len(magicAnswer)+64], plain[headAnswer:]
	n := binary.LittleEndian.Uint64(plain[headAnswer-8:])
	var h head
	if n > maxHead || n > uint64(len(rest)) || strict(rest[:n], &h) != nil {
		return nil, errForeign
	}
	i := slices.IndexFunc(nodes, func(x Node) bool { return x.Name == h.Node })
	if i < 0 || !verified(nodes[i].Key, tagAnswer, rest[:n], sig) {
		return nil, errForeign
	}
	for _, w := range nodes[i].Walls {
		if !slices.Contains(h.Walls, w) {
			return nil, errForeign // fewer walls than the policy was told of
		}
	}
	if h.Format != 1 || h.Run != run || h.Group < 0 || h.Group >= groups || len(h.Pieces) == 0 || len(h.Pieces) > maxPieces {
		return nil, errForeign
	}
	return h.take(rest[n:])
}

// take cuts the pieces.
func (h *head) take(data []byte) (*Answer, error) {
	a := &Answer{Group: h.Group, Node: h.Node, digest: sha256.Sum256(nil)}
	sum := sha256.New()
	for _, n := range h.Pieces {
		if n < 0 || n > int64(len(data)) {
			return nil, errForeign
		}
		sum.Write(data[:n])
		a.Pieces, data = append(a.Pieces, data[:n:n]), data[n:]
	}
	if !bytes.Equal(sum.Sum(nil), h.SHA256) {
		return nil, errForeign
	}
	// The sizes too: where pieces are cut is the same on every machine.
	sizes, err := json.Marshal(h.Pieces)
	if err != nil {
		return nil, errForeign
	}
	a.digest = sha256.Sum256(append(sizes, h.SHA256...))
	return a, nil
}
