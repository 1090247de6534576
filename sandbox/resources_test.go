package sandbox

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// kept counts the descriptors and the mappings of this process.
func kept(t *testing.T) (fds, maps int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	m, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return len(list), bytes.Count(m, []byte("\n"))
}

// TestGuestsLeaveNothing starts and closes 1,000 guests under every way of
// resetting, some of which get a new instance in between or fail to start.
func TestGuestsLeaveNothing(t *testing.T) {
	prog := compile(t, fine(newProbe()).wasm(t), nil)
	one := func(how Reset, renew bool) {
		g, err := prog.NewGuest(t.Context(), probeBinding(), &GuestOptions{Reset: how})
		if err != nil {
			t.Fatal(err)
		}
		g.in.suspect = renew
		runUnit(t, g, empty())
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, how := range resets {
		one(how, true)
	}
	fds, maps := kept(t)
	for n := range 1_000 {
		one(resets[n%len(resets)], n%3 == 0)
		if _, err := prog.NewGuest(t.Context(), probeBinding(), &GuestOptions{Reset: "magic"}); err == nil {
			t.Fatal("an unknown reset was taken")
		}
	}
	// The Go runtime may map a few arenas of its own.
	if f, m := kept(t); f > fds+2 || m > maps+30 {
		t.Fatalf("1,000 guests kept %d descriptors and %d mappings", f-fds, m-maps)
	}
}

// TestResetFallsBack takes away descriptors, which tracking and copy-on-write
// need: a guest then starts with another way, and one that runs goes on with
// another when it needs a new instance. Nobody sees a difference.
func TestResetFallsBack(t *testing.T) {
	p := newProbe()
	p.Data(testScratch, []byte{5})
	p.run(nil, emit(w.I32Const(testScratch), w.Load(w.I64Load, 0), f64FromI64),
		w.I32Const(testScratch), w.I64Const(6), w.Store(w.I64Store, 0))
	prog := compile(t, p.wasm(t), nil)
	prog.tiers()
	var running []*Guest
	for _, how := range resets {
		running = append(running, start(t, prog, probeBinding(), &GuestOptions{Reset: how}))
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: limit.Max}); err != nil {
		t.Skipf("cannot lower a limit here: %v", err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
	}()
	g := start(t, prog, probeBinding(), nil)
	if g.tier != ResetCopy {
		t.Errorf("without descriptors a new guest is reset by %s", g.tier)
	}
	for _, g := range append(running, g) {
		g.in.suspect = true
		for range 3 {
			if m := metric(t, g, empty()); m != 5 {
				t.Fatalf("reset %s: the unit found %v", g.tier, m)
			}
		}
		if g.tier == ResetTracked {
			t.Error("a guest is tracked by a descriptor that it cannot have got")
		}
	}
	for _, how := range []Reset{ResetTracked, ResetCow} {
		if _, err := prog.NewGuest(t.Context(), probeBinding(), &GuestOptions{Reset: how}); err == nil {
			t.Errorf("reset %s was forced and did not fail", how)
		}
	}
}

// TestResetAsNobody runs the tests of resetting as an ordinary user without
// any capability.
func TestResetAsNobody(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user; the other tests ran as an ordinary one")
	}
	dir, err := os.MkdirTemp("", "glovebox-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "sandbox.test")
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	defer from.Close()
	to, err := os.OpenFile(exe, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if err2 := to.Close(); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	cmd := exec.Command(exe, "-test.run", "^(TestResetIsExact|TestResetTiers|TestResetManyRegions|TestGuestsLeaveNothing)$", "-test.v")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && !ran {
		t.Skipf("cannot run as another user here: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(resets) == 4 && !bytes.Contains(out, []byte("TestResetIsExact/tracked")) {
		t.Log("userfaultfd is for privileged users here; an ordinary one falls back")
	}
}
