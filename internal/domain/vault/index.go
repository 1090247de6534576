package vault

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// entry is what the index says about one file's plaintext.
type entry struct {
	size   int64
	digest [sha256.Size]byte
}

// index binds the files of a snapshot to their names and to the snapshot. It
// is stored encrypted to the snapshot's key, which nobody else holds.
type index map[string]entry

// Limits of an index. A snapshot has at most 1024 parts and as many sealed
// parts.
const (
	maxFiles     = 4096
	maxPlainSize = int64(1) << 40 // bytes of one file
)

// nameForm is a file's name: "part-0000.parquet", "manifest.json".
var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9-]{0,47}(\.[a-z0-9]{1,15}){1,2}$`) })

// encode writes the index as text: a header that names the snapshot, then one
// line a file: hex SHA-256, size, name, sorted by name.
func (x index) encode(id snapshot) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "glovebox index 1 %s %d\n", id.code, id.version)
	for _, name := range slices.Sorted(maps.Keys(x)) {
		fmt.Fprintf(&b, "%x %d %s\n", x[name].digest, x[name].size, name)
	}
	return []byte(b.String())
}

// decodeIndex reads what encode wrote for the same snapshot, and nothing else.
func decodeIndex(data []byte, id snapshot) (index, bool) {
	lines := strings.Split(string(data), "\n")
	if len(lines) < 2 || len(lines) > maxFiles+2 {
		return nil, false
	}
	x := index{}
	for _, line := range lines[1 : len(lines)-1] {
		f := strings.Split(line, " ")
		if len(f) != 3 || !nameForm().MatchString(f[2]) {
			return nil, false
		}
		digest, err := hex.DecodeString(f[0])
		size, err2 := strconv.ParseInt(f[1], 10, 64)
		if err != nil || err2 != nil || len(digest) != sha256.Size || size < 0 || size > maxPlainSize {
			return nil, false
		}
		x[f[2]] = entry{size, [sha256.Size]byte(digest)}
	}
	return x, string(x.encode(id)) == string(data)
}
