package sandbox

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/tetratelabs/wazero"
	"golang.org/x/sys/unix"
)

// faulty restorers put back almost everything.
type (
	forgetsByte struct{ copyBack }
	forgetsZero struct{ copyBack }
	fails       struct{ copyBack }
	panics      struct{ copyBack }
	tiresOut    struct {
		copyBack
		rounds int
	}
)

func (f forgetsByte) restore(in *instance, img *image) error {
	b := in.bytes()
	last := b[len(b)-1]
	if err := f.copyBack.restore(in, img); err != nil {
		return err
	}
	b[len(b)-1] = last ^ 1
	return nil
}

// restore leaves what a unit wrote where the image is zero.
func (forgetsZero) restore(in *instance, img *image) error {
	for _, r := range img.runs {
		copy(in.bytes()[r.at:], r.data)
	}
	return nil
}

func (fails) restore(*instance, *image) error { return unix.EPERM }

func (panics) restore(*instance, *image) error { panic("no") }

func (f *tiresOut) restore(in *instance, img *image) error {
	if f.rounds++; f.rounds == testRounds {
		return nil
	}
	return f.copyBack.restore(in, img)
}

// TestSelfTestSeesFaults: a way that does not put back every byte, every time,
// does not pass.
func TestSelfTestSeesFaults(t *testing.T) {
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	c, err := rt.CompileModule(ctx, []byte(testModule))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(20) {
		b := &testBench{ctx: ctx, runtime: rt, compiled: c, rng: rand.New(rand.NewPCG(seed, 1)), shrinks: true}
		if !b.exact(copyBack{}, true) {
			t.Fatal("copying does not pass")
		}
		for _, back := range []restorer{nothing{}, forgetsByte{}, forgetsZero{}, fails{}, panics{}, &tiresOut{}, always{}} {
			if b.exact(back, false) {
				t.Errorf("seed %d: %T passes", seed, back)
			}
		}
	}
}

// TestInterpreterSelfTest: the ways do not depend on how code is run.
func TestInterpreterSelfTest(t *testing.T) {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer rt.Close(ctx)
	found := selfTest(rt)
	for _, how := range resets {
		if how != ResetInstance && !found.works[how] {
			t.Errorf("reset %s does not work on the interpreter", how)
		}
	}
	if !found.shrink {
		t.Error("memories do not shrink on the interpreter")
	}
}
