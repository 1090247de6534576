package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

const tileWidth = 256

// emptyRoot is the root of a tree without entries: SHA-256 of nothing.
func emptyRoot() tlog.Hash { return sha256.Sum256(nil) }

// peaks is a tree that grows leaf by leaf: the roots of its full subtrees,
// from the largest on the left to the smallest.
type peaks struct {
	n      uint64
	hashes []tlog.Hash
}

func (p *peaks) push(leaf tlog.Hash) {
	p.hashes = append(p.hashes, leaf)
	for n := p.n; n&1 == 1; n >>= 1 {
		last := len(p.hashes) - 1
		p.hashes[last-1] = tlog.NodeHash(p.hashes[last-1], p.hashes[last])
		p.hashes = p.hashes[:last]
	}
	p.n++
}

func (p *peaks) root() tlog.Hash {
	if p.n == 0 {
		return emptyRoot()
	}
	h := p.hashes[len(p.hashes)-1]
	for i := len(p.hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(p.hashes[i], h)
	}
	return h
}

// fullRoot is the root over the hashes of one full tile.
func fullRoot(hashes []tlog.Hash) tlog.Hash {
	var p peaks
	for _, h := range hashes {
		p.push(h)
	}
	return p.root()
}

// splitBundle parts a bundle file into its entries: each is two bytes of
// length, big endian, and that many bytes.
func splitBundle(data []byte) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 {
			return entries, errors.New("it ends within a length")
		}
		n := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+n {
			return entries, errors.New("it ends within an entry")
		}
		if len(entries) == tileWidth {
			return entries, errors.New("it has more entries than a bundle holds")
		}
		entries = append(entries, data[2:2+n])
		data = data[2+n:]
	}
	return entries, nil
}

// joinBundle is the file of the first n entries.
func joinBundle(entries [][]byte, n int) []byte {
	var b bytes.Buffer
	for _, e := range entries[:n] {
		b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(e))))
		b.Write(e)
	}
	return b.Bytes()
}

func joinHashes(hashes []tlog.Hash, n int) []byte {
	b := make([]byte, 0, n*sha256.Size)
	for _, h := range hashes[:n] {
		b = append(b, h[:]...)
	}
	return b
}

// tileFile is the path of a full tile of a level, or of the entry bundles
// (level -1), within the folder.
func tileFile(level int, index uint64) string {
	name := group(index)
	for index /= 1000; index > 0; index /= 1000 {
		name = "x" + group(index) + "/" + name
	}
	if level < 0 {
		return "tile/entries/" + name
	}
	return "tile/" + strconv.Itoa(level) + "/" + name
}

func group(n uint64) string { return strconv.FormatUint(1000+n%1000, 10)[1:] }

// level is the tile that is being filled at one level of the tree.
type level struct {
	index  uint64
	hashes []tlog.Hash
}

func (c *checker) checkpoint(vkey string) {
	const name = "checkpoint"
	msg, err := c.read(name, maxCheckpoint)
	if err != nil {
		c.report.add(name, "%v", err)
		return
	}
	cp, signer, err := openSigned(c.dir, msg, vkey)
	if err != nil {
		c.report.add(name, "%v", err)
		return
	}
	c.signed, c.signer = &cp, signer
	c.report.Size, c.report.Root, c.report.Signed = cp.size, cp.root.String(), msg
	c.total = cp.size
}

func (c *checker) treeState() {
	const name = ".state/treeState"
	data, err := c.read(name, 4096)
	if err != nil {
		c.report.add(name, "%v", err)
		return
	}
	var s struct {
		Size uint64 `json:"size"`
		Root []byte `json:"root"`
	}
	if err := strict(data, &s); err != nil || len(s.Root) != tlog.HashSize || s.Size > maxSize {
		c.report.add(name, "malformed")
		return
	}
	c.state = &checkpoint{s.Size, tlog.Hash(s.Root)}
	switch {
	case c.signed != nil && s.Size < c.signed.size:
		c.report.add(name, "the tree has %d entries, %d are signed: the log was cut or put back", s.Size, c.signed.size)
	case c.signed != nil && s.Size > c.signed.size:
		c.report.Unsigned = s.Size - c.signed.size
		c.report.add("checkpoint", "%d entries after the last signed one: the writer was killed, or the checkpoint was put back; open the log to have them signed", c.report.Unsigned)
		c.total = s.Size
	case c.signed == nil:
		c.report.Unsigned = s.Size
		c.total = s.Size
	}
}

// strict reads exactly the bytes that encoding v again gives.
func strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	again, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(data, again) {
		return os.ErrInvalid
	}
	return nil
}

// tile compares a stored tile with the hashes that it must hold.
func (c *checker) tile(l int, index uint64, hashes []tlog.Hash) {
	n := len(hashes)
	name, data, err := c.part(tileFile(l, index), n, tileWidth*tlog.HashSize)
	if err != nil {
		c.report.add(name, "%v", err)
		return
	}
	want := joinHashes(hashes, n)
	if len(data) != len(want) && !(len(data) > len(want) && c.fallback(name, n)) {
		c.report.add(name, "%d bytes, want %d", len(data), len(want))
	}
	for i := range n {
		at := i * tlog.HashSize
		if at+tlog.HashSize > len(data) || bytes.Equal(data[at:at+tlog.HashSize], want[at:at+tlog.HashSize]) {
			continue
		}
		if l == 0 {
			c.report.add(entryName(index*tileWidth+uint64(i)), "does not hash to its leaf in %s", name)
		} else {
			c.report.add(name, "hash %d is not that of the tile below", i)
		}
	}
	c.stale(tileFile(l, index), n, func(w int) []byte { return joinHashes(hashes, w) })
	c.report.Files++
}

// roots compares the recomputed roots with what the checkpoints say.
func (c *checker) roots() {
	if c.signed != nil && c.tree.n >= c.signed.size && c.atSigned != c.signed.root {
		c.report.add("checkpoint", "the %d entries do not add up to the signed root", c.signed.size)
	}
	if c.state != nil && c.tree.n >= c.state.size && c.atState != c.state.root {
		c.report.add(".state/treeState", "the %d entries do not add up to its root", c.state.size)
	}
	for _, old := range c.remembered {
		switch {
		case old.size > c.total:
			c.report.add("checkpoint", "the log was rolled back: it has %d entries, the remembered checkpoint has %d", c.total, old.size)
		case c.tree.n >= old.size && old.is != old.root:
			c.report.add("checkpoint", "history was rewritten: the first %d entries are not those of the remembered checkpoint", old.size)
		case c.tree.n < old.size:
			c.report.add("checkpoint", "the remembered checkpoint of %d entries could not be compared", old.size)
		}
	}
}
