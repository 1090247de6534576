package sandbox

import (
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tracked lets the kernel note which pages were written, by userfaultfd's
// asynchronous write protection, and asks it for them with PAGEMAP_SCAN. Both
// work for ordinary users, on Linux 6.7 and later, where no seccomp filter
// forbids userfaultfd.
//
// It is sticky: pages that were written are copied back and left writable, so
// that a guest that writes the same pages in each unit, as guests do, faults
// once and not once per unit. They are protected again when there are many.
type tracked struct {
	uffd, pagemap int
	open          bool
	base          uint64
	many          int // resets in a row that copied more than stickyPages
	resets        int
	arg           pmScanArg
	regions       [64]pageRegion
}

const (
	// stickyPages is how many pages may stay writable; with more of them,
	// protectAfter resets later, all are protected again. A fault costs as much
	// as copying a dozen pages, so a guest that does need so many loses little.
	stickyPages  = 64
	protectAfter = 64
	// protectEvery resets, all pages are protected again.
	protectEvery = 1 << 16
)

// From <linux/userfaultfd.h> and <linux/fs.h>. The numbers are the same on all
// machines that use the generic ioctl encoding, amd64 and arm64 among them.
const (
	uffdUserModeOnly = 1 // faults of the kernel itself are not handled: no privilege needed

	uffdAPI           = 0xAA
	uffdioAPI         = 0xC018AA3F // _IOWR(0xAA, 0x3F, struct uffdio_api)
	uffdioRegister    = 0xC020AA00 // _IOWR(0xAA, 0x00, struct uffdio_register)
	uffdioProtect     = 0xC018AA06 // _IOWR(0xAA, 0x06, struct uffdio_writeprotect)
	uffdUnpopulated   = 1 << 13    // UFFD_FEATURE_WP_UNPOPULATED: protect pages that are not there yet
	uffdAsync         = 1 << 15    // UFFD_FEATURE_WP_ASYNC: the kernel resolves faults itself
	uffdRegisterWP    = 1 << 1     // UFFDIO_REGISTER_MODE_WP
	uffdProtectModeWP = 1 << 0     // UFFDIO_WRITEPROTECT_MODE_WP

	pagemapScan   = 0xC0606610 // _IOWR('f', 16, struct pm_scan_arg)
	pageIsWritten = 1 << 1     // PAGE_IS_WRITTEN
)

// uffdioAPIArg is struct uffdio_api.
type uffdioAPIArg struct{ api, features, ioctls uint64 }

// uffdioRegisterArg is struct uffdio_register.
type uffdioRegisterArg struct{ start, len, mode, ioctls uint64 }

// uffdioProtectArg is struct uffdio_writeprotect.
type uffdioProtectArg struct{ start, len, mode uint64 }

// pmScanArg is struct pm_scan_arg.
type pmScanArg struct {
	size, flags                             uint64
	start, end, walkEnd                     uint64
	vec, vecLen, maxPages                   uint64
	inverted, mask, anyOfMask, returnedMask uint64
}

// pageRegion is struct page_region.
type pageRegion struct {
	start, end uint64
	_          uint64 // categories
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) (int, error) {
	n, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

func (t *tracked) attach(in *instance, img *image) (err error) {
	b := in.bytes()
	// A huge page would be tracked, and copied, as one.
	if err := unix.Madvise(in.linear.buf, unix.MADV_NOHUGEPAGE); err != nil && !errors.Is(err, unix.EINVAL) {
		return err
	}
	fd, _, e := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK|uffdUserModeOnly, 0, 0)
	if e != 0 {
		return os.NewSyscallError("userfaultfd", e)
	}
	t.uffd = int(fd)
	if t.pagemap, err = unix.Open("/proc/self/pagemap", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		_ = unix.Close(t.uffd) // the error at hand matters
		return err
	}
	t.open = true
	t.base = uint64(uintptr(unsafe.Pointer(&b[0])))
	if _, err = ioctl(t.uffd, uffdioAPI, unsafe.Pointer(&uffdioAPIArg{api: uffdAPI, features: uffdAsync | uffdUnpopulated})); err == nil {
		_, err = ioctl(t.uffd, uffdioRegister, unsafe.Pointer(&uffdioRegisterArg{start: t.base, len: uint64(img.size), mode: uffdRegisterWP}))
	}
	if err == nil {
		err = t.protect(img.size)
	}
	if err != nil {
		t.detach()
	}
	return err
}

// protect makes all pages of the image read-only for the hardware: the first
// write to each is noted.
func (t *tracked) protect(size int) error {
	t.resets, t.many = 0, 0
	_, err := ioctl(t.uffd, uffdioProtect, unsafe.Pointer(&uffdioProtectArg{start: t.base, len: uint64(size), mode: uffdProtectModeWP}))
	return err
}

// restore copies back what was written. Pages that are not in memory count as
// written if they were: nothing depends on a page being there.
func (t *tracked) restore(in *instance, img *image) error {
	b, end, dirty := in.bytes(), t.base+uint64(img.size), 0
	for at := t.base; at < end; {
		// The arguments lie in t, which is on the heap and does not move.
		t.arg = pmScanArg{size: uint64(unsafe.Sizeof(t.arg)), start: at, end: end,
			vec: uint64(uintptr(unsafe.Pointer(&t.regions))), vecLen: uint64(len(t.regions)), mask: pageIsWritten, returnedMask: pageIsWritten}
		// It takes a microsecond or two: not worth telling the scheduler.
		n, _, e := unix.RawSyscall(unix.SYS_IOCTL, uintptr(t.pagemap), pagemapScan, uintptr(unsafe.Pointer(&t.arg)))
		if e != 0 {
			return e
		}
		if t.arg.walkEnd <= at || t.arg.walkEnd > end || int(n) > len(t.regions) {
			return errRenew
		}
		for _, r := range t.regions[:n] {
			if r.start < t.base || r.end > end || r.end < r.start {
				return errRenew
			}
			lo, hi := r.start-t.base, r.end-t.base
			copy(b[lo:hi], img.memory[lo:hi])
			dirty += int(hi-lo) / osPage
		}
		at = t.arg.walkEnd // short of the end if there was no room for more regions
	}
	if t.resets++; dirty > stickyPages {
		t.many++
	} else {
		t.many = 0
	}
	if t.many >= protectAfter || t.resets >= protectEvery {
		return t.protect(img.size)
	}
	return nil
}

func (t *tracked) detach() {
	if t.open {
		t.open = false
		// Closing a descriptor that nothing was written to cannot fail.
		_ = unix.Close(t.uffd)
		_ = unix.Close(t.pagemap)
	}
}

func (t *tracked) close() { t.detach() }
