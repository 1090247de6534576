package role

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// SealedFile makes a file in memory that nobody can change any more.
func SealedFile(p []byte) (*os.File, error) { return SealedCopy(bytes.NewReader(p)) }

// SealedCopy is SealedFile of all that a reader gives.
func SealedCopy(r io.Reader) (*os.File, error) {
	fd, err := unix.MemfdCreate("glovebox", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot make a file in memory").Because(err)
	}
	f := os.NewFile(uintptr(fd), "sealed")
	_, err = io.Copy(f, r)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	if err != nil {
		_ = f.Close()
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot write a file in memory").Because(err)
	}
	return f, nil
}

// readSealed reads a whole file of at most max bytes, from its start.
func readSealed(f *os.File, max int64) ([]byte, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() > max {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded for its workers")
	}
	p := make([]byte, st.Size())
	_, err = io.ReadFull(io.NewSectionReader(f, 0, st.Size()), p)
	return p, err
}
