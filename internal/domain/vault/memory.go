package vault

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// memoryName is what a memory file is called in /proc: the same for all, so
// that it tells nothing.
const memoryName = "glovebox"

// newMemory makes a memory file that no path leads to and that is closed when
// the process runs another program.
func newMemory() (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(memoryName, flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate(memoryName, flags)
	}
	if err != nil {
		return nil, internal(err, "a memory file cannot be made")
	}
	return os.NewFile(uintptr(fd), memoryName), nil
}

// sealMemory makes a memory file unchangeable and rewinds it.
func sealMemory(f *os.File) error {
	const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return internal(err, "a memory file cannot be sealed")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return internal(err, "a memory file cannot be rewound")
	}
	return nil
}
