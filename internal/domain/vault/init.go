package vault

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/fault"
)

// newKeysDir is the name under which the keys directory is built.
const newKeysDir = ".keys-new"

// Init makes the keys and the empty vault of a new domain in dir, which is
// made if it is missing. It refuses a directory that has keys. The keys
// appear together or not at all.
func Init(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the directory cannot be made"}).WithFix("check the path and its owner")
	}
	keys, fresh := filepath.Join(dir, keysDir), filepath.Join(dir, newKeysDir)
	if _, err := os.Lstat(keys); err == nil {
		return (&glovebox.Error{Code: glovebox.CodeConflict, File: dir, Msg: "the domain has keys already"}).WithFix("name another directory")
	}
	for _, d := range []string{"", snapshotsDir, wrappedDir, tmpDir} {
		if err := makeDir(filepath.Join(dir, vaultDir, d)); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(fresh); err != nil { // of an Init that was stopped
		return internal(err, "a directory cannot be removed")
	}
	if err := makeDir(fresh); err != nil {
		return err
	}
	if err := writeKeys(fresh); err != nil {
		return err
	}
	fault.Point("keys-written")
	if err := os.Rename(fresh, keys); err != nil {
		return internal(err, "the keys cannot be put in place")
	}
	return syncDir(dir)
}

// Made says whether dir has a domain's keys, which is the last that Init does.
func Made(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, keysDir))
	return err == nil
}

// Makes says whether a name in a domain's directory is one that Init or
// WriteFile leaves there, also where they were stopped.
func Makes(name string) bool {
	return name == keysDir || name == newKeysDir || name == vaultDir || strings.HasPrefix(name, tmpPrefix)
}

func writeKeys(dir string) error {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return internal(err, "a key cannot be made")
	}
	if err := WriteFile(filepath.Join(dir, domainFile), []byte(id.String()+"\n")); err != nil {
		return err
	}
	master := randomKey().Bytes()
	wrapped, err := encryptSmall(master[:], id.Recipient())
	if err != nil {
		return internal(err, "a key cannot be encrypted")
	}
	if err := WriteFile(filepath.Join(dir, masterFile), wrapped); err != nil {
		return err
	}
	b, err := newSigner(randomKey()).privatePEM()
	if err != nil {
		return internal(err, "a key cannot be encoded")
	}
	return WriteFile(filepath.Join(dir, signFile), b)
}

func randomKey() Key {
	var b [KeySize]byte
	_, _ = rand.Read(b[:]) // never fails: the program stops if the system has no randomness
	return newKey(b)
}

// encryptSmall encrypts a small value to one recipient.
func encryptSmall(plain []byte, to age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decryptSmall reverses encryptSmall. Data is bounded by its caller.
func decryptSmall(data []byte, ids ...age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(data), ids...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
