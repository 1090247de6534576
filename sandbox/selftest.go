package sandbox

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"glovebox.example/glovebox/sandbox/wasmbin"
)

// tiers says what works on this machine, as seen by trying.
type tiers struct {
	works  map[Reset]bool
	shrink bool // memories can be made smaller
	// copyBytes is up to which size of memory copying all of it was measured
	// to be cheaper than asking the kernel which pages were written.
	copyBytes int
}

const (
	// cowBytes is the size of memory above which copy-on-write costs less than
	// copying all of it, where pages cannot be tracked.
	cowBytes = 8 * wasmbin.PageBytes
	// copyMaxBytes is the same against a new instance.
	copyMaxBytes = 64 * wasmbin.PageBytes
)

// order lists the ways that work for a memory of so many bytes, cheapest
// first. The last ones always work.
func (t *tiers) order(size int) []Reset {
	var list []Reset
	add := func(r Reset, when bool) {
		if when && t.works[r] {
			list = append(list, r)
		}
	}
	add(ResetCopy, size <= t.copyBytes)
	add(ResetTracked, true)
	add(ResetCopy, size <= cowBytes)
	add(ResetCow, true)
	add(ResetCopy, size <= copyMaxBytes)
	return append(list, ResetInstance)
}

// Ways runs the self-test in this process and returns the ways of putting a
// guest back that work here, cheapest first for a large memory. ResetInstance,
// the last, always does.
func Ways() []Reset {
	rt := wazero.NewRuntimeWithConfig(context.Background(), wazero.NewRuntimeConfigCompiler())
	defer rt.Close(context.Background())
	found := selfTest(rt)
	var list []Reset
	for _, r := range []Reset{ResetTracked, ResetCow, ResetCopy} {
		if found.works[r] {
			list = append(list, r)
		}
	}
	return append(list, ResetInstance)
}

// tiers runs the self-test, once for a program.
func (p *Program) tiers() *tiers {
	p.tested.Do(func() {
		// A runtime of its own: a cache may be there to read alone.
		rt := wazero.NewRuntimeWithConfig(context.Background(), p.plain)
		defer rt.Close(context.Background())
		p.found = selfTest(rt)
	})
	return p.found
}

// testModule exports a memory of 2 to testPages pages, get(at) and put(at, v)
// for its bytes.
//
//	(module
//	  (memory (export "m") 2 6)
//	  (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
//	  (func (export "put") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))
const testModule = "\x00asm\x01\x00\x00\x00" +
	"\x01\x0b\x02\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7f\x00" +
	"\x03\x03\x02\x00\x01" +
	"\x05\x04\x01\x01\x02\x06" +
	"\x07\x11\x03\x01m\x02\x00\x03get\x00\x00\x03put\x00\x01" +
	"\x0a\x13\x02\x07\x00\x20\x00\x2d\x00\x00\x0b\x09\x00\x20\x00\x20\x01\x3a\x00\x00\x0b"

const (
	testPages  = 6
	testRounds = 5
)

// testBench is a self-test at work.
type testBench struct {
	ctx      context.Context
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	rng      *rand.Rand
	shrinks  bool
}

// selfTest tries every way of resetting on a small module. A way works if it
// puts back exactly what was there, round after round. Copying and new
// instances ask nothing of the kernel, but are tried too.
func selfTest(rt wazero.Runtime) *tiers {
	t := &tiers{works: map[Reset]bool{}}
	ctx := context.Background()
	c, err := rt.CompileModule(ctx, []byte(testModule))
	if err != nil {
		t.works[ResetCopy] = true // unreachable with a sound runtime; and copying is plain Go
		return t
	}
	// The module's code is freed with the runtime, if not here.
	defer func() { _ = c.Close(ctx) }()
	b := &testBench{ctx: ctx, runtime: rt, compiled: c, rng: rand.New(rand.NewPCG(0x676c6f7665, 0x626f78))} //nolint:gosec // the same test each time
	b.shrinks = b.exact(copyBack{}, true)
	t.shrink = b.shrinks
	for _, r := range []Reset{ResetTracked, ResetCopy, ResetCow} {
		t.works[r] = b.exact(newRestorer(r), false)
	}
	if t.works[ResetTracked] && t.works[ResetCopy] {
		t.copyBytes = int(b.cost(&tracked{}) * 2 * wasmbin.PageBytes / max(b.cost(copyBack{}), 1))
	}
	return t
}

