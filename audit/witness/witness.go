// Package witness is somebody outside of a domain who sees that its log only
// grows: a witness of the C2SP tlog-witness protocol, and the client that asks one.
//
// What it promises: for each log that it is told to follow, a witness signs
// (cosignature/v1) a checkpoint only if the domain's key signed it while that key
// held, and only if its tree begins with the largest that the witness ever signed;
// what it signed is on disk before the answer is, so that a witness that was
// killed signs no second history. A log that was rolled back or forked is refused,
// and the two checkpoints that prove it are kept.
//
// What it does not promise: that what a log says is true, or is all that
// happened; that the witness's own disk was not put back (then two witnesses find
// it out); that it sees a fork before it is asked about it. It reads no entry of a
// log and sees no data.
package witness

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/text"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// Files of a witness's folder.
const (
	keyFile  = "witness.key" // private, in the signed note format
	pubFile  = "witness.pub" // name+hash+key, as verify.ReadWitness reads it
	lockFile = "witness.lock"
	logsDir  = "logs" // a folder for each log, named by the SHA-256 of its origin in hex
	keysName = "keys" // the log's public key with its history
	seenName = "checkpoint"
	badName  = "conflict" // a checkpoint that does not follow the one that was signed
)

const (
	maxCheckpoint = 16 << 10
	maxKeys       = 1 << 20
)

// Witness is an open folder of a witness. It is safe for concurrent use.
type Witness struct {
	dir    string
	signer note.Signer
	public string
	lock   *os.File

	mu sync.Mutex // one checkpoint at a time
}

// Init makes a witness's folder with a new key and returns the public half. The
// folder must not exist, or be empty.
func Init(dir, name string) (string, error) {
	if text.Name(name) != "" || len(name) > 200 || strings.ContainsAny(name, "+ \t\n") {
		return "", glovebox.Errorf(glovebox.CodeInvalid, "this cannot be a witness's name").
			WithFix("use a name such as witness.example/glovebox, without spaces and +")
	}
	if old, err := os.ReadDir(dir); err == nil && len(old) > 0 {
		return "", (&glovebox.Error{Code: glovebox.CodeConflict, File: dir, Msg: "the folder is not empty"}).WithFix("name a new folder")
	}
	if err := os.MkdirAll(filepath.Join(dir, logsDir), 0o700); err != nil {
		return "", unwritten(dir, err)
	}
	secret, plain, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "the witness's key cannot be made").Because(err)
	}
	public, err := fnote.VKeyToCosignatureV1(plain)
	if err == nil {
		_, err = verify.ReadWitness(public)
	}
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "the witness's key cannot be made").Because(err)
	}
	if err := put(filepath.Join(dir, keyFile), []byte(secret+"\n"), 0o600); err != nil {
		return "", unwritten(dir, err)
	}
	if err := put(filepath.Join(dir, pubFile), []byte(public+"\n"), 0o644); err != nil {
		return "", unwritten(dir, err)
	}
	return public, nil
}

// Open opens a witness's folder, alone: another process that has it open fails
// this with CodeConflict.
func Open(dir string) (_ *Witness, err error) {
	none := (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "this is not a witness's folder"}).WithFix("`glovebox witness init DIR` makes one")
	secret, err := get(filepath.Join(dir, keyFile), 4096)
	if err != nil {
		return nil, none
	}
	public, err := get(filepath.Join(dir, pubFile), 4096)
	if err != nil {
		return nil, none
	}
	signer, err := fnote.NewSignerForCosignatureV1(strings.TrimSpace(string(secret)))
	if err != nil {
		return nil, none
	}
	w := &Witness{dir: dir, signer: signer, public: strings.TrimSpace(string(public))}
	v, err := verify.ReadWitness(w.public)
	if err != nil || v.Name() != signer.Name() || !strings.HasPrefix(w.public, fmt.Sprintf("%s+%08x+", signer.Name(), signer.KeyHash())) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the witness's public key is not that of its private key"}).WithFix("restore the folder from a copy")
	}
	if w.lock, err = os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600); err != nil {
		return nil, unwritten(dir, err)
	}
	if err := syscall.Flock(int(w.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		w.lock.Close()
		return nil, (&glovebox.Error{Code: glovebox.CodeConflict, File: dir, Msg: "another process is this witness"}).WithFix("stop `glovebox witness serve` first")
	}
	return w, nil
}

