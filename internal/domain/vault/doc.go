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
	"sync"
	"sync/atomic"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// Vault is an open vault. It is safe for use by several goroutines.
type Vault struct {
	dir string
	now atomic.Pointer[held]
	// turning is held while what is encrypted to the domain is encrypted anew.
	turning sync.RWMutex
}

// held are the keys as they stand. While the domain's identity is being replaced
// there are two of them, the new one first.
type held struct {
	identities []*age.HybridIdentity
	master     Key
	sign       *Signer
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
	nextSignFile = "sign.next"
	unitsDir     = "units"
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
	return v, v.Reload()
}

// Reload reads the keys again: another process may have replaced them.
func (v *Vault) Reload() (err error) {
	keys, h := filepath.Join(v.dir, keysDir), &held{}
	if h.identities, err = readIdentities(filepath.Join(keys, domainFile)); err != nil {
		return err
	}
	if h.master, err = h.readMaster(filepath.Join(keys, masterFile)); err != nil {
		return err
	}
	if h.sign, err = readSigner(filepath.Join(keys, signFile)); err != nil {
		return err
	}
	v.now.Store(h)
	return nil
}

// recipient is whom new files are encrypted to.
func (v *Vault) recipient() age.Recipient { return v.now.Load().identities[0].Recipient() }

// own decrypts a small file that is encrypted to the domain. Another process may
// have replaced the domain's identity since it was read.
func (v *Vault) own(data []byte) ([]byte, error) {
	plain, err := v.now.Load().open(data)
	if err != nil && v.Reload() == nil {
		plain, err = v.now.Load().open(data)
	}
	return plain, err
}

func (h *held) open(data []byte) ([]byte, error) {
	ids := make([]age.Identity, len(h.identities))
	for i, id := range h.identities {
		ids[i] = id
	}
	return decryptSmall(data, ids...)
}

// Signer is the domain's one signing key: it signs the checkpoints of the audit
// log and the statements of release bundles. The two forms of signed bytes
// cannot be mistaken for each other (package exporter/bundle says why), and one
// key is what an auditor can keep.
func (v *Vault) Signer() *Signer { return v.now.Load().sign }

func readIdentities(path string) (out []*age.HybridIdentity, err error) {
	b, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	ids, err := age.ParseIdentities(strings.NewReader(string(b)))
	if err != nil || len(ids) == 0 || len(ids) > 2 {
		return nil, brokenKey(path) // the parser's text could quote the key
	}
	for _, one := range ids {
		id, ok := one.(*age.HybridIdentity)
		if !ok {
			return nil, brokenKey(path)
		}
		out = append(out, id)
	}
	return out, nil
}

func (h *held) readMaster(path string) (Key, error) {
	b, err := readPrivate(path)
	if err != nil {
		return Key{}, err
	}
	plain, err := h.open(b)
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
