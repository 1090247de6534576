package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"glovebox.example/glovebox"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Names within a log folder. All but lockName are Tessera's.
const (
	stateDir       = ".state"
	lockName       = "writer.lock"
	treeStateName  = "treeState"
	checkpointName = "checkpoint"
	tileDir        = "tile"
	tileHeight     = 8
	tileWidth      = 1 << tileHeight
)

// lockDir takes the writer's lock. The kernel drops it when the process ends,
// however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, stateDir, lockName), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, internal(err, "audit log lock")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, glovebox.Errorf(glovebox.CodeConflict, "the audit log in %s is open in another process", dir).
				WithFix("wait for it to end; one process writes a log at a time")
		}
		return nil, internal(err, "audit log lock")
	}
	return f, nil
}

// release gives the lock free. Closing alone would not, for as long as a process
// that is being started elsewhere in this one has the file too.
func release(lock *os.File) {
	_ = syscall.Flock(int(lock.Fd()), syscall.LOCK_UN)
	lock.Close()
}

// sizes are the two tree sizes whose partial tiles must stay.
type sizes struct{ signed, integrated uint64 }

// inspect compares what lies in dir with its last signed checkpoint before
// anything is written. A cut-off log would otherwise be written over.
func inspect(dir string, key *Key) (sizes, error) {
	raw, err := os.ReadFile(filepath.Join(dir, stateDir, treeStateName))
	if errors.Is(err, fs.ErrNotExist) {
		return sizes{}, fresh(dir)
	}
	if err != nil {
		return sizes{}, internal(err, "audit log state")
	}
	var state struct {
		Size uint64 `json:"size"`
		Root []byte `json:"root"`
	}
	if err := json.Unmarshal(raw, &state); err != nil || state.Size > 1<<53 {
		return sizes{}, damaged(dir, "its tree state cannot be read")
	}
	msg, err := os.ReadFile(filepath.Join(dir, checkpointName))
	if errors.Is(err, fs.ErrNotExist) && state.Size == 0 {
		return sizes{}, nil // killed before the first checkpoint
	}
	if err != nil {
		return sizes{}, damaged(dir, "its checkpoint cannot be read")
	}
	size, root, err := openCheckpoint(msg, key)
	if err != nil {
		return sizes{}, damaged(dir, "its checkpoint is not one of this domain's key").Because(err)
	}
	if size > state.Size {
		return sizes{}, damaged(dir, "it is shorter than its checkpoint says")
	}
	if size > 0 {
		got, err := tlog.TreeHash(int64(size), tiles{dir, state.Size})
		if err != nil || got != tlog.Hash(root) {
			return sizes{}, damaged(dir, "its tiles do not add up to its checkpoint")
		}
	}
	if state.Size > 0 {
		got, err := tlog.TreeHash(int64(state.Size), tiles{dir, state.Size})
		if err != nil || !bytes.Equal(got[:], state.Root) {
			return sizes{}, damaged(dir, "its tiles do not add up to its tree state")
		}
	}
	return sizes{signed: size, integrated: state.Size}, nil
}

// fresh refuses to start a log where the rest of one lies.
func fresh(dir string) error {
	for _, name := range []string{checkpointName, tileDir} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return damaged(dir, "its tree state is missing")
		}
	}
	return nil
}

func damaged(dir, what string) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, "the audit log is damaged: %s", what).
		WithFix("run `glovebox audit verify`; then restore the log from a backup")
	e.File = dir
	return e
}

// openCheckpoint checks a signed checkpoint and returns what it says.
func openCheckpoint(msg []byte, key *Key) (size uint64, root [sha256.Size]byte, err error) {
	v, err := note.NewVerifier(key.vkey)
	if err != nil {
		return 0, root, err
	}
	n, err := note.Open(msg, note.VerifierList(append([]note.Verifier{v}, key.former...)...))
	if err != nil {
		return 0, root, err
	}
	origin, rest, _ := strings.Cut(n.Text, "\n")
	count, rest, _ := strings.Cut(rest, "\n")
	hash, _, _ := strings.Cut(rest, "\n")
	size, err = strconv.ParseUint(count, 10, 53)
	h, hashErr := tlog.ParseHash(hash)
	if origin != key.origin || err != nil || hashErr != nil {
		return 0, root, errors.New("malformed checkpoint")
	}
	return size, [sha256.Size]byte(h), nil
}

// tiles reads stored hashes of a tree of a size from the tile files.
type tiles struct {
	dir  string
	size uint64
}

// ReadHashes implements tlog.HashReader.
func (t tiles) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		tile := tlog.TileForIndex(tileHeight, index)
		atLevel := t.size >> (tile.L * tileHeight)
		tile.W = int(min(atLevel-uint64(tile.N)*tileWidth, tileWidth))
		name := filepath.Join(t.dir, tileDir, strconv.Itoa(tile.L), tileName(uint64(tile.N)))
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) && tile.W < tileWidth {
			data, err = os.ReadFile(filepath.Join(name+".p", strconv.Itoa(tile.W)))
		}
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*sha256.Size {
			return nil, errors.New("a tile is too short")
		}
		if out[i], err = tlog.HashFromTile(tile, data[:tile.W*sha256.Size], index); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tileName writes an index in groups of three digits, all but the last
// marked with x: 1234067 is x001/x234/067.
func tileName(n uint64) string {
	s := pad3(n % 1000)
	for n /= 1000; n > 0; n /= 1000 {
		s = "x" + pad3(n%1000) + "/" + s
	}
	return s
}

func pad3(n uint64) string {
	s := strconv.FormatUint(1000+n, 10)
	return s[1:]
}
