package jail

import (
	"bufio"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain is the hook. The probes try what no worker may do; they are in this
// test binary alone.
func TestMain(m *testing.M) {
	roles := map[string]Role{
		"idle": func(in *Inside) error { _, err := in.Receive(); return err },
		"echo": func(in *Inside) error {
			if err := in.Seal(); err != nil {
				return err
			}
			for {
				msg, err := in.Receive()
				if err != nil {
					return err
				}
				got := make([]byte, 16)
				if len(msg.Files) > 0 {
					n, _ := msg.Files[0].ReadAt(got, 0)
					got = got[:n]
				}
				msg.Close()
				if err := in.Send(Frame{answer, append([]byte{0, 0, 0, 0}, got...)}); err != nil {
					return err
				}
			}
		},
		"hang":    func(in *Inside) error { time.Sleep(time.Hour); return nil },
		"garbage": func(in *Inside) error { _, err := in.out.Write(make([]byte, 64)); return err },
		"oversized": func(in *Inside) error {
			_, err := in.out.Write([]byte{0xff, 0xff, 0xff, 0xff, frameVersion, byte(answer), 0, 0})
			return err
		},
		"memory": func(in *Inside) error {
			if err := in.Seal(); err != nil {
				return err
			}
			var keep [][]byte
			for {
				b := make([]byte, 16<<20)
				for i := 0; i < len(b); i += 4096 {
					b[i] = 1
				}
				keep = append(keep, b)
				if len(keep) > 1<<16 {
					return nil
				}
			}
		},
		"spin": func(in *Inside) error {
			for {
			}
		},
	}
	for name, try := range probes() {
		roles["probe-"+name] = func(in *Inside) error {
			if err := in.Seal(); err != nil {
				return err
			}
			got := byte('n')
			if try() {
				got = 'y'
			}
			return in.Send(Frame{answer, []byte{0, 0, 0, 0, got}})
		}
	}
	Main(roles)
	if os.Getenv(orphanVar) != "" {
		parentOfOne()
	}
	os.Exit(m.Run())
}

// probes return true if they got what they wanted.
func probes() map[string]func() bool {
	worked := func(err error) bool { return err == nil }
	sys := func(nr uintptr, args ...uintptr) bool {
		var a [6]uintptr
		copy(a[:], args)
		_, _, e := unix.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
		return e == 0
	}
	return map[string]func() bool{
		"socket":  func() bool { _, err := net.Dial("tcp", "127.0.0.1:80"); return worked(err) },
		"unix":    func() bool { _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); return worked(err) },
		"passwd":  func() bool { _, err := os.ReadFile("/etc/passwd"); return worked(err) },
		"exe":     func() bool { _, err := os.ReadFile("/proc/self/exe"); return worked(err) },
		"memfile": func() bool { _, err := unix.Open("/proc/self/mem", unix.O_RDWR, 0); return worked(err) },
		"others": func() bool {
			list, _ := filepath.Glob("/proc/[0-9]*")
			for _, p := range list {
				if n, err := strconv.Atoi(filepath.Base(p)); err == nil && n != os.Getpid() {
					return true
				}
			}
			return unix.Kill(2, 0) == nil || unix.Kill(os.Getppid(), 0) == nil
		},
		"exec":      func() bool { return worked(exec.Command("/proc/self/exe").Run()) },
		"fork":      func() bool { return sys(unix.SYS_CLONE, uintptr(unix.SIGCHLD)) },
		"ptrace":    func() bool { return sys(unix.SYS_PTRACE, unix.PTRACE_TRACEME) },
		"vmread":    func() bool { return sys(unix.SYS_PROCESS_VM_READV, 1) },
		"bpf":       func() bool { return sys(unix.SYS_BPF) },
		"uring":     func() bool { return sys(unix.SYS_IO_URING_SETUP, 1) },
		"keyring":   func() bool { return sys(unix.SYS_KEYCTL) },
		"namespace": func() bool { return worked(unix.Unshare(unix.CLONE_NEWUSER)) },
		"mount":     func() bool { return worked(unix.Mount("tmpfs", "/", "tmpfs", 0, "")) },
		"write": func() bool {
			for _, p := range []string{"/x", CacheDir + "/x", "/tmp/glovebox-probe", "/dev/shm/x"} {
				if f, err := os.Create(p); err == nil {
					_, err = f.Write([]byte("x"))
					return worked(err)
				}
			}
			return false
		},
		"what the supervisor inherited": func() bool {
			for fd := fdSource; fd < maxOpenFiles; fd++ {
				var st unix.Stat_t
				if unix.Fstat(fd, &st) == nil && slices.Contains([]uint32{unix.S_IFIFO, unix.S_IFREG, unix.S_IFSOCK, unix.S_IFCHR}, st.Mode&unix.S_IFMT) {
					return true
				}
			}
			return false
		},
		"core dump": func() bool { // where dumps go to a program, a limit of 0 does not hold
			var l unix.Rlimit
			return unix.Prlimit(0, unix.RLIMIT_CORE, nil, &l) != nil || l.Cur != noCore
		},
		"memory without bound": func() bool { // RLIMIT_DATA counts private memory alone
			const each = 64 << 20
			for range DefaultMemory/each + 1 {
				if !sys(unix.SYS_MMAP, 0, each, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS, ^uintptr(0), 0) {
					return false
				}
			}
			return true
		},
		"memfd":           func() bool { _, err := unix.MemfdCreate("x", 0); return worked(err) },
		"unseal":          func() bool { return worked(unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)) },
		"limits":          func() bool { return worked(unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})) },
		"answer":          func() bool { return worked(unix.Sendto(fdIn, []byte("x"), 0, nil)) },
		"pages of others": func() bool { _, err := os.ReadFile("/proc/2/pagemap"); return worked(err) },
		"kernel faults":   func() bool { return sys(unix.SYS_USERFAULTFD, unix.O_CLOEXEC) },
		"terminal":        func() bool { return sys(unix.SYS_IOCTL, 0, unix.TIOCSTI, 0) },
		// Three that have to work: what the reset of guests needs, and a probe
		// that reports success.
		"own pages": func() bool {
			_, err := os.Open("/proc/self/pagemap")
			return worked(err)
		},
		"track":   func() bool { return sys(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK|userModeOnly) },
		"control": func() bool { return true }, // a probe can report success
	}
}

