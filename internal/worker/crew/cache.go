package crew

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/role"
)

// A file of the cache: a line with its form, the SHA-256 of what follows, and
// the machine code as workers take it. Its name is that of the code.
const (
	cacheHead = "glovebox-code-1\n"
	cacheSkip = len(cacheHead) + sha256.Size
)

// readCode returns the machine code of that name, or nil if there is none or
// it is damaged: then it is compiled again and replaced.
func readCode(dir, name string) []byte {
	if dir == "" {
		return nil
	}
	path := filepath.Join(dir, name)
	st, err := os.Lstat(path)
	if err != nil || !st.Mode().IsRegular() || st.Size() > role.MaxCompiled+int64(cacheSkip) || st.Mode().Perm()&0o022 != 0 {
		return nil
	}
	p, err := os.ReadFile(path)
	if err != nil || len(p) <= cacheSkip || !bytes.HasPrefix(p, []byte(cacheHead)) {
		return nil
	}
	code := p[cacheSkip:]
	if sum := sha256.Sum256(code); !bytes.Equal(sum[:], p[len(cacheHead):cacheSkip]) {
		return nil
	}
	return code
}

// writeCode puts machine code into the cache, whole or not at all.
func writeCode(dir, name string, code []byte) error {
	if dir == "" {
		return nil
	}
	bad := func(err error) error {
		return glovebox.Errorf(glovebox.CodeInternal, "compiled modules cannot be kept").Because(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return bad(err)
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return bad(err)
	}
	defer os.Remove(f.Name()) // gone already if all went well
	sum := sha256.Sum256(code)
	_, err = f.Write(append(append([]byte(cacheHead), sum[:]...), code...))
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return bad(err)
	}
	return nil
}
