package sandbox

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox/sandbox/wasmbin"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// busy is a guest with a good deal to put back: data, globals of all types, a
// memory that _initialize wrote in, erased in, and grew.
func busy(t *testing.T) []byte {
	p := newProbe()
	p.man.Pages = 12
	p.Data(testScratch, bytes.Repeat([]byte{0xaa}, 5000)).Data(50_000, []byte("end"))
	p.GlobalOf(w.I32, true, w.I32Const(-5))
	p.GlobalOf(w.I64, true, w.I64Const(1<<40))
	p.GlobalOf(w.F32, true, w.Op(0x43, 1, 0, 0xa0, 0x7f))
	p.GlobalOf(w.F64, true, w.F64Const(-0.25))
	p.GlobalOf(w.I32, false, w.I32Const(8))
	init := p.Func(nil, nil, nil,
		w.I32Const(1), w.Op(0x40, 0, 0x1a),
		w.I32Const(4<<16+100), w.I32Const(0x77), w.I32Const(9000), w.Op(0xfc, 11, 0),
		w.I32Const(50_000), w.I32Const(0), w.Store(w.I32Store, 0))
	p.Export("_initialize", w.Func, init)
	return fine(p).wasm(t)
}

// TestResetIsExact does to a guest, at random, all that a guest can do: write
// anywhere, set globals, grow. After each reset it wants every byte, the size
// and every global as they were, under every way of resetting.
func TestResetIsExact(t *testing.T) {
	prog := compile(t, busy(t), nil)
	for _, how := range resets {
		t.Run(string(how), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(3, uint64(len(how))))
			g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
			image := bytes.Clone(g.in.bytes())
			var globals []uint64
			for _, v := range g.in.globals {
				globals = append(globals, v.Get())
			}
			if len(image) != 5<<16 || len(globals) != 4 {
				t.Fatalf("%d bytes, %d globals", len(image), len(globals))
			}
			for n := range 400 {
				if rng.IntN(4) == 0 {
					if _, ok := g.in.mem.Grow(uint32(rng.IntN(8))); !ok {
						t.Fatal("cannot grow within pages")
					}
				}
				b := g.in.bytes()
				for range rng.IntN(6) {
					at := rng.IntN(len(b))
					for i := range min(len(b)-at, rng.IntN(20_000)) {
						b[at+i] = byte(rng.Uint32())
					}
				}
				for _, v := range g.in.globals {
					if rng.IntN(2) == 0 {
						v.Set(rng.Uint64() >> 32)
					}
				}
				g.in.suspect = rng.IntN(10) == 0
				if err := g.reset(); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(g.in.bytes(), image) {
					t.Fatalf("round %d: memory differs", n)
				}
				for i, v := range g.in.globals {
					if v.Get() != globals[i] {
						t.Fatalf("round %d: global %d differs", n, i)
					}
				}
				if r := runUnit(t, g, empty()); r.Outcome != OK {
					t.Fatalf("round %d: the unit after it ended with %v", n, r.Outcome)
				}
			}
		})
	}
}

// TestResetTiers says which ways work here, and that forcing them does what it
// says.
func TestResetTiers(t *testing.T) {
	prog := compile(t, fine(newProbe()).wasm(t), nil)
	found := prog.tiers()
	t.Logf("works: %v; shrinks: %v; copying is cheaper up to %d bytes", found.works, found.shrink, found.copyBytes)
	if !found.works[ResetCopy] || !found.works[ResetCow] || !found.shrink {
		t.Error("a way that needs nothing special does not work")
	}
	for _, how := range resets {
		if g := start(t, prog, probeBinding(), &GuestOptions{Reset: how}); g.tier != how {
			t.Errorf("asked for %s, got %s", how, g.tier)
		}
	}
	for _, how := range []Reset{"magic", ResetPure} {
		if _, err := prog.NewGuest(context.Background(), probeBinding(), &GuestOptions{Reset: how}); err == nil {
			t.Errorf("reset %q was taken", how)
		}
	}
	if !found.works[ResetTracked] {
		t.Skip("userfaultfd or PAGEMAP_SCAN is not permitted here: the tracked way is not tested")
	}
	if g := start(t, prog, probeBinding(), nil); found.copyBytes < g.img.size && g.tier != ResetTracked {
		t.Errorf("a memory of %d bytes is reset by %s", g.img.size, g.tier)
	}
}

// TestResetOrder: what is chosen where some ways do not work.
func TestResetOrder(t *testing.T) {
	all := map[Reset]bool{ResetTracked: true, ResetCopy: true, ResetCow: true}
	for _, c := range []struct {
		found tiers
		size  int
		want  Reset
	}{
		{tiers{works: all, copyBytes: 2 << 16}, 2 << 16, ResetCopy},
		{tiers{works: all, copyBytes: 2 << 16}, 3 << 16, ResetTracked},
		{tiers{works: all}, 1 << 16, ResetTracked},
		{tiers{works: map[Reset]bool{ResetCopy: true, ResetCow: true}}, 8 << 16, ResetCopy},
		{tiers{works: map[Reset]bool{ResetCopy: true, ResetCow: true}}, 9 << 16, ResetCow},
		{tiers{works: map[Reset]bool{ResetCopy: true}}, 64 << 16, ResetCopy},
		{tiers{works: map[Reset]bool{ResetCopy: true}}, 65 << 16, ResetInstance},
		{tiers{}, 1 << 16, ResetInstance},
	} {
		if got := c.found.order(c.size); got[0] != c.want || got[len(got)-1] != ResetInstance {
			t.Errorf("%v, %d pages: %v", c.found.works, c.size>>16, got)
		}
	}
}

// addressSpace is the process's virtual memory, in bytes.
func addressSpace(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[0])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestFailedInstantiationFreesMemory: the runtime does not free a memory when
// a data segment lies outside it. Admission refuses such a module, so the test
// goes around admission.
func TestFailedInstantiationFreesMemory(t *testing.T) {
	p := fine(newProbe())
	p.man.Pages = 1024
	prog := compile(t, p.wasm(t), nil)
	p.Data(4<<16, []byte("outside"))
	broken, err := prog.runtime.CompileModule(context.Background(), p.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	prog.compiled = broken
	before := addressSpace(t)
	for range 40 {
		if _, err := prog.newInstance("run", DefaultFuelSlice); err == nil {
			t.Fatal("a data segment outside memory was taken")
		}
	}
	if grown := addressSpace(t) - before; grown > 10*1024*wasmbin.PageBytes {
		t.Fatalf("40 failed instantiations kept %d MiB of address space", grown>>20)
	}
}

// TestGuestsFreeMemory: neither closing guests nor renewing instances keeps
// address space.
func TestGuestsFreeMemory(t *testing.T) {
	p := fine(newProbe())
	p.man.Pages = 1024
	prog := compile(t, p.wasm(t), nil)
	before := addressSpace(t)
	for range 20 {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: ResetInstance})
		runUnit(t, g, empty())
		runUnit(t, g, empty())
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if grown := addressSpace(t) - before; grown > 10*1024*wasmbin.PageBytes {
		t.Fatalf("20 guests kept %d MiB of address space", grown>>20)
	}
}