// instance makes an instance of the test module.
func (b *testBench) instance() *instance {
	l, err := newLinear(testPages * wasmbin.PageBytes)
	if err != nil {
		return nil
	}
	ctx := experimental.WithMemoryAllocator(b.ctx, experimental.MemoryAllocatorFunc(func(_, _ uint64) experimental.LinearMemory { return l }))
	mod, err := b.runtime.InstantiateModule(ctx, b.compiled, moduleConfig)
	if err != nil {
		l.Free()
		return nil
	}
	in := &instance{mod: mod, mem: mod.Memory(), linear: l}
	in.buffer = bufferOf(in.mem)
	return in
}

// scribble fills random pieces of the memory, some of them through compiled
// code.
func (b *testBench) scribble(m []byte, put api.Function, pieces int) bool {
	for range pieces {
		at := b.rng.IntN(len(m))
		for i := range min(len(m)-at, 1+b.rng.IntN(osPage+512)) {
			m[at+i] ^= byte(b.rng.Uint32()) | 1
		}
		if _, err := put.Call(b.ctx, uint64(b.rng.IntN(len(m))), uint64(b.rng.Uint32()&0xff)); err != nil {
			return false
		}
	}
	return true
}

// exact says whether a restorer puts back a random pattern exactly, with
// growth in between where memories can shrink. It says false instead of
// failing: whatever goes wrong here means that another way is to be used.
func (b *testBench) exact(back restorer, needGrowth bool) (ok bool) {
	in := b.instance()
	if in == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
		back.close()
		in.close()
	}()
	get, put := in.mod.ExportedFunction("get"), in.mod.ExportedFunction("put")
	if !b.scribble(in.bytes()[:wasmbin.PageBytes+5*osPage], put, 6) {
		return false
	}
	want := bytes.Clone(in.bytes())
	img, err := takeImage(in, nil)
	if err != nil {
		return false
	}
	defer img.close()
	if back.attach(in, img) != nil {
		return false
	}
	for round := range testRounds {
		if grow := uint32(round % (testPages - 1)); grow > 0 && (b.shrinks || needGrowth) {
			if _, ok := in.mem.Grow(grow); !ok || slices.Contains(nonZero(in.bytes()[len(want):]), true) {
				return false
			}
		}
		if !b.scribble(in.bytes(), put, round) || !b.scribble(in.bytes()[:len(want)], put, 2) {
			return false
		}
		if in.size() != len(want) && !in.shrink(len(want)) {
			return false
		}
		if back.restore(in, img) != nil || !bytes.Equal(in.bytes(), want) {
			return false
		}
		// Compiled code sees the size and the bytes that it should.
		v, err := get.Call(b.ctx, uint64(len(want)-1))
		if err != nil || byte(v[0]) != want[len(want)-1] {
			return false
		}
		if _, err := get.Call(b.ctx, uint64(len(want))); err == nil {
			return false
		}
	}
	return true
}

// cost is the least time of a reset after a unit that wrote four pages of the
// test module's two pages of WebAssembly, in nanoseconds. It decides between
// ways of equal effect, so that a wrong measurement costs time and nothing else.
func (b *testBench) cost(back restorer) int64 {
	in := b.instance()
	if in == nil {
		return math.MaxInt32
	}
	defer func() {
		back.close()
		in.close()
	}()
	for i := range in.bytes() {
		in.bytes()[i] = byte(i)
	}
	img, err := takeImage(in, nil)
	if err != nil {
		return math.MaxInt32
	}
	defer img.close()
	if back.attach(in, img) != nil {
		return math.MaxInt32
	}
	least := int64(math.MaxInt32)
	for range 48 {
		for i := range 4 {
			in.bytes()[i*5*osPage]++
		}
		t := time.Now()
		if back.restore(in, img) != nil {
			return math.MaxInt32
		}
		least = min(least, time.Since(t).Nanoseconds())
	}
	return least
}
