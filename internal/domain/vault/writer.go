package vault

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"filippo.io/age"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/fault"
)

const (
	suffix       = ".age"
	manifestFile = "manifest.json"
	indexFile    = "index"
	maxManifest  = 16 << 20 // bytes
	maxIndex     = 1 << 20
)

// SnapshotWriter builds one snapshot. Until Commit returns nothing of it can
// be opened; what it leaves when the process dies is removed by Clean.
type SnapshotWriter struct {
	v   *Vault
	id  snapshot
	key *age.HybridIdentity
	dir string // under the vault's tmp

	mu    sync.Mutex
	files index
	open  []string // names being written, or that failed to be
	ended bool
}

// NewSnapshot starts a snapshot with a key of its own. It refuses a version
// that exists.
func (v *Vault) NewSnapshot(code string, version int) (*SnapshotWriter, error) {
	s := snapshot{code, version}
	if err := s.valid(); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(v.snapshotPath(s)); err == nil {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "%s is in the vault already", s.name()).WithFix("load the next version")
	}
	key, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, internal(err, "a key cannot be made")
	}
	dir, err := os.MkdirTemp(v.path(tmpDir), code+"-"+strconv.Itoa(version)+"-")
	if err != nil {
		return nil, internal(err, "the vault cannot be written")
	}
	return &SnapshotWriter{v: v, id: s, key: key, dir: dir, files: index{}}, nil
}

// Create starts a file of the snapshot, such as "part-0000.parquet" or
// "sealed-0000.parquet"; what is written to it reaches the disk encrypted.
// Several files may be written at once, each by one goroutine. A file counts
// once its Close has returned nil.
func (w *SnapshotWriter) Create(name string) (io.WriteCloser, error) {
	if name == manifestFile || !nameForm().MatchString(name) {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "not a name for a part of a snapshot")
	}
	return w.create(name)
}

func (w *SnapshotWriter) create(name string) (io.WriteCloser, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, written := w.files[name]
	switch {
	case w.ended:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "%s is finished: nothing can be added", w.id.name())
	case written || slices.Contains(w.open, name):
		return nil, glovebox.Errorf(glovebox.CodeInternal, "%s of %s is written twice", name, w.id.name())
	case len(w.files)+len(w.open) >= maxFiles:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "%s has too many parts", w.id.name())
	}
	f, err := os.OpenFile(filepath.Join(w.dir, name+suffix), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, internal(err, "a part cannot be written")
	}
	buf := bufio.NewWriterSize(f, 256<<10)
	enc, err := age.Encrypt(buf, w.key.Recipient())
	if err != nil {
		_ = f.Close()
		return nil, internal(err, "a part cannot be encrypted")
	}
	w.open = append(w.open, name)
	return &partWriter{w: w, name: name, file: f, buf: buf, enc: enc, hash: sha256.New()}, nil
}

// partWriter encrypts one file.
type partWriter struct {
	w      *SnapshotWriter
	name   string
	file   *os.File
	buf    *bufio.Writer
	enc    io.WriteCloser
	hash   hash.Hash
	size   int64
	err    error
	closed bool
}

// Write encrypts p.
func (p *partWriter) Write(b []byte) (int, error) {
	if p.closed {
		return 0, os.ErrClosed
	}
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.enc.Write(b)
	p.hash.Write(b[:n])
	p.size += int64(n)
	if err == nil && p.size > maxPlainSize {
		err = glovebox.Errorf(glovebox.CodeInternal, "a part is too large")
	}
	if err != nil {
		p.err = internal(err, "a part cannot be written")
	}
	return n, p.err
}

// Close ends the encryption and makes the file durable.
func (p *partWriter) Close() error {
	if p.closed {
		return p.err
	}
	p.closed = true
	for _, step := range []func() error{p.enc.Close, p.buf.Flush, p.file.Sync} {
		if p.err == nil {
			if err := step(); err != nil {
				p.err = internal(err, "a part cannot be written")
			}
		}
	}
	if err := p.file.Close(); err != nil && p.err == nil {
		p.err = internal(err, "a part cannot be written")
	}
	if p.err != nil {
		return p.err
	}
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.files[p.name] = entry{p.size, [sha256.Size]byte(p.hash.Sum(nil))}
	p.w.open = slices.DeleteFunc(p.w.open, func(n string) bool { return n == p.name })
	fault.Point("vault-part")
	return nil
}

// Commit adds the manifest (at most 16 MiB) and makes the snapshot appear, as
// a whole and durably. Every part must be closed. After an error the snapshot
// is not there; Abort removes what was written.
func (w *SnapshotWriter) Commit(manifest []byte) error {
	if len(manifest) > maxManifest {
		return glovebox.Errorf(glovebox.CodeInternal, "the manifest of %s is too large", w.id.name())
	}
	if err := w.put(manifestFile, manifest); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ended:
		return glovebox.Errorf(glovebox.CodeInternal, "%s is finished already", w.id.name())
	case len(w.open) > 0:
		return glovebox.Errorf(glovebox.CodeInternal, "%d parts of %s are not complete", len(w.open), w.id.name())
	}
	sealed, err := encryptSmall(w.files.encode(w.id), w.key.Recipient())
	if err != nil {
		return internal(err, "the index cannot be encrypted")
	}
	if err := WriteFile(filepath.Join(w.dir, indexFile+suffix), sealed); err != nil { // syncs the directory too
		return err
	}
	w.v.turning.RLock()
	defer w.v.turning.RUnlock()
	wrapped, err := encryptSmall([]byte(w.key.String()+"\n"), w.v.recipient())
	if err != nil {
		return internal(err, "a key cannot be encrypted")
	}
	if _, err := os.Lstat(w.v.snapshotPath(w.id)); err == nil { // its key must not be overwritten
		return glovebox.Errorf(glovebox.CodeConflict, "%s is in the vault already", w.id.name())
	}
	home := w.v.path(snapshotsDir, w.id.code)
	if err := makeDir(home); err != nil {
		return err
	}
	if err := WriteFile(w.v.keyPath(w.id), wrapped); err != nil {
		return err
	}
	fault.Point("vault-key")
	if err := os.Rename(w.dir, w.v.snapshotPath(w.id)); err != nil {
		return internal(err, "%s cannot be put in place", w.id.name())
	}
	fault.Point("vault-renamed")
	if err := syncDir(home); err != nil {
		return errors.Join(err, w.v.destroy(w.id))
	}
	w.ended = true
	return nil
}

func (w *SnapshotWriter) put(name string, data []byte) error {
	f, err := w.create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// Abort removes what was written. After Commit it does nothing, so it can be
// deferred.
func (w *SnapshotWriter) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return nil
	}
	w.ended = true
	if err := os.RemoveAll(w.dir); err != nil {
		return internal(err, "what was written of %s cannot be removed", w.id.name())
	}
	if _, err := os.Lstat(w.v.snapshotPath(w.id)); os.IsNotExist(err) {
		return destroyKey(w.v.keyPath(w.id)) // of a Commit that failed
	}
	return nil
}
