package jail

import (
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"strconv"
	"sync"
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// argv0 is the name under which the binary runs as a worker.
const argv0 = "glovebox-worker"

// Descriptors of a worker.
const (
	fdIn  = 3 // socket: what the supervisor sends
	fdOut = 4 // pipe: frames
	// fdSource is the file that a loader reads.
	fdSource = 5
)

// Exit statuses of a worker. Nothing else is said by them.
const (
	exitDone  = 0
	exitSetup = 70
	exitRole  = 71
)

// Role is what a worker does between its first and its last frame. An error
// ends the worker; its text goes nowhere.
type Role func(*Inside) error

// Inside is a worker's view of its jail.
type Inside struct {
	walls  Walls
	limits Limits
	mu     sync.Mutex // one frame at a time
	out    *os.File
}

// Main runs the role that the supervisor asked for and exits, if this process
// is a worker; in any other process it returns at once. It must be the first
// thing in main, and in TestMain of packages whose tests start workers.
func Main(roles ...map[string]Role) {
	if !isWorker() {
		return
	}
	all := map[string]Role{}
	for _, more := range roles {
		maps.Copy(all, more)
	}
	os.Exit(enter(all))
}

func isWorker() bool { return len(os.Args) > 0 && os.Args[0] == argv0 }

// enter raises the first walls, says which hold and runs the role.
func enter(roles map[string]Role) int {
	if len(os.Args) != 5 {
		return exitSetup
	}
	made, err1 := strconv.ParseUint(os.Args[2], 10, 32)
	cpu, err2 := strconv.ParseUint(os.Args[3], 10, 64)
	mem, err3 := strconv.ParseUint(os.Args[4], 10, 64)
	role := roles[os.Args[1]]
	if errors.Join(err1, err2, err3) != nil || role == nil {
		return exitSetup
	}
	in := &Inside{out: os.NewFile(fdOut, "frames"), limits: Limits{CPU: cpu, Memory: mem}.withDefaults()}
	in.walls = raise(Walls(made)&all, in.limits)
	if in.Send(Frame{Hello, binary.LittleEndian.AppendUint32(nil, uint32(in.walls))}) != nil {
		return exitSetup
	}
	if role(in) != nil {
		return exitRole
	}
	return exitDone
}

// raise adds to the walls that the constructor put up. made are the namespaces
// that the supervisor started this process in; Seal adds the last two walls.
func raise(made Walls, l Limits) Walls {
	w := raised() | Apart
	if l.set(made&Users != 0) == nil {
		w |= Rlimits
	}
	if seccomp.Supported() {
		w |= Seccomp
	}
	return w
}

// Walls are those that hold once Seal has returned.
func (in *Inside) Walls() Walls { return in.walls }

// HasCache says whether CacheDir is this worker's own.
func (in *Inside) HasCache() bool { return in.walls&Files != 0 }

// Seal raises the last walls: the list of system calls, the bound on memory,
// and that no file grows. It comes before the first foreign byte is read and says so to the
// supervisor. If it fails the worker must end.
func (in *Inside) Seal() error { return in.seal(filterWorker) }

// SealWriting is Seal for a worker that may write to CacheDir and sees no
// data: the compiler.
func (in *Inside) SealWriting() error { return in.seal(filterCompiler) }

// SealLoading is Seal for a loader or reader: it may also write to the files in memory
// that it made before, up to ScratchBytes each.
func (in *Inside) SealLoading() error { return in.seal(filterLoader) }

// Source is the file that a loader was started with.
func (in *Inside) Source() *os.File { return os.NewFile(fdSource, "source") }

func (in *Inside) seal(kind filterKind) error {
	size := map[filterKind]uint64{filterCompiler: MaxCached, filterLoader: ScratchBytes}[kind]
	if in.walls&Rlimits != 0 {
		if err := in.limits.seal(size); err != nil {
			return errors.Join(err, in.Fail(FaultLimits))
		}
	}
	if in.walls&Seccomp != 0 {
		if err := seal(kind); err != nil {
			return errors.Join(err, in.Fail(FaultWalls))
		}
	}
	return in.Send(Frame{Kind: Sealed})
}

// Send sends a frame. It is safe for concurrent use.
func (in *Inside) Send(f Frame) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	return f.Write(in.out)
}

// Fail sends a failure.
func (in *Inside) Fail(f Fault) error { return in.Send(Frame{Failure, []byte{byte(f)}}) }

// Message is what a supervisor sends: a few bytes and some descriptors.
type Message struct {
	Kind  byte
	Data  []byte
	Files []*os.File
}

// Close closes the descriptors.
func (m *Message) Close() {
	for _, f := range m.Files {
		_ = f.Close()
	}
}

// Bounds of a Message.
const (
	maxData  = 1 << 10
	maxFiles = 200 // the kernel's own bound is 253
)

// errEnd says that the supervisor is gone or has no more work.
var errEnd = errors.New("end of work")

// Receive waits for the next message. It fails when the supervisor is gone.
func (in *Inside) Receive() (*Message, error) {
	buf, oob := make([]byte, maxData), make([]byte, unix.CmsgSpace(4*maxFiles))
	for {
		n, on, flags, _, err := unix.Recvmsg(fdIn, buf, oob, unix.MSG_CMSG_CLOEXEC)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n == 0 || flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
			return nil, errEnd
		}
		m := &Message{Kind: buf[0], Data: buf[1:n]}
		list, err := unix.ParseSocketControlMessage(oob[:on])
		if err != nil {
			return nil, err
		}
		for i := range list {
			fds, err := unix.ParseUnixRights(&list[i])
			if err != nil {
				return nil, err
			}
			for _, fd := range fds {
				m.Files = append(m.Files, os.NewFile(uintptr(fd), "handed"))
			}
		}
		return m, nil
	}
}

// refuseNested is the error of a worker that tries to start workers: most
// likely a program without the call to Main.
func refuseNested() error {
	return glovebox.Errorf(glovebox.CodeInternal, "a worker cannot start workers").WithFix("call jail.Main first thing in main or TestMain")
}
