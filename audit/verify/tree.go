package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
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
