package jail

import (
	"runtime"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

// The system calls of a sealed worker. The list was found with strace over
// this project's tests (Go's runtime, glibc's allocator and threads, DuckDB,
// wazero) and holds nothing that was not seen, but for calls that only happen
// in a tight spot (such as mremap, lseek). See TestChannelJail.
//
// Three answers: what is listed is allowed; what no honest worker ever tries
// (hostile) kills the process, so that a break-out attempt ends and is seen;
// all else fails with EPERM, which lets libraries probe for what they can live
// without.
var allowed = []string{
	// memory
	"brk", "munmap", "mprotect", "mremap", "madvise",
	// threads and time
	"futex", "sched_yield", "sched_getaffinity", "nanosleep", "clock_nanosleep", "clock_gettime", "gettimeofday",
	"set_robust_list", "rseq", "gettid", "getpid", "exit", "exit_group", "restart_syscall", "getcpu",
	// signals: Go's pre-emption
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
	// descriptors that are there already
	"read", "write", "pread64", "lseek", "close", "fstat", "recvmsg",
	"epoll_create1", "epoll_ctl", "epoll_pwait", "eventfd2",
	// what libraries ask for
	"getrandom", "uname", "sysinfo", "readlinkat",
}

// allowedAMD64 and allowedARM64 are such calls under the names of one
// architecture.
var (
	allowedAMD64 = []string{"newfstatat", "access", "readlink"}
	allowedARM64 = []string{"fstatat"}
)

// allowedWriting is what the compiler needs on top, in its own empty folder.
var allowedWriting = []string{"openat", "mkdirat", "renameat", "unlinkat", "getdents64", "fsync"}

// allowedLoading is what a loader needs on top, for the files in memory by which
// DuckDB gets its rows.
var allowedLoading = []string{"ftruncate", "pwrite64", "getdents64"}

// filterKind says for whom a filter is.
type filterKind int

const (
	filterWorker filterKind = iota
	filterCompiler
	filterLoader
)

// hostile are calls that kill the worker.
var hostile = []string{
	"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
	"mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "open_tree", "move_mount", "fsopen", "fsmount", "name_to_handle_at", "open_by_handle_at",
	"keyctl", "add_key", "request_key", "bpf", "perf_event_open", "io_uring_setup", "io_uring_enter",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff",
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "capset", "personality", "quotactl", "acct", "syslog",
}

// From <linux/userfaultfd.h> and <linux/fs.h>; the same on amd64 and arm64.
const userModeOnly = 1 // UFFD_USER_MODE_ONLY

// trackingRequests are UFFDIO_API, UFFDIO_REGISTER, UFFDIO_UNREGISTER,
// UFFDIO_WRITEPROTECT and PAGEMAP_SCAN.
var trackingRequests = []uint64{0xC018AA3F, 0xC020AA00, 0x8010AA01, 0xC018AA06, 0xC0606610}

// filter makes the seccomp policy of an architecture. The compiler may make
// files, in its own empty file system; a loader may write those in memory that
// it has.
func filter(goarch string, kind filterKind) seccomp.Policy {
	names := slices.Clone(allowed)
	kill := slices.Clone(hostile)
	switch goarch {
	case "arm64":
		names = append(names, allowedARM64...)
	case "amd64":
		names = append(names, allowedAMD64...)
		kill = append(kill, "fork", "vfork")
	}
	open := []seccomp.Condition{{Argument: 2, Operation: seccomp.BitsNotSet, Value: unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC}}
	args := []seccomp.NameWithConditions{
		{Name: "openat", Conditions: open},
		// Private memory alone: no limit counts what is shared.
		{Name: "mmap", Conditions: []seccomp.Condition{{Argument: 3, Operation: seccomp.BitsNotSet, Value: unix.MAP_SHARED}}},
		// A thread, never a process.
		{Name: "clone", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD}}},
		// Signals to itself: the supervisor is not to be seen, and in a pid
		// namespace has no number.
		{Name: "tgkill", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: uint64(unix.Getpid())}}},
		{Name: "prlimit64", Conditions: []seccomp.Condition{{Argument: 2, Operation: seccomp.Equal, Value: 0}}},
		{Name: "prctl", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: unix.PR_SET_NAME}}},
		{Name: "prctl", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: unix.PR_SET_VMA}}},
		{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_GETFL}}},
		{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_SETFL}}},
		{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_GETFD}}},
		{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_SETFD}}},
		{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_DUPFD_CLOEXEC}}},
		{Name: "fcntl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: unix.F_GET_SEALS}}},
	}
	// The tracked way of resetting a guest: which pages of this process were
	// written. The first asks for a descriptor that handles no fault of the
	// kernel's own, so it cannot hold the kernel up.
	args = append(args, seccomp.NameWithConditions{Name: "userfaultfd", Conditions: []seccomp.Condition{
		{Argument: 0, Operation: seccomp.Equal, Value: unix.O_CLOEXEC | unix.O_NONBLOCK | userModeOnly}}})
	for _, request := range trackingRequests {
		args = append(args, seccomp.NameWithConditions{Name: "ioctl", Conditions: []seccomp.Condition{{Argument: 1, Operation: seccomp.Equal, Value: request}}})
	}
	switch kind {
	case filterCompiler:
		args = args[1:]
		names = append(names, allowedWriting...)
	case filterLoader:
		names = append(names, allowedLoading...)
		if goarch == "amd64" {
			names = append(names, "stat", "lstat")
		}
	}
	return seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls: []seccomp.SyscallGroup{
			{Action: seccomp.ActionAllow, Names: names, NamesWithCondtions: args},
			{Action: seccomp.ActionKillProcess, Names: kill},
			// glibc tries clone3 first and takes clone where the kernel does
			// not know it; seccomp cannot look at clone3's flags.
			{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
		},
	}
}

// seal loads the filter on all threads.
func seal(kind filterKind) error {
	return seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: filter(runtime.GOARCH, kind)})
}
