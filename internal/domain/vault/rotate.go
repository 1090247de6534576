package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/fault"
)

// RotateIdentity gives the domain another identity: the master key, the keys of
// units and of snapshots and what was handed in are encrypted to it, and the old
// one is destroyed. One that was stopped is finished by the next, or by Settle; in
// between both identities open what there is. It returns the new public key.
func (v *Vault) RotateIdentity() (recipient string, err error) {
	v.turning.Lock()
	defer v.turning.Unlock()
	if err := v.Reload(); err != nil {
		return "", err
	}
	h := v.now.Load()
	if len(h.identities) == 1 {
		fresh, err := age.GenerateHybridIdentity()
		if err != nil {
			return "", internal(err, "a key cannot be made")
		}
		h = &held{identities: []*age.HybridIdentity{fresh, h.identities[0]}, master: h.master, sign: h.sign}
		if err := WriteFile(filepath.Join(v.dir, keysDir, domainFile), []byte(fresh.String()+"\n"+h.identities[1].String()+"\n")); err != nil {
			return "", err
		}
		v.now.Store(h)
		fault.Point("identity-made")
	}
	return h.identities[0].Recipient().String(), v.settle(h)
}

// Settle finishes a change of the domain's identity that was stopped, if there
// was one, and destroys replaced keys that were left.
func (v *Vault) Settle() error {
	v.turning.Lock()
	defer v.turning.Unlock()
	if h := v.now.Load(); len(h.identities) > 1 {
		if err := v.settle(h); err != nil {
			return err
		}
	}
	keys := filepath.Join(v.dir, keysDir)
	for _, dir := range []string{keys, filepath.Join(keys, unitsDir)} {
		if err := destroyUnfinished(dir); err != nil {
			return err
		}
	}
	return errors.Join(discard(filepath.Join(keys, domainFile)), discard(filepath.Join(keys, signFile)))
}

// settle encrypts to the new identity what there is, and destroys the old one.
// This process goes on to know both: a piece that another one just wrote stays
// readable to it.
func (v *Vault) settle(h *held) error {
	all, err := v.wrapped()
	if err != nil {
		return err
	}
	for _, path := range all {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // destroyed meanwhile
		}
		var plain []byte
		if err == nil {
			plain, err = h.open(data)
		}
		if err != nil {
			return brokenKey(path)
		}
		sealed, err := encryptSmall(plain, h.identities[0].Recipient())
		if err != nil {
			return internal(err, "a key cannot be encrypted")
		}
		if err := WriteFile(path, sealed); err != nil {
			return err
		}
	}
	fault.Point("keys-wrapped")
	path := filepath.Join(v.dir, keysDir, domainFile)
	if err := aside(path); err != nil {
		return err
	}
	if err := WriteFile(path, []byte(h.identities[0].String()+"\n")); err != nil {
		return err
	}
	return discard(path)
}

// oldSuffix ends the name of a key that is replaced, until it is destroyed.
const oldSuffix = ".old"

// aside gives a key that is about to be replaced a second name, under which it
// can be overwritten when another stands in its place.
func aside(path string) error {
	if err := discard(path); err != nil {
		return err
	}
	if err := os.Link(path, path+oldSuffix); err != nil {
		return internal(err, "a key cannot be replaced")
	}
	return nil
}

// discard destroys a key that was replaced. One that was not, because the
// replacing was stopped before, only loses its second name.
func discard(path string) error {
	now, err := os.Lstat(path)
	if err != nil {
		return unreadable(path, err)
	}
	old, err := os.Lstat(path + oldSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !os.SameFile(now, old) {
		return destroyKey(path + oldSuffix)
	}
	if err == nil {
		err = os.Remove(path + oldSuffix)
	}
	if err != nil {
		return internal(err, "a key cannot be destroyed")
	}
	return nil
}

// destroyUnfinished destroys keys that were being written when a process died.
func destroyUnfinished(dir string) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, n := range names {
		if strings.HasPrefix(n.Name(), tmpPrefix) {
			err = errors.Join(err, destroyKey(filepath.Join(dir, n.Name())))
		}
	}
	if err != nil {
		return internal(err, "an unfinished file cannot be removed")
	}
	return nil
}

