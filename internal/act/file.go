package act

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"glovebox.example/glovebox"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/sys/unix"
)

// maxKeyFile is the longest file of a private key in bytes.
const maxKeyFile = 4 << 10

// FileKey is a Signer whose private key is a file: PKCS#8 in PEM, mode 0600, as
// openssl reads and writes it.
type FileKey struct{ Signer }

// GenerateFileKey makes a key of scheme Ed25519 or SM2 and writes it into a new
// file, whole or not at all. It fails with CodeConflict if the file is there.
func GenerateFileKey(path, scheme, label string) (*FileKey, error) {
	var t Token
	var der []byte
	var err error
	switch scheme {
	case Ed25519:
		var k ed25519.PrivateKey
		if _, k, err = ed25519.GenerateKey(rand.Reader); err == nil {
			t = edToken{k}
			der, err = x509.MarshalPKCS8PrivateKey(k)
		}
	case SM2:
		var k *sm2.PrivateKey
		if k, err = sm2.GenerateKey(rand.Reader); err == nil {
			t = sm2Token{k}
			der, err = smx509.MarshalPKCS8PrivateKey(k)
		}
	default:
		return nil, badKey("scheme", "not %s or %s: files hold no other keys", Ed25519, SM2).WithFix("use %s", Ed25519)
	}
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a key cannot be made").Because(err)
	}
	s, err := NewSigner(t, label)
	if err != nil {
		return nil, err
	}
	if err := writeNew(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, err
	}
	return &FileKey{s}, nil
}

// ReadFileKey reads the key in a file. It refuses a link, a file of somebody
// else, and one that others than its owner can get at. It fails with CodeInvalid
// or CodeNotFound.
func ReadFileKey(path, label string) (*FileKey, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(data)
	if block == nil || block.Type != "PRIVATE KEY" || len(block.Headers) > 0 || len(bytes.TrimSpace(rest)) > 0 || !bytes.HasPrefix(data, []byte("-----BEGIN ")) {
		return nil, badFile(path, "not a private key in PKCS#8 and PEM")
	}
	var whole asn1.RawValue
	if after, err := asn1.Unmarshal(block.Bytes, &whole); err != nil || len(after) > 0 {
		return nil, badFile(path, "not a private key in PKCS#8 and PEM")
	}
	var t Token
	if v, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if k, ok := v.(ed25519.PrivateKey); ok {
			t = edToken{k}
		}
	} else if v, err := smx509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if k, ok := v.(*sm2.PrivateKey); ok {
			t = sm2Token{k}
		}
	}
	if t == nil {
		return nil, badFile(path, "holds neither an Ed25519 nor an SM2 key")
	}
	s, err := NewSigner(t, label)
	if err != nil {
		return nil, err
	}
	return &FileKey{s}, nil
}

// writeNew writes a file that was not there, for its owner alone. Its name
// appears when all of it is on disk.
func writeNew(path string, data []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return unwritable(path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // unlike a rename it replaces nothing
	}
	if err != nil {
		return unwritable(path, err)
	}
	d, err := os.Open(dir)
	if err != nil {
		return unwritable(path, err)
	}
	err = errors.Join(d.Sync(), d.Close())
	if err != nil {
		return unwritable(path, err)
	}
	return nil
}

func readPrivate(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e := badFile(path, "there is no such file").WithFix("make a key, or name the file of the one you have")
		e.Code = glovebox.CodeNotFound
		return nil, e
	case errors.Is(err, unix.ELOOP):
		return nil, badFile(path, "a link").WithFix("name the file itself")
	case err != nil:
		return nil, badFile(path, "cannot be read").WithFix("use the account that made the key")
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, badFile(path, "cannot be read").WithFix("use the account that made the key")
	}
	owner, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case !st.Mode().IsRegular():
		return nil, badFile(path, "not a regular file").WithFix("name the file of a key")
	case !ok || int(owner.Uid) != os.Geteuid():
		return nil, badFile(path, "belongs to another account").WithFix("use the account that made the key")
	case st.Mode().Perm()&^0o600 != 0 || st.Mode()&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) != 0:
		return nil, badFile(path, "is open to others than its owner (mode %04o)", st.Mode().Perm()).
			WithFix("if others had access, revoke the key and make a new one; else run: chmod 600 '%s'", path)
	case st.Size() > maxKeyFile:
		return nil, badFile(path, "%d bytes, more than %d", st.Size(), maxKeyFile)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil || len(data) > maxKeyFile {
		return nil, badFile(path, "cannot be read").WithFix("use the account that made the key")
	}
	return data, nil
}

func badFile(path, format string, a ...any) *glovebox.Error {
	return refused(path, "", format, a...).WithFix("make a new key; this one cannot be used")
}

func unwritable(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		e := badFile(path, "there is a file already").WithFix("name another file: a key is never overwritten")
		e.Code = glovebox.CodeConflict
		return e
	}
	return badFile(path, "cannot be written").WithFix("name a file in a directory of your own, on a disk with room")
}
