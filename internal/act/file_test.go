package act_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
)

func TestFileKey(t *testing.T) {
	for _, scheme := range []string{act.Ed25519, act.SM2} {
		dir := t.TempDir()
		at := filepath.Join(dir, "key.pem")
		made, err := act.GenerateFileKey(at, scheme, "desk")
		if err != nil {
			t.Fatal(scheme, err)
		}
		st, err := os.Stat(at)
		if err != nil || st.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v", scheme, st.Mode(), err)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
			t.Errorf("%s: left over: %v, %v", scheme, all, err)
		}
		read, err := act.ReadFileKey(at, "desk")
		if err != nil {
			t.Fatal(scheme, err)
		}
		if read.Key() != made.Key() {
			t.Errorf("%s: %+v was made, %+v is read", scheme, made.Key(), read.Key())
		}
		e, err := read.Sign(sample())
		if err != nil {
			t.Fatal(scheme, err)
		}
		if _, err := made.Key().Verify(e); err != nil {
			t.Error(scheme, err)
		}
		before, _ := os.ReadFile(at)
		if _, err := act.GenerateFileKey(at, scheme, ""); glovebox.CodeOf(err) != glovebox.CodeConflict {
			t.Errorf("%s: a key is written over another: %v", scheme, err)
		}
		if after, _ := os.ReadFile(at); !bytes.Equal(before, after) {
			t.Errorf("%s: the file changed", scheme)
		}
	}
}

// TestFileKeyRefused: files that somebody else could have read or put there, and
// files that hold no key of ours.
func TestFileKeyRefused(t *testing.T) {
	good := filepath.Join(t.TempDir(), "key.pem")
	if _, err := act.GenerateFileKey(good, act.Ed25519, ""); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte, mode os.FileMode) func(string) error {
		return func(at string) error { return errors.Join(os.WriteFile(at, b, 0o600), os.Chmod(at, mode)) }
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte, head map[string]string) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der, Headers: head})
	}
	p, _ := pem.Decode(content)
	for name, make := range map[string]func(string) error{
		"readable by a group":       write(content, 0o640),
		"readable by all":           write(content, 0o604),
		"writable by a group":       write(content, 0o620),
		"one to run":                write(content, 0o700),
		"set to a user":             write(content, 0o600|os.ModeSetuid),
		"a link":                    func(at string) error { return os.Symlink(good, at) },
		"a link to nowhere":         func(at string) error { return os.Symlink("nowhere", at) },
		"a directory":               func(at string) error { return os.Mkdir(at, 0o600) },
		"a pipe":                    func(at string) error { return syscall.Mkfifo(at, 0o600) },
		"not there":                 func(string) error { return nil },
		"empty":                     write(nil, 0o600),
		"long":                      write(append(bytes.Clone(content), bytes.Repeat([]byte("\n"), 4<<10)...), 0o600),
		"two keys":                  write(append(bytes.Clone(content), content...), 0o600),
		"text before it":            write(append([]byte("x\n"), content...), 0o600),
		"a header":                  write(block("PRIVATE KEY", p.Bytes, map[string]string{"a": "b"}), 0o600),
		"a public key":              write(block("PUBLIC KEY", p.Bytes, nil), 0o600),
		"bytes after the key":       write(block("PRIVATE KEY", append(bytes.Clone(p.Bytes), 0), nil), 0o600),
		"a key of a passkey's kind": write(block("PRIVATE KEY", der, nil), 0o600),
	} {
		at := filepath.Join(t.TempDir(), "key.pem")
		if err := make(at); err != nil {
			t.Fatal(name, err)
		}
		_, err := act.ReadFileKey(at, "")
		var e *glovebox.Error
		if !errors.As(err, &e) || e.Fix == "" || e.File != at || e.Code != glovebox.CodeInvalid && name != "not there" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if os.Geteuid() == 0 {
		at := filepath.Join(t.TempDir(), "key.pem")
		if err := errors.Join(write(content, 0o600)(at), os.Chown(at, 12345, 12345)); err != nil {
			t.Fatal(err)
		}
		if _, err := act.ReadFileKey(at, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("another account's: %v", err)
		}
	}
	for _, scheme := range []string{act.WebAuthn, "", "rsa"} {
		if _, err := act.GenerateFileKey(filepath.Join(t.TempDir(), "k"), scheme, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("a file of scheme %q: %v", scheme, err)
		}
	}
	if _, err := act.GenerateFileKey(filepath.Join(t.TempDir(), "no", "k"), act.Ed25519, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("in no directory: %v", err)
	}
}

// broken is a token that does something else than it should.
type broken struct {
	act.Token
	public func() ([]byte, error)
	sign   func([]byte) ([]byte, error)
}

func (b broken) Scheme() string                         { return act.Ed25519 }
func (b broken) Public() ([]byte, error)                { return b.public() }
func (b broken) SignMessage(msg []byte) ([]byte, error) { return b.sign(msg) }

// TestBrokenTokenSignsNothing: what a token makes is checked before it is used.
func TestBrokenTokenSignsNothing(t *testing.T) {
	pub, _, err := ed25519Key()
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ed25519Key()
	if err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the token was pulled out")
	for name, sign := range map[string]func([]byte) ([]byte, error){
		"another key": other,
		"nothing":     func([]byte) ([]byte, error) { return nil, nil },
		"gone":        func([]byte) ([]byte, error) { return nil, gone },
	} {
		s, err := act.NewSigner(broken{public: func() ([]byte, error) { return pub, nil }, sign: sign}, "")
		if err != nil {
			t.Fatal(err)
		}
		denied(t, name, func() error { _, err := s.Sign(sample()); return err })
	}
	if _, err := act.NewSigner(broken{public: func() ([]byte, error) { return nil, gone }}, ""); !errors.Is(err, gone) {
		t.Error(err)
	}
}

func ed25519Key() (der []byte, sign func([]byte) ([]byte, error), err error) {
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	der, err = x509.MarshalPKIXPublicKey(pub)
	return der, func(msg []byte) ([]byte, error) { return ed25519.Sign(key, msg), nil }, err
}