// wrapped lists the files that are encrypted to the domain's identity.
func (v *Vault) wrapped() (out []string, err error) {
	out = append(out, filepath.Join(v.dir, keysDir, masterFile))
	for _, dir := range []string{filepath.Join(v.dir, keysDir, unitsDir), v.path(wrappedDir), v.path(uploadsDir)} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() && !strings.HasPrefix(e.Name(), tmpPrefix) {
				out = append(out, path)
			}
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return err
		})
		if err != nil {
			return nil, internal(err, "the vault cannot be read")
		}
	}
	return out, nil
}

// NextSigner makes the signing key that comes after the present one, in the place
// of one that was made and not taken.
func (v *Vault) NextSigner() (*Signer, error) {
	s := newSigner(randomKey())
	b, err := s.privatePEM()
	if err != nil {
		return nil, internal(err, "a key cannot be encoded")
	}
	return s, WriteFile(filepath.Join(v.dir, keysDir, nextSignFile), b)
}

// TakeSigner makes the signing key that NextSigner made the present one, and
// destroys the one before. It fails with CodeConflict unless the next one has that
// public key; where the present one has it, it does nothing.
func (v *Vault) TakeSigner(public []byte) error {
	if err := v.Reload(); err != nil {
		return err
	}
	now, next := filepath.Join(v.dir, keysDir, signFile), filepath.Join(v.dir, keysDir, nextSignFile)
	if string(v.Signer().public) == string(public) {
		return discard(now)
	}
	s, err := readSigner(next)
	if err != nil {
		return err
	}
	if string(s.public) != string(public) {
		return glovebox.Errorf(glovebox.CodeConflict, "the next signing key is not the one that the log names").WithFix("restore the keys directory from a backup")
	}
	if err := aside(now); err != nil {
		return err
	}
	if err := os.Rename(next, now); err != nil {
		return internal(err, "a key cannot be replaced")
	}
	if err := syncDir(filepath.Dir(now)); err != nil {
		return err
	}
	fault.Point("signer-taken")
	return errors.Join(discard(now), v.Reload())
}

// UnitKey is the key that turns identifiers of a unit space into tokens: one made
// of the master key for generation 0, the first, one of its own for each that came
// after.
func (v *Vault) UnitKey(space string, generation int) (Key, error) {
	if generation == 0 {
		return v.derive("unit", space), nil
	}
	path, err := v.unitPath(space, generation)
	if err != nil {
		return Key{}, err
	}
	b, err := readPrivate(path)
	if err != nil {
		return Key{}, err
	}
	plain, err := v.own(b)
	if err != nil || len(plain) != KeySize {
		return Key{}, brokenKey(path)
	}
	return newKey([KeySize]byte(plain)), nil
}

// NewUnitKey makes the key of a further generation. One that is there, because it
// was made and the change was not recorded, stays.
func (v *Vault) NewUnitKey(space string, generation int) error {
	path, err := v.unitPath(space, generation)
	if err != nil {
		return err
	}
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	v.turning.RLock()
	defer v.turning.RUnlock()
	k := randomKey().Bytes()
	sealed, err := encryptSmall(k[:], v.recipient())
	if err != nil {
		return internal(err, "a key cannot be encrypted")
	}
	return WriteFile(path, sealed)
}

func (v *Vault) unitPath(space string, generation int) (string, error) {
	if !codeForm().MatchString(space) || generation < 1 {
		return "", glovebox.Errorf(glovebox.CodeInternal, "not a generation of a unit space's key")
	}
	return filepath.Join(v.dir, keysDir, unitsDir, fmt.Sprintf("%s-%d.age", space, generation)), nil
}
