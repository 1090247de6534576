package crew

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// faulty are workers that take a job and a part and then go wrong.
func faulty() map[string]jail.Role {
	raw := func(p []byte) error { _, err := os.NewFile(4, "frames").Write(p); return err }
	part := func(then func(in *jail.Inside, part []byte) error) jail.Role {
		return func(in *jail.Inside) error {
			if _, err := in.Receive(); err != nil {
				return err
			}
			if err := errors.Join(in.Seal(), in.Send(jail.Frame{Kind: role.FrameReady})); err != nil {
				return err
			}
			m, err := in.Receive()
			if err != nil {
				return err
			}
			return then(in, m.Data[:4])
		}
	}
	return map[string]jail.Role{
		"crash":     part(func(*jail.Inside, []byte) error { return errors.New("gone") }),
		"hang":      part(func(*jail.Inside, []byte) error { time.Sleep(time.Hour); return nil }),
		"garbage":   part(func(*jail.Inside, []byte) error { return raw(bytes.Repeat([]byte("garbage!"), 99)) }),
		"oversized": part(func(*jail.Inside, []byte) error { return raw([]byte{0, 0, 0, 0xff, 1, byte(role.FramePartial), 0, 0}) }),
		"cut":       part(func(*jail.Inside, []byte) error { return raw([]byte{99, 0, 0, 0, 1, byte(role.FramePartial), 0, 0, 1}) }),
		"lie": part(func(in *jail.Inside, n []byte) error {
			return in.Send(jail.Frame{Kind: role.FramePartial, Payload: append(n[:4:4], "not a partial"...)})
		}),
		"other part": part(func(in *jail.Inside, n []byte) error {
			return in.Send(jail.Frame{Kind: role.FramePartial, Payload: append([]byte{n[0] + 1, n[1], n[2], n[3]}, "x"...)})
		}),
		"failure": part(func(in *jail.Inside, _ []byte) error { return in.Fail(jail.FaultData) }),
		"unknown": part(func(in *jail.Inside, _ []byte) error { return in.Fail(99) }),
		"hello": part(func(in *jail.Inside, _ []byte) error {
			return in.Send(jail.Frame{Kind: jail.Hello, Payload: make([]byte, 4)})
		}),
		"flood": part(func(in *jail.Inside, _ []byte) error {
			for {
				if err := in.Send(jail.Frame{Kind: jail.Beat}); err != nil {
					return err
				}
			}
		}),
		"deaf": func(in *jail.Inside) error { return errors.New("never listened") },
	}
}

// TestLostWorkersLoseNothing: the first worker goes wrong in every way; its
// part is done again and the sum is what it is without trouble.
func TestLostWorkersLoseNothing(t *testing.T) {
	f := newFixture(t)
	want, err := f.run(t.Context(), t, &Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name := range faulty() {
		t.Run(name, func(t *testing.T) {
			var first atomic.Pointer[jail.Process]
			got, err := f.run(t.Context(), t, &Options{Workers: 1, role: func(n int) string {
				if n == 1 {
					return name
				}
				return role.Work
			}, started: func(p *jail.Process) { first.CompareAndSwap(nil, p) }, patience: func(p *jail.Process) time.Duration {
				if name == "hang" && p == first.Load() {
					return time.Second // nobody else is held to it: the machine may be busy
				}
				return DefaultSilence
			}})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Error("the sum of the parts changed")
			}
		})
	}
}

// TestKilledMidPart: workers are killed from outside, before they are done with
// a part: the first two never would be.
func TestKilledMidPart(t *testing.T) {
	f := newFixture(t)
	want, err := f.run(t.Context(), t, nil)
	if err != nil {
		t.Fatal(err)
	}
	var begun atomic.Int32
	c := New(&Options{Workers: 1, role: func(n int) string {
		if n <= 2 {
			return "hang"
		}
		return role.Work
	}, started: func(p *jail.Process) {
		if begun.Add(1) <= 2 {
			time.AfterFunc(20*time.Millisecond, p.Kill)
		}
	}})
	defer c.Close()
	sum := &collect{total: f.plan().NewPartial(), job: f.job}
	err = c.Run(t.Context(), &Task{Job: f.job, Manifests: [][]byte{f.manifest}, Inputs: f.inputs(), Parts: parts, Done: sum.done, Open: f.open(t)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := sum.total.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if begun.Load() != 3 || sum.n != parts || !bytes.Equal(got, want) {
		t.Fatalf("%d workers, %d parts, same sum: %v", begun.Load(), sum.n, bytes.Equal(got, want))
	}
}

// TestAttemptsEnd: a part that ends every worker ends the run, with a sentence
// of ours that names no part.
func TestAttemptsEnd(t *testing.T) {
	f := newFixture(t)
	var started atomic.Int32
	_, err := f.run(t.Context(), t, &Options{Workers: 1, role: func(n int) string { started.Store(int32(n)); return "crash" }})
	if glovebox.CodeOf(err) != glovebox.CodeInternal || !strings.Contains(err.Error(), "charged already") {
		t.Fatalf("%v", err)
	}
	// Parts lost once go to the end of the queue: every part may be tried
	// before one of them is out of attempts.
	if n := int(started.Load()); n < DefaultAttempts || n > parts*DefaultAttempts {
		t.Fatalf("%d workers were started", n)
	}
}

// TestChannelFailureText: a worker that has had data can go wrong in ways of its
// choice. What the run's author is told does not depend on which.
func TestChannelFailureText(t *testing.T) {
	f := newFixture(t)
	told := map[string]bool{}
	for _, name := range []string{"crash", "garbage", "lie", "failure", "unknown"} {
		_, err := f.run(t.Context(), t, &Options{Workers: 1, Attempts: 1, role: func(int) string { return name }})
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		told[err.Error()] = true
	}
	if len(told) != 1 {
		t.Errorf("a failure is told in %d ways: %v", len(told), told)
	}
}

func TestCancelKillsAtOnce(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	var last atomic.Pointer[jail.Process]
	_, err := f.run(ctx, t, &Options{Workers: 1, Silence: time.Hour, role: func(int) string { return "hang" }, started: func(p *jail.Process) {
		last.Store(p)
		time.AfterFunc(300*time.Millisecond, cancel)
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	<-last.Load().Exited()
}

func TestCloseWithoutRun(t *testing.T) {
	c := New(nil)
	w, err := c.Walls()
	if err != nil || w&jail.Apart == 0 {
		t.Fatal(w, err)
	}
	c.Close()
	c.Close()
}
