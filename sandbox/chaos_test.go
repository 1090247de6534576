package sandbox

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// resetRounds is how many resets a test of exactness does for each way:
// GLOVEBOX_RESETS, or 20,000.
func resetRounds(t *testing.T) int {
	t.Helper()
	s := os.Getenv("GLOVEBOX_RESETS")
	if s == "" {
		return 20_000
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("GLOVEBOX_RESETS is not a number of rounds")
	}
	return n
}

// chaosRows are random units of the chaos guest: spans of one batch.
func chaosRows(t *testing.T, rng *rand.Rand, n int) (batch arrow.RecordBatch) {
	var xs []int64
	for range n {
		op := rng.IntN(6)
		switch p := rng.IntN(100); {
		case p == 0:
			op = 6 // trap
		case p == 1 && rng.IntN(4) == 0:
			op = 7 // out of fuel
		case p == 2 && rng.IntN(16) == 0:
			op = 8 // too deep, which takes milliseconds
		case p == 3:
			op = 9 // status
		case p < 10:
			op = 200 // nothing
		}
		at := rng.IntN(5 << 16)
		if rng.IntN(20) == 0 {
			at = rng.IntN(12 << 16)
		}
		xs = append(xs, int64(op)|int64(at)<<8|int64(rng.Uint32())<<32)
	}
	return batchOf(t, allocator(t), probeSchema, n, func(b *array.RecordBuilder) {
		b.Field(1).(*array.Int64Builder).AppendValues(xs, nil)
	})
}

// TestResetRandom runs the chaos guest, whose units write anywhere, fill, copy,
// grow, set globals, trap, recurse and use up their fuel, at random. After each
// unit it wants every byte of memory, window and output included, the size and
// every global as before the first; and every unit, whatever ran before it, to
// find what the first one found.
func TestResetRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	prog := compile(t, read(t, "testdata/chaos.wasm"), nil)
	rounds := resetRounds(t)
	for i, how := range resets {
		t.Run(string(how), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(rounds), uint64(i)))
			g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
			want := bytes.Clone(g.in.bytes())
			var globals []uint64
			for _, v := range g.in.globals {
				globals = append(globals, v.Get())
			}
			if len(want) != 5<<16 || len(globals) != 4 {
				t.Fatalf("%d bytes, %d globals", len(want), len(globals))
			}
			found := metric(t, g, empty())
			batch := chaosRows(t, rng, 4096)
			ends := map[Outcome]int{}
			for n := range rounds {
				from := rng.IntN(4096 - 8)
				r := runUnit(t, g, [][]Span{{{Batch: batch, From: from, To: from + rng.IntN(8)}}})
				ends[r.Outcome]++
				if r.Outcome == OK && (r.N != 1 || g.Records().Metric(r.Records, 0) != found) {
					t.Fatalf("round %d: the unit did not find what the first one found", n)
				}
				if !bytes.Equal(g.in.bytes(), want) {
					t.Fatalf("round %d: memory differs", n)
				}
				for i, v := range g.in.globals {
					if v.Get() != globals[i] {
						t.Fatalf("round %d: global %d differs", n, i)
					}
				}
			}
			if g.tier != how {
				t.Fatalf("the guest gave up %s for %s", how, g.tier)
			}
			for _, o := range []Outcome{OK, Status, Trap, OutOfFuel} {
				if ends[o] < rounds/1000 {
					t.Errorf("only %d of %d units ended with %v", ends[o], rounds, o)
				}
			}
		})
	}
}

// TestResetManyRegions writes every other page, so that the kernel has to tell
// about more regions than there is room for in one answer, often enough that
// pages are protected again.
func TestResetManyRegions(t *testing.T) {
	p := fine(newProbe())
	p.man.Pages = 40
	p.Export("_initialize", w.Func, p.Func(nil, nil, nil, w.I32Const(30), w.Op(0x40, 0, 0x1a)))
	prog := compile(t, p.wasm(t), nil)
	for _, how := range resets {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
		want := bytes.Clone(g.in.bytes())
		for n := range 3 * protectAfter {
			b := g.in.bytes()
			for at := n % osPage; at < len(b); at += 2 * osPage {
				b[at] ^= 0x55
			}
			if bytes.Equal(b, want) {
				t.Fatal("nothing was written")
			}
			if err := g.reset(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(g.in.bytes(), want) {
				t.Fatalf("reset %s, round %d: memory differs", how, n)
			}
		}
		if k, ok := g.back.(*tracked); ok {
			if err := g.back.restore(g.in, g.img); err != nil || k.resets > protectAfter {
				t.Fatalf("%v; pages were not protected again for %d resets", err, k.resets)
			}
		}
	}
}
