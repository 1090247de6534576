package vault

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// OpenPart decrypts one file of a snapshot, under the name that it was created
// with, into memory and returns it as a sealed memory file, at its start. The
// file has been checked in full against its key and digest; it can be read
// through /proc/self/fd/N, mapped and inherited, never changed. The caller
// closes it. It takes as much memory as the part is large.
func (v *Vault) OpenPart(code string, version int, name string) (*os.File, error) {
	s := snapshot{code, version}
	id, x, err := v.snapshotKey(s)
	if err != nil {
		return nil, err
	}
	e, ok := x[name]
	if !ok || name == manifestFile {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "%s has no such part", s.name())
	}
	mem, err := newMemory()
	if err != nil {
		return nil, err
	}
	err = v.decrypt(mem, s, id, name, e)
	if err == nil {
		err = sealMemory(mem)
	}
	if err != nil {
		_ = mem.Close()
		return nil, err
	}
	return mem, nil
}

// ReadManifest returns the manifest that the snapshot was committed with.
func (v *Vault) ReadManifest(code string, version int) ([]byte, error) {
	s := snapshot{code, version}
	id, x, err := v.snapshotKey(s)
	if err != nil {
		return nil, err
	}
	e, ok := x[manifestFile]
	if !ok || e.size > maxManifest {
		return nil, damaged(s, indexFile, nil)
	}
	var out bytes.Buffer
	if err := v.decrypt(&out, s, id, manifestFile, e); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// outFault marks an error of the place that plaintext is written to.
type outFault struct {
	w   io.Writer
	err error
}

func (o *outFault) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}

// decrypt writes the plaintext of a file to out and fails unless it is the one
// that the index names. Out must not be used after an error.
func (v *Vault) decrypt(out io.Writer, s snapshot, id age.Identity, name string, e entry) error {
	f, err := openRegular(filepath.Join(v.snapshotPath(s), name+suffix))
	if err != nil {
		return damaged(s, name, err)
	}
	defer f.Close()
	// The format adds a header and 16 bytes to every 64 KiB: what is much
	// larger is not read at all.
	if st, err := f.Stat(); err != nil || st.Size() > e.size+e.size/2048+maxKeyFile {
		return damaged(s, name, err)
	}
	r, err := age.Decrypt(bufio.NewReaderSize(f, 256<<10), id)
	if err != nil {
		return damaged(s, name, err)
	}
	hash := sha256.New()
	to := &outFault{w: out}
	n, err := io.CopyBuffer(io.MultiWriter(to, hash), io.LimitReader(r, e.size+1), make([]byte, 256<<10))
	switch {
	case to.err != nil:
		return internal(to.err, "there is no memory for %s of %s", name, s.name())
	case err != nil:
		return damaged(s, name, err)
	case n != e.size || [sha256.Size]byte(hash.Sum(nil)) != e.digest:
		return damaged(s, name, nil)
	}
	return nil
}

func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func readBounded(path string, most int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(b)) > most {
		err = errors.New("too large")
	}
	return b, err
}
