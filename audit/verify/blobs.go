package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
)

// Blob is bytes kept under the name of their digest.
type Blob struct {
	Name string
	Data []byte
}

// compareBytes compares the rows of a table of bytes with those that entries name.
func compareBytes(p *Problems, table string, rows iter.Seq2[Blob, error], named map[string]uint64) {
	seen := map[string]bool{}
	whole := each(p, table, rows, func(b Blob) {
		where := table + "/" + b.Name
		h := sha256.Sum256(b.Data)
		if b.Name != "sha256:"+hex.EncodeToString(h[:]) {
			p.add(where, "the bytes are others than those of this name")
		}
		if _, ok := named[b.Name]; !ok {
			p.add(where, "no entry of the log names these bytes")
		}
		seen[b.Name] = true
	})
	absent(p, whole, named, seen, func(name string, index uint64) {
		p.add(table+"/"+name, "entry %d names bytes that the database does not hold", index)
	})
}
