// Package vault keeps a domain's keys and the encrypted files of its
// snapshots. docs/formats/vault.md describes every file.
//
// It promises: no file under the vault holds a row of data unencrypted; a
// snapshot is there as a whole or not at all, whenever the process dies; a
// part is read only if it is, byte for byte, what was written under that name
// for that snapshot; it is handed out as a sealed memory file that no path
// leads to and nobody can change; a snapshot whose key was destroyed cannot be
// read again with what the directory holds. Keys print as "[redacted]".
//
// It does not promise anything against an account that can read the keys
// directory: the keys lie on the same disk, protected by file modes. It cannot
// see copies of keys in backups, on copy-on-write file systems or in the spare
// blocks of a disk; memory files can be swapped out, so swap should be off or
// encrypted. It does not wipe keys from memory. One process at a time may
// write (NewSnapshot, DestroySnapshot, Clean): the caller holds the domain's
// lock. Reading needs no lock. Linux only.
package vault

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// Vault is an open vault. It is safe for use by several goroutines.
type Vault struct {
	dir      string
	identity *age.HybridIdentity
	master   Key
	sign     *Signer
}

// Format prints the directory and no key, whatever the verb.
func (v *Vault) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "vault %s", v.dir) }

// Paths under the domain's directory.
const (
	keysDir      = "keys"
	vaultDir     = "vault"
	domainFile   = "domain.age"
	masterFile   = "master.age"
	signFile     = "sign.ed25519"
	snapshotsDir = "snapshots"
	wrappedDir   = "keys"
	tmpDir       = "tmp"
)

func (v *Vault) path(elem ...string) string {
	return filepath.Join(append([]string{v.dir, vaultDir}, elem...)...)
}

// Open reads the keys of the domain in dir. It refuses keys that others than
// the owner can get at, and changes nothing.
func Open(dir string) (*Vault, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, internal(err, "the domain's directory cannot be named")
	}
	keys := filepath.Join(dir, keysDir)
	if _, err := os.Lstat(keys); os.IsNotExist(err) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "there are no keys: this is not a domain"}).WithFix("`glovebox init DIR` makes one")
	}
	for _, d := range []string{keys, filepath.Join(dir, vaultDir)} {
		if err := checkPrivate(d, fs.ModeDir); err != nil {
			return nil, err
		}
	}
	v := &Vault{dir: dir}
	if v.identity, err = readIdentity(filepath.Join(keys, domainFile)); err != nil {
		return nil, err
	}
	if v.master, err = v.readMaster(filepath.Join(keys, masterFile)); err != nil {
		return nil, err
	}
	if v.sign, err = readSigner(filepath.Join(keys, signFile)); err != nil {
		return nil, err
	}
	return v, nil
}

// Signer is the domain's one signing key: it signs the checkpoints of the audit
// log and the statements of release bundles. The two forms of signed bytes
// cannot be mistaken for each other (package exporter/bundle says why), and one
// key is what an auditor can keep.
func (v *Vault) Signer() *Signer { return v.sign }

func readIdentity(path string) (*age.HybridIdentity, error) {
	b, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	ids, err := age.ParseIdentities(strings.NewReader(string(b)))
	if err != nil || len(ids) != 1 {
		return nil, brokenKey(path) // the parser's text could quote the key
	}
	id, ok := ids[0].(*age.HybridIdentity)
	if !ok {
		return nil, brokenKey(path)
	}
	return id, nil
}

func (v *Vault) readMaster(path string) (Key, error) {
	b, err := readPrivate(path)
	if err != nil {
		return Key{}, err
	}
	plain, err := decryptSmall(b, v.identity)
	if err != nil || len(plain) != KeySize {
		return Key{}, brokenKey(path)
	}
	return newKey([KeySize]byte(plain)), nil
}

func brokenKey(path string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the key is damaged"}).WithFix("restore the keys directory from a backup")
}

func internal(err error, format string, a ...any) error {
	return glovebox.Errorf(glovebox.CodeInternal, format, a...).Because(err)
}
