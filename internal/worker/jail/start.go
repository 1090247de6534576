package jail

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// DefaultHelloWithin is how long a worker may take to put its walls up. It
// takes some 50 ms of processor time; the rest is for busy machines.
const DefaultHelloWithin = 60 * time.Second

// Options of Start; nil is the product's choice.
type Options struct {
	Limits Limits
	// HelloWithin is how long to wait for the first frame; zero:
	// DefaultHelloWithin.
	HelloWithin time.Duration
	// Source is the file that a worker of RoleLoad reads, and required for it;
	// nil for others.
	Source *os.File

	without Walls // tests only: namespaces to do without
}

// Process is a running worker as its supervisor sees it. Its methods are for
// one goroutine, but for Kill and Exited.
type Process struct {
	cmd    *exec.Cmd
	socket int
	frames *os.File
	may    Frames // what it may send
	walls  Walls

	mu     sync.Mutex
	reaped bool
	exited chan struct{}
}

// Start starts a worker in the given role and waits until its first walls are
// up. The worker may send what the table says, and is killed when this process
// ends.
func Start(role string, may Frames, o *Options) (*Process, error) {
	if isWorker() {
		return nil, refuseNested()
	}
	if o == nil {
		o = &Options{}
	}
	if (role == RoleLoad) != (o.Source != nil) {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a loader, and no other worker, has a source")
	}
	within := o.HelloWithin
	if within == 0 {
		within = DefaultHelloWithin
	}
	var err error
	for _, a := range attempts(o.without) {
		var p *Process
		if p, err = launch(role, a, o); err == nil {
			p.may = may
			return p.greet(within)
		}
	}
	e := glovebox.Errorf(glovebox.CodeInternal, "a worker process cannot be started").Because(err)
	if tight() {
		return nil, e.WithFix("raise the limits that this process was started with (ulimit -v, -d, -u, -n) and run the same command again")
	}
	return nil, e.WithFix("`glovebox doctor` says what this machine allows")
}

// launch starts the process in one way.
func launch(role string, a attempt, o *Options) (_ *Process, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "socket")
	defer theirs.Close()
	p := &Process{socket: pair[0], exited: make(chan struct{})}
	r, w, err := os.Pipe()
	if err != nil {
		_ = unix.Close(p.socket)
		return nil, err
	}
	defer w.Close()
	p.frames = r
	defer func() {
		if err != nil {
			_, _ = unix.Close(p.socket), r.Close()
		}
	}()
	// What comes back comes by the pipe.
	if err := unix.Shutdown(p.socket, unix.SHUT_RD); err != nil {
		return nil, err
	}
	p.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Dir: "/",
		Args: []string{argv0, role, strconv.FormatUint(uint64(a.walls), 10), strconv.FormatUint(o.Limits.CPU, 10), strconv.FormatUint(o.Limits.Memory, 10)},
		// Nothing of the supervisor's environment, no output but frames.
		Env:         []string{"GOMAXPROCS=2", "TZ=UTC", "LANG=C"},
		ExtraFiles:  []*os.File{theirs, w},
		SysProcAttr: attributes(a),
	}
	if o.Source != nil {
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, o.Source)
	}
	started := make(chan error)
	go func() {
		// The parent-death signal follows the thread that forked, so that
		// thread stays for as long as the worker does.
		runtime.LockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.wait()
		}
	}()
	return p, <-started
}

// wait reaps the worker. Its number stays its own until then, so that a group
// kill cannot hit another.
func (p *Process) wait() {
	for unix.Waitid(unix.P_PID, p.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	p.mu.Lock()
	p.reaped = true
	_ = p.cmd.Wait() // the status says nothing that frames do not
	p.mu.Unlock()
	close(p.exited)
}

// greet reads the first frame.
func (p *Process) greet(within time.Duration) (*Process, error) {
	f, err := p.Next(within)
	if err == nil && f.Kind != Hello {
		err = ErrFrame
	}
	if err != nil {
		p.Close()
		if tight() {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a worker process did not come up under the limits that this process was started with").Because(err).
				WithFix("raise them (ulimit -v, -d, -u, -n) and run the same command again")
		}
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a worker process did not come up").Because(err).
			WithFix("`glovebox doctor` says what this machine allows; a program of your own must call jail.Main first thing")
	}
	p.walls = Walls(binary.LittleEndian.Uint32(f.Payload)) & all
	return p, nil
}

// Walls are those around the worker, once it is sealed.
func (p *Process) Walls() Walls { return p.walls }

// Pid is the worker's process number.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Send sends a message. It does not wait: a worker that lets messages pile up
// is at fault. The files stay the caller's.
func (p *Process) Send(kind byte, data []byte, files ...*os.File) error {
	if len(data) >= maxData || len(files) > maxFiles {
		return glovebox.Errorf(glovebox.CodeInternal, "a message of %d bytes and %d files is too large for a worker", len(data), len(files))
	}
	var oob []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		oob = unix.UnixRights(fds...)
	}
	err := unix.Sendmsg(p.socket, append([]byte{kind}, data...), oob, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	runtime.KeepAlive(files)
	return err
}

// Errors of Next.
var (
	ErrGone = errors.New("the worker ended early")
	ErrHang = errors.New("the worker made no progress")
)

// Next waits for the worker's next frame. It fails with ErrGone, ErrHang or
// ErrFrame; then the worker is of no more use.
func (p *Process) Next(within time.Duration) (Frame, error) {
	if err := p.frames.SetReadDeadline(time.Now().Add(within)); err != nil {
		return Frame{}, err
	}
	f, err := ReadFrame(p.frames, p.may)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return f, ErrHang
	case errors.Is(err, io.EOF):
		return f, ErrGone
	}
	return f, err
}

// Kill kills the worker at once. It may be called from any goroutine, and
// after the worker has ended.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL)
		_ = p.cmd.Process.Kill()
	}
}

// Exited is closed when the worker is gone.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// CPU is the processor time that the worker took; it waits for its end.
func (p *Process) CPU() time.Duration {
	<-p.exited
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// Close kills the worker, waits until it is gone and frees what is left.
func (p *Process) Close() {
	p.Kill()
	<-p.exited
	_, _ = unix.Close(p.socket), p.frames.Close()
}