// works are the probes that may succeed.
var works = []string{"control", "own pages", "track"}

// TestTrackedResetIsPossible: where the kernel has it outside, it is there
// inside.
func TestTrackedResetIsPossible(t *testing.T) {
	fd, _, e := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK|userModeOnly, 0, 0)
	if e != 0 || start(t, "idle", nil).Walls()&Files == 0 {
		t.Skip("not possible on this machine")
	}
	_ = unix.Close(int(fd))
	for _, name := range []string{"own pages", "track"} {
		if !probe(t, name, nil) {
			t.Errorf("a worker has to be able to: %s", name)
		}
	}
}

func start(t testing.TB, role string, o *Options) *Process {
	t.Helper()
	p, err := Start(role, table, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// soon ends a test that hangs. Nothing takes so long, on the busiest machine.
const soon = 5 * time.Minute

// probe says whether what a probe tries works inside.
func probe(t *testing.T, name string, o *Options) bool {
	t.Helper()
	p := start(t, "probe-"+name, o)
	f, err := p.Next(soon)
	if err != nil || f.Kind != Sealed {
		t.Fatalf("not sealed: %v %v", f, err)
	}
	f, err = p.Next(soon)
	if errors.Is(err, ErrGone) {
		return false // killed for trying
	}
	if err != nil || f.Kind != answer || len(f.Payload) != 5 {
		t.Fatalf("no answer: %v %v", f, err)
	}
	return f.Payload[4] == 'y'
}

// TestChannelJail: what a module that broke out of the runtime would try.
func TestChannelJail(t *testing.T) {
	// What whoever started this process left open: without the flag that closes it.
	var left [2]int
	if err := unix.Pipe(left[:]); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = unix.Close(left[0]), unix.Close(left[1]) }()
	if !probe(t, "control", nil) {
		t.Error("a probe cannot report success: the other results say nothing")
	}
	for name := range probes() {
		if slices.Contains(works, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if probe(t, name, nil) {
				t.Errorf("a worker can: %s", name)
			}
		})
	}
}

