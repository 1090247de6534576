package sandbox

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

const (
	denyEnv    = "GLOVEBOX_TEST_DENY" // which of denials the child is to install
	retAllow   = 0x7fff0000           // SECCOMP_RET_ALLOW
	retErrno   = 0x00050000           // SECCOMP_RET_ERRNO
	seccompSet = 1                    // SECCOMP_SET_MODE_FILTER
	allThreads = 1                    // SECCOMP_FILTER_FLAG_TSYNC
)

// denials are seccomp filters that containers have: no userfaultfd, no
// PAGEMAP_SCAN, no memfd.
var denials = map[string][]unix.SockFilter{
	"userfaultfd": {
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the call's number
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_USERFAULTFD, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: retErrno | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: retAllow},
	},
	"pagemap": {
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_IOCTL, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 24}, // low half of its second argument
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: pagemapScan, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: retErrno | uint32(unix.ENOTTY)},
		{Code: unix.BPF_RET | unix.BPF_K, K: retAllow},
	},
	"memfd": {
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_MEMFD_CREATE, Jt: 1},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_USERFAULTFD, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: retErrno | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: retAllow},
	},
}

// TestResetDenied runs itself under each filter: what is denied is not used,
// everything else works, and no guest notices.
func TestResetDenied(t *testing.T) {
	if name := os.Getenv(denyEnv); name != "" {
		deniedChild(t, name)
		return
	}
	for name := range denials {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestResetDenied$", "-test.v")
		cmd.Env = append(os.Environ(), denyEnv+"="+name)
		out, err := cmd.CombinedOutput()
		if bytes.Contains(out, []byte("--- SKIP")) {
			t.Skipf("no seccomp here: %s", out)
		}
		if err != nil {
			t.Errorf("without %s: %v\n%s", name, err, out)
		}
	}
}

func deniedChild(t *testing.T, name string) {
	filter := denials[name]
	prog := &unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread() // no_new_privs is the thread's own before the filter synchronises it
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Skip(err)
	}
	if _, _, e := unix.Syscall(unix.SYS_SECCOMP, seccompSet, allThreads, uintptr(unsafe.Pointer(prog))); e != 0 {
		t.Skip(e)
	}
	p := compile(t, busy(t), nil)
	found := p.tiers()
	if found.works[ResetTracked] || !found.works[ResetCopy] || !found.shrink || found.works[ResetCow] != (name != "memfd") {
		t.Fatalf("works: %v", found.works)
	}
	g := start(t, p, probeBinding(), nil)
	if g.tier != ResetCopy {
		t.Errorf("a small memory is reset by %s", g.tier)
	}
	want := bytes.Clone(g.in.bytes())
	for range 10 {
		if r := runUnit(t, g, empty()); r.Outcome != OK {
			t.Fatal(r.Outcome)
		}
		copy(g.in.bytes()[70_000:], "leftovers")
		if err := g.reset(); err != nil || !bytes.Equal(g.in.bytes(), want) {
			t.Fatalf("%v; memory differs", err)
		}
	}
	big := newProbe()
	big.man.Pages = 20
	big.Export("_initialize", w.Func, big.Func(nil, nil, nil, w.I32Const(12), w.Op(0x40, 0, 0x1a)))
	next := ResetCow
	if name == "memfd" {
		next = ResetCopy
	}
	if g := start(t, compile(t, fine(big).wasm(t), nil), probeBinding(), nil); g.tier != next {
		t.Errorf("a memory of %d pages is reset by %s, not by %s", g.img.size>>16, g.tier, next)
	}
}
