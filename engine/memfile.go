//go:build duckdb_arrow

package engine

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// memFile is a file that lies in memory only. DuckDB reads it by its path.
type memFile struct {
	f    *os.File
	lent bool // not ours to close
}

func newMemFile() (*memFile, error) {
	fd, err := unix.MemfdCreate("glovebox", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot make a file in memory").Because(err)
	}
	return &memFile{f: os.NewFile(uintptr(fd), "memfd")}, nil
}

// lendMemFile is a memory file that stays the caller's.
func lendMemFile(f *os.File) *memFile { return &memFile{f: f, lent: true} }

// path is the name under which DuckDB reads the file.
func (m *memFile) path() string { return fdPath(m.f) }

// put replaces the content.
func (m *memFile) put(p []byte) error {
	err := m.f.Truncate(0)
	if err == nil {
		_, err = m.f.WriteAt(p, 0)
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot write a file in memory").Because(err)
	}
	return nil
}

func (m *memFile) close() {
	if !m.lent {
		_ = m.f.Close()
	}
}

// fdPath is the name under which a descriptor of this process can be opened.
func fdPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