// TestWallsStandAlone: without any namespace the other walls still keep the
// probes out, but for reading what the file system shows, which Landlock does.
func TestWallsStandAlone(t *testing.T) {
	o := &Options{without: Users | Network | Files | PIDs | IPC | Hostname}
	w := start(t, "idle", o).Walls()
	if w&(Network|Files|PIDs|Users) != 0 || w.Has(WallJail) {
		t.Fatalf("walls that are not there are reported: %v", w.Names())
	}
	if w&Seccomp == 0 || w&Rlimits == 0 || w&NoPrivs == 0 {
		t.Fatalf("only %v hold", w.Names())
	}
	for name := range probes() {
		if slices.Contains(works, name) || name == "passwd" && w&Landlock == 0 || name == "others" || name == "exe" && w&Landlock == 0 {
			continue
		}
		if probe(t, name, o) {
			t.Errorf("without namespaces a worker can: %s", name)
		}
	}
}

func TestDescriptorsGoInAndFramesComeOut(t *testing.T) {
	p := start(t, "echo", nil)
	if f, err := p.Next(soon); err != nil || f.Kind != Sealed {
		t.Fatal(f, err)
	}
	fd, err := unix.MemfdCreate("t", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "t")
	defer f.Close()
	if _, err := f.WriteString("handed over"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := p.Send('P', nil, f); err != nil {
			t.Fatal(err)
		}
		a, err := p.Next(soon)
		if err != nil || string(a.Payload[4:]) != "handed over" {
			t.Fatalf("%q %v", a.Payload, err)
		}
	}
}

func TestBadWorkers(t *testing.T) {
	for role, want := range map[string]error{"garbage": ErrFrame, "oversized": ErrFrame} {
		if _, err := start(t, role, nil).Next(soon); !errors.Is(err, want) {
			t.Errorf("%s: %v", role, err)
		}
	}
	p := start(t, "hang", nil)
	if _, err := p.Next(50 * time.Millisecond); !errors.Is(err, ErrHang) {
		t.Errorf("hang: %v", err)
	}
	p.Kill()
	<-p.Exited()
	if _, err := p.Next(soon); !errors.Is(err, ErrGone) {
		t.Errorf("killed: %v", err)
	}
	p.Kill() // again: nothing
}

// TestLimits: a worker that eats memory or processor time ends.
func TestLimits(t *testing.T) {
	for role, l := range map[string]Limits{"memory": {Memory: 512 << 20}, "spin": {CPU: 1}} {
		p := start(t, role, &Options{Limits: l})
		f, err := p.Next(soon)
		if err == nil && f.Kind == Sealed {
			_, err = p.Next(soon)
		}
		if !errors.Is(err, ErrGone) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

// TestNoCore: the supervisor's memory, keys included, is written nowhere when it
// crashes.
func TestNoCore(t *testing.T) {
	var l unix.Rlimit
	if err := errors.Join(NoCore(), unix.Getrlimit(unix.RLIMIT_CORE, &l)); err != nil || l.Cur != noCore || l.Max != noCore {
		t.Fatalf("%+v %v", l, err)
	}
}

func TestRaiseAgreesWithGo(t *testing.T) {
	if got, want := constructor(), (shared{argv0, CacheDir, strconv.Itoa(cacheBytes), RoleLoad, RoleRead, fdSource, Files, NoPrivs, Landlock}); got != want {
		t.Fatalf("raise.h says %+v, Go %+v", got, want)
	}
}

func TestUnknownRole(t *testing.T) {
	if _, err := Start("no such role", nil, nil); err == nil {
		t.Fatal("started")
	}
}

// BenchmarkStart measures a worker from nothing to its first frame.
func BenchmarkStart(b *testing.B) {
	var cpu time.Duration
	n := 0
	for b.Loop() {
		p, err := Start("idle", nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		p.Close()
		cpu += p.CPU()
		n++
	}
	b.ReportMetric(float64(cpu.Microseconds())/float64(n)/1000, "cpu-ms/start")
}

// orphanVar makes the test binary start a worker, print its number and wait to
// be killed.
const orphanVar = "GLOVEBOX_JAIL_TEST_PARENT"

func parentOfOne() {
	p, err := Start("idle", nil, nil)
	if err != nil {
		os.Exit(1)
	}
	os.Stdout.WriteString(strconv.Itoa(p.Pid()) + "\n")
	time.Sleep(time.Hour)
}

// TestWorkersDieWithTheirSupervisor: kill -9 of the supervisor leaves none.
func TestWorkersDieWithTheirSupervisor(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), orphanVar+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	worker, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(worker)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(worker), Events: unix.POLLIN}}, int(soon.Milliseconds()))
	if n != 1 || err != nil {
		t.Fatalf("the worker lives on: %d %v", n, err)
	}
}
