package vault

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// snapshot names one snapshot.
type snapshot struct {
	code    string
	version int
}

var codeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`) })

// name is how messages call the snapshot.
func (s snapshot) name() string { return fmt.Sprintf("snapshot %s version %d", s.code, s.version) }

// valid keeps codes and versions from being anything but one path element.
func (s snapshot) valid() error {
	if !codeForm().MatchString(s.code) || s.version < 1 {
		return glovebox.Errorf(glovebox.CodeInvalid, "not the name of a snapshot").WithFix("a snapshot has a dataset's code and a version from 1")
	}
	return nil
}

func (v *Vault) snapshotPath(s snapshot) string {
	return v.path(snapshotsDir, s.code, strconv.Itoa(s.version))
}

func (v *Vault) keyPath(s snapshot) string {
	return v.path(wrappedDir, fmt.Sprintf("%s-%d.age", s.code, s.version))
}

// parseKeyName reverses the last element of keyPath.
func parseKeyName(name string) (snapshot, bool) {
	base, ok := strings.CutSuffix(name, ".age")
	i := strings.LastIndexByte(base, '-')
	if !ok || i < 0 {
		return snapshot{}, false
	}
	return parseSnapshot(base[:i], base[i+1:])
}

func parseSnapshot(code, version string) (snapshot, bool) {
	n, err := strconv.Atoi(version)
	s := snapshot{code, n}
	return s, err == nil && s.valid() == nil && strconv.Itoa(n) == version
}

// snapshotKey unwraps the key of a snapshot and reads its index.
func (v *Vault) snapshotKey(s snapshot) (*age.HybridIdentity, index, error) {
	if err := s.valid(); err != nil {
		return nil, nil, err
	}
	_, err := os.Lstat(v.keyPath(s))
	_, dirErr := os.Lstat(v.snapshotPath(s))
	switch {
	case os.IsNotExist(err) && os.IsNotExist(dirErr):
		return nil, nil, glovebox.Errorf(glovebox.CodeNotFound, "%s is not in the vault", s.name()).WithFix("load the dataset; a destroyed snapshot cannot be brought back")
	case os.IsNotExist(err):
		return nil, nil, glovebox.Errorf(glovebox.CodeConflict, "the key of %s was destroyed: what is left of it cannot be read", s.name()).WithFix("load the dataset again")
	}
	wrapped, err := readPrivate(v.keyPath(s))
	if err != nil {
		return nil, nil, err
	}
	text, err := v.own(wrapped)
	if err != nil {
		return nil, nil, brokenKey(v.keyPath(s))
	}
	id, err := age.ParseHybridIdentity(strings.TrimSuffix(string(text), "\n"))
	if err != nil {
		return nil, nil, brokenKey(v.keyPath(s))
	}
	sealed, err := readBounded(filepath.Join(v.snapshotPath(s), indexFile+suffix), maxIndex)
	if err != nil {
		return nil, nil, damaged(s, indexFile, err)
	}
	plain, err := decryptSmall(sealed, id)
	if err != nil {
		return nil, nil, damaged(s, indexFile, err)
	}
	x, ok := decodeIndex(plain, s)
	if !ok {
		return nil, nil, damaged(s, indexFile, nil)
	}
	return id, x, nil
}

// damaged is the error of a stored file that is missing or is not what was
// written. Err names no data: it comes from the file system or says which
// check of the age format failed.
func damaged(s snapshot, file string, err error) error {
	e := glovebox.Errorf(glovebox.CodeInternal, "%s of %s is damaged, or someone changed it", file, s.name()).
		WithFix("restore the vault directory from a backup, or load the dataset again")
	if err != nil {
		e = e.Because(err)
	}
	return e
}
