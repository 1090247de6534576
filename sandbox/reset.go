package sandbox

import (
	"errors"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// Reset names a way of putting a guest back between two units. All ways have
// the same effect; they differ in cost.
type Reset string

const (
	// ResetAuto takes the cheapest way that the self-test found to work here.
	ResetAuto Reset = ""
	// ResetPure does nothing. It is for functions of which admission proved
	// that they change nothing: those of kind map_scalar.
	ResetPure Reset = "pure"
	// ResetTracked lets the kernel note which pages of memory are written, and
	// copies those back.
	ResetTracked Reset = "tracked"
	// ResetCopy copies the whole memory back.
	ResetCopy Reset = "copy"
	// ResetCow maps the memory copy-on-write and drops what was written.
	ResetCow Reset = "cow"
	// ResetInstance makes a new instance and copies what the first one had
	// before its first unit.
	ResetInstance Reset = "instance"
)

// image is the state of a guest before its first unit: all that a guest can
// keep anything in, because admission refuses the rest.
type image struct {
	size    int    // bytes of memory
	memory  []byte // all of it, in a mapping of its own: what is zero takes no room
	runs    []run  // what is not zero, in order; all between is zero
	globals []uint64
}

// run is a piece of memory, a part of the image's.
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
func takeImage(in *instance, fresh []bool) (*image, error) {
	b := in.bytes()
	m, err := unix.Mmap(-1, 0, len(b), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot reserve %d bytes for an image of guest memory", len(b)).Because(err)
	}
	img := &image{size: len(b), memory: m}
	marks := nonZero(b)
	for i := 0; i < len(marks); i++ {
		from := i
		for i < len(marks) && (marks[i] || (i < len(fresh) && fresh[i])) {
			i++
		}
		if i > from {
			at, end := from*osPage, i*osPage
			copy(m[at:end], b[at:end])
			img.runs = append(img.runs, run{at, m[at:end]})
		}
	}
	for _, g := range in.globals {
		img.globals = append(img.globals, g.Get())
	}
	return img, nil
}

// close frees the image.
func (img *image) close() {
	_ = unix.Munmap(img.memory) // a mapping of our own
	img.memory, img.runs = nil, nil
}

func (img *image) setGlobals(in *instance) {
	for i, g := range in.globals {
		g.Set(img.globals[i])
	}
}

// fill writes the image over the memory of a new instance.
func (img *image) fill(in *instance) error {
	if more := img.size - in.size(); more > 0 {
		if _, ok := in.mem.Grow(uint32(more / wasmbin.PageBytes)); !ok {
			return glovebox.Errorf(glovebox.CodeInternal, "cannot grow a new instance to %d bytes", img.size)
		}
	}
	b := in.bytes()
	for _, r := range img.runs {
		copy(b[r.at:], r.data)
	}
	img.setGlobals(in)
	return nil
}

// restorer puts the bytes of an instance's memory back to an image. Size and
// globals are not its business.
type restorer interface {
	// attach takes charge of an instance that is in the state of the image.
	attach(in *instance, img *image) error
	// restore puts the memory back, which has the size of the image. After an
	// error the instance must not be used again.
	restore(in *instance, img *image) error
	// detach lets go of the instance, which is about to be closed.
	detach()
	// close frees what outlives an instance.
	close()
}

// newRestorer makes the restorer of a tier.
func newRestorer(r Reset) restorer {
	switch r {
	case ResetPure:
		return nothing{}
	case ResetTracked:
		return &tracked{}
	case ResetCopy:
		return copyBack{}
	case ResetCow:
		return &cow{fd: -1}
	}
	return always{}
}

// nothing is the restorer of a function that changes nothing.
type nothing struct{}

func (nothing) attach(*instance, *image) error  { return nil }
func (nothing) restore(*instance, *image) error { return nil }
func (nothing) detach()                         {}
func (nothing) close()                          {}

// copyBack overwrites the memory.
type copyBack struct{}

func (copyBack) attach(*instance, *image) error { return nil }

func (copyBack) restore(in *instance, img *image) error {
	b := in.bytes()
	at := 0
	for _, r := range img.runs {
		clear(b[at:r.at])
		at = r.at + copy(b[r.at:], r.data)
	}
	clear(b[at:])
	return nil
}

func (copyBack) detach() {}
func (copyBack) close()  {}

// always asks for a new instance each time.
type always struct{}

var errRenew = errors.New("a new instance, please")

func (always) attach(*instance, *image) error  { return nil }
func (always) restore(*instance, *image) error { return errRenew }
func (always) detach()                         {}
func (always) close()                          {}

// attach chooses how the guest is put back. A way that was asked for must
// work; otherwise the next one is taken without a word.
func (g *Guest) attach(r Reset) error {
	order := []Reset{r}
	switch r {
	case ResetAuto:
		order = g.program.tiers().order(g.img.size)
		if g.scalars != nil {
			order = []Reset{ResetPure}
		}
		if g.plan.Function.Blocks() { // rare, and a fresh instance each is what the contract says
			order = []Reset{ResetInstance}
		}
	case ResetPure:
		if g.scalars == nil {
			return glovebox.Errorf(glovebox.CodeInvalid, "reset %q is for functions of kind map_scalar", string(r))
		}
	case ResetTracked, ResetCopy, ResetCow, ResetInstance:
	default:
		return glovebox.Errorf(glovebox.CodeInvalid, "unknown reset %q", string(r)).
			WithFix("use one of %q, %q, %q, %q", ResetTracked, ResetCopy, ResetCow, ResetInstance)
	}
	var err error
	for _, t := range order {
		back := newRestorer(t)
		if err = back.attach(g.in, g.img); err == nil {
			g.back, g.tier, g.pure = back, t, t == ResetPure
			return nil
		}
		back.close()
	}
	return glovebox.Errorf(glovebox.CodeInternal, "reset %q does not work here", string(r)).Because(err)
}

// reset puts the guest back to where every unit begins.
func (g *Guest) reset() error {
	in := g.in
	if !in.suspect && (in.size() == g.img.size || in.shrink(g.img.size)) && g.back.restore(in, g.img) == nil {
		g.img.setGlobals(in)
		return nil
	}
	return g.renew()
}

// renew puts a new instance in the place of the present one.
func (g *Guest) renew() error {
	old := g.in
	g.in = nil
	g.back.detach()
	old.close()
	in, err := g.make()
	if err != nil {
		g.unusable = true
		return err
	}
	g.in = in
	if err := g.img.fill(in); err != nil {
		g.unusable = true
		return err
	}
	if err := g.back.attach(in, g.img); err != nil {
		// What worked once may fail later: descriptors run out. Copying needs
		// nothing.
		g.back.close()
		g.back, g.tier = copyBack{}, ResetCopy
	}
	return nil
}
