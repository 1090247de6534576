package duck

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// MemFile is a file that lies in memory only. DuckDB reads it by its path.
type MemFile struct {
	F    *os.File
	lent bool // not ours to close
}

// NewMemFile makes an empty file in memory.
func NewMemFile() (*MemFile, error) {
	fd, err := unix.MemfdCreate("glovebox", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot make a file in memory").Because(err)
	}
	return &MemFile{F: os.NewFile(uintptr(fd), "memfd")}, nil
}

// LendMemFile is a memory file that stays the caller's.
func LendMemFile(f *os.File) *MemFile { return &MemFile{F: f, lent: true} }

// Path is the name under which DuckDB reads the file.
func (m *MemFile) Path() string { return PathOf(m.F) }

// Put replaces the content.
func (m *MemFile) Put(p []byte) error {
	err := m.F.Truncate(0)
	if err == nil {
		_, err = m.F.WriteAt(p, 0)
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot write a file in memory").Because(err)
	}
	return nil
}

// Close frees the file, if it is not lent.
func (m *MemFile) Close() {
	if !m.lent {
		_ = m.F.Close()
	}
}

// PathOf is the name under which a descriptor of this process can be opened.
func PathOf(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