// Close gives the folder free.
func (w *Witness) Close() error {
	// Closing alone would leave the lock with a process that is being started.
	_ = syscall.Flock(int(w.lock.Fd()), syscall.LOCK_UN)
	return w.lock.Close()
}

// Public is the witness's key, name+hash+key.
func (w *Witness) Public() string { return w.public }

// Log is a log that a witness follows.
type Log struct {
	Origin   string `json:"origin"`
	Size     uint64 `json:"size"` // of the largest tree that it signed; 0: none
	Root     string `json:"root,omitempty"`
	Conflict bool   `json:"conflict"` // a checkpoint that does not follow is kept
}

// Add follows the log whose public key this is: a line, or the key with its
// history. For a log that is followed already it replaces the keys, which have to
// be ones under which what was signed still counts.
func (w *Witness) Add(keys string) (*Log, error) {
	k, err := verify.ReadKeys(keys)
	if err != nil {
		return nil, err
	}
	origin, _, _ := strings.Cut(k.Named(), "+")
	w.mu.Lock()
	defer w.mu.Unlock()
	dir := w.at(origin)
	if b, err := get(filepath.Join(dir, seenName), maxCheckpoint); err == nil {
		if _, err := verify.ReadHead(b, keys); err != nil {
			return nil, glovebox.Errorf(glovebox.CodeConflict, "another key of this log is followed, and the new one does not follow from it").
				WithFix("give what `glovebox domain key --history` prints there")
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritten(dir, err)
	}
	if err := put(filepath.Join(dir, keysName), []byte(strings.TrimSpace(keys)+"\n"), 0o600); err != nil {
		return nil, unwritten(dir, err)
	}
	return w.log(origin)
}

// Logs lists what is followed.
func (w *Witness) Logs() ([]Log, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	names, err := os.ReadDir(filepath.Join(w.dir, logsDir))
	if err != nil {
		return nil, unwritten(w.dir, err)
	}
	out := []Log{}
	for _, n := range names {
		keys, err := get(filepath.Join(w.dir, logsDir, n.Name(), keysName), maxKeys)
		if err != nil {
			continue // killed before its first key was written
		}
		origin, _, _ := strings.Cut(string(keys), "+")
		l, err := w.log(origin)
		if err != nil {
			return nil, err
		}
		out = append(out, *l)
	}
	return out, nil
}

// at is the folder of a log.
func (w *Witness) at(origin string) string {
	h := sha256.Sum256([]byte(origin))
	return filepath.Join(w.dir, logsDir, hex.EncodeToString(h[:]))
}

// log is a log that is followed; the caller holds mu.
func (w *Witness) log(origin string) (*Log, error) {
	keys, seen, err := w.seen(origin)
	if err != nil {
		return nil, err
	}
	if keys == "" {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the witness does not follow this log").WithFix("`glovebox witness add` makes it follow one")
	}
	l := &Log{Origin: origin}
	if seen != nil {
		l.Size, l.Root = seen.Size, seen.Root
	}
	_, err = os.Lstat(filepath.Join(w.at(origin), badName))
	l.Conflict = err == nil
	return l, nil
}

// seen is the key of a log, "" if it is not followed, and the largest checkpoint
// that was signed, nil for none.
func (w *Witness) seen(origin string) (keys string, h *verify.Head, err error) {
	dir := w.at(origin)
	b, err := get(filepath.Join(dir, keysName), maxKeys)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, unwritten(dir, err)
	}
	keys = string(b)
	msg, err := get(filepath.Join(dir, seenName), maxCheckpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return keys, nil, nil
	}
	if err == nil {
		h, err = verify.ReadHead(msg, keys)
	}
	if err != nil {
		// Never as if nothing had been signed.
		return "", nil, (&glovebox.Error{Code: glovebox.CodeInternal, File: filepath.Join(dir, seenName), Msg: "what the witness signed last cannot be read"}).
			WithFix("restore the folder from a copy, or begin with a new key")
	}
	return keys, h, nil
}

// Seen is the note of the largest checkpoint of a log that was signed, with the
// cosignature. It fails with CodeNotFound for none.
func (w *Witness) Seen(_ context.Context, origin string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, h, err := w.seen(origin)
	if err != nil {
		return nil, err
	}
	if h == nil {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the witness does not follow this log").WithFix("`glovebox witness add` makes it follow one")
	}
	return h.Note, nil
}
