package sandbox

import (
	"glovebox"
	"glovebox/sandbox/wasmbin"
)

// Reset names a way of putting a guest back between two units. All ways have
// the same effect; they differ in cost.
type Reset string

const (
	// ResetAuto copies back where memory is small and makes a new instance
	// otherwise.
	ResetAuto Reset = ""
	// ResetCopy copies the whole memory back.
	ResetCopy Reset = "copy"
	// ResetInstance makes a new instance and copies what the first one had
	// before its first unit.
	ResetInstance Reset = "instance"
)

// copyMaxPages is the largest memory, in pages of 64 KiB, that ResetAuto
// copies back: above it a new instance costs less.
const copyMaxPages = 64

// image is the state of a guest before its first unit: all that a guest can
// keep anything in, because admission refuses the rest.
type image struct {
	size    int   // bytes of memory
	runs    []run // what is not zero, in order; all between is zero
	globals []uint64
}

// run is a piece of memory.
type run struct {
	at   int
	data []byte
}

const osPage = 4096

// nonZero marks the pages of b, of osPage bytes, that hold anything.
func nonZero(b []byte) []bool {
	marks := make([]bool, len(b)/osPage)
	zero := string(make([]byte, osPage))
	for i := range marks {
		marks[i] = string(b[i*osPage:(i+1)*osPage]) != zero
	}
	return marks
}

// maxImage bounds what the host keeps of a guest's memory beside it, in bytes
// of pages that are not zero.
const maxImage = 16 << 20

// heldBytes counts the bytes of the pages that are not zero.
func heldBytes(b []byte) (n int) {
	for _, held := range nonZero(b) {
		if held {
			n += osPage
		}
	}
	return n
}

// takeImage copies the state of an instance. fresh marks the pages that are
// not zero right after instantiation; their content is kept even if it is zero
// now, so that the runs lie over all that a new instance holds.
func takeImage(in *instance, fresh []bool) *image {
	b := in.bytes()
	img := &image{size: len(b)}
	marks := nonZero(b)
	for i := 0; i < len(marks); i++ {
		from := i
		for i < len(marks) && (marks[i] || (i < len(fresh) && fresh[i])) {
			i++
		}
		if i > from {
			img.runs = append(img.runs, run{from * osPage, append([]byte(nil), b[from*osPage:i*osPage]...)})
		}
	}
	for _, g := range in.globals {
		img.globals = append(img.globals, g.Get())
	}
	return img
}

func (img *image) setGlobals(in *instance) {
	for i, g := range in.globals {
		g.Set(img.globals[i])
	}
}

// restorer puts an instance back to an image. It may return another instance
// in its place; the one given is then closed.
type restorer interface {
	restore(in *instance, img *image) (*instance, error)
}

// copyBack overwrites the memory. It cannot shrink it: the caller takes
// another way where the memory has grown.
type copyBack struct{}

func (copyBack) restore(in *instance, img *image) (*instance, error) {
	b := in.bytes()
	at := 0
	for _, r := range img.runs {
		clear(b[at:r.at])
		at = r.at + copy(b[r.at:], r.data)
	}
	clear(b[at:])
	img.setGlobals(in)
	return in, nil
}

// renew makes a new instance and fills it.
type renew struct {
	make func() (*instance, error)
}

func (n renew) restore(old *instance, img *image) (*instance, error) {
	old.close()
	in, err := n.make()
	if err != nil {
		return nil, err
	}
	if more := img.size - in.size(); more > 0 {
		if _, ok := in.mem.Grow(uint32(more / wasmbin.PageBytes)); !ok {
			in.close()
			return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot grow a new instance to %d bytes", img.size)
		}
	}
	b := in.bytes()
	for _, r := range img.runs {
		copy(b[r.at:], r.data)
	}
	img.setGlobals(in)
	return in, nil
}

// restorerFor chooses a way of resetting.
func restorerFor(r Reset, size int, mk func() (*instance, error)) (restorer, error) {
	switch {
	case r == ResetCopy, r == ResetAuto && size <= copyMaxPages*wasmbin.PageBytes:
		return copyBack{}, nil
	case r == ResetInstance, r == ResetAuto:
		return renew{mk}, nil
	}
	return nil, glovebox.Errorf(glovebox.CodeInvalid, "unknown reset %q", string(r)).WithFix("use %q or %q", ResetCopy, ResetInstance)
}
