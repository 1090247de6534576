package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// Sealed is one encrypted file of a snapshot, for who decrypts it elsewhere. The
// key opens this file and no other: the snapshot's own stays here.
type Sealed struct {
	Locator string // 32 hex digits, of which nobody can tell the snapshot
	Key     Key16
	Bytes   int64  // of the ciphertext
	Size    int64  // of the plaintext
	SHA256  []byte // of the plaintext
	path    string
}

// Key16 is a file key of age. However it is printed, its bytes do not show.
type Key16 struct{ get func() [16]byte }

// Bytes is the key itself.
func (k Key16) Bytes() []byte {
	b := k.get()
	return b[:]
}

// Format prints "[redacted]" for every verb.
func (k Key16) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText returns "[redacted]".
func (k Key16) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Sealed finds a file of a snapshot, under the name that it was created with,
// without decrypting it.
func (v *Vault) Sealed(code string, version int, name string) (*Sealed, error) {
	s := snapshot{code, version}
	id, x, err := v.snapshotKey(s)
	if err != nil {
		return nil, err
	}
	e, ok := x[name]
	if !ok || name == manifestFile {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "%s has no such part", s.name())
	}
	path := filepath.Join(v.snapshotPath(s), name+suffix)
	f, err := openRegular(path)
	if err != nil {
		return nil, damaged(s, name, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, damaged(s, name, err)
	}
	header, err := age.ExtractHeader(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, damaged(s, name, err)
	}
	key, err := age.DecryptHeader(header, id)
	if err != nil || len(key) != 16 {
		return nil, damaged(s, name, err)
	}
	out := &Sealed{Bytes: st.Size(), Size: e.size, SHA256: bytes.Clone(e.digest[:]), path: path}
	held := [16]byte(key)
	out.Key = Key16{func() [16]byte { return held }}
	// A name under a key that is made of the snapshot's own: nobody without it can
	// tell whose file this is, or make the name of another.
	k, err := hkdf.Key(sha256.New, []byte(id.String()+"\n"), nil, "glovebox/v1/locator", KeySize)
	if err != nil {
		return nil, internal(err, "a key cannot be derived")
	}
	h := hmac.New(sha256.New, k)
	h.Write([]byte(name))
	out.Locator = hex.EncodeToString(h.Sum(nil)[:16])
	return out, nil
}

// Open opens the ciphertext.
func (s *Sealed) Open() (io.ReadCloser, error) {
	f, err := openRegular(s.path)
	if err != nil {
		return nil, internal(err, "a file of the vault cannot be read")
	}
	return f, nil
}
