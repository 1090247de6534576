package sandbox

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cow maps the image, which lies in a sealed memfd, copy-on-write over the
// memory. A reset drops the copies. Each page that a unit writes costs a fault.
type cow struct{ fd int }

func (c *cow) attach(in *instance, img *image) error {
	if c.fd < 0 {
		if err := c.save(img); err != nil {
			return err
		}
	}
	b := in.bytes()
	_, _, e := unix.Syscall6(unix.SYS_MMAP, uintptr(unsafe.Pointer(&b[0])), uintptr(img.size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE, uintptr(c.fd), 0)
	if e != 0 {
		return os.NewSyscallError("mmap", e)
	}
	return nil
}

// save writes the image to the memfd and seals it. What is zero stays a hole.
func (c *cow) save(img *image) error {
	fd, err := unix.MemfdCreate("guest", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if err == unix.EINVAL { // before Linux 6.3
		fd, err = unix.MemfdCreate("guest", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return os.NewSyscallError("memfd_create", err)
	}
	c.fd = fd
	if err := unix.Ftruncate(fd, int64(img.size)); err != nil {
		return os.NewSyscallError("ftruncate", err)
	}
	for _, r := range img.runs {
		for at := 0; at < len(r.data); {
			n, err := unix.Pwrite(fd, r.data[at:], int64(r.at+at))
			if err != nil {
				return os.NewSyscallError("pwrite", err)
			}
			at += n
		}
	}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_GROW|unix.F_SEAL_SHRINK|unix.F_SEAL_SEAL)
	return os.NewSyscallError("fcntl", err)
}

func (c *cow) restore(in *instance, img *image) error {
	return unix.Madvise(in.bytes()[:img.size], unix.MADV_DONTNEED)
}

// detach has nothing to do: freeing the memory ends the mapping.
func (c *cow) detach() {}

func (c *cow) close() {
	if c.fd >= 0 {
		_ = unix.Close(c.fd) // sealed: nothing can be lost
		c.fd = -1
	}
}
