package jail

import (
	"runtime"
	"slices"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// allowedFront is what the process that faces the network needs on top: it
// accepts connections on the descriptor that it has, and makes new ones.
var allowedFront = []string{
	"connect", "accept4", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt",
	"sendto", "recvfrom", "sendmsg", "writev", "readv", "pipe2", "splice", "sendfile",
}

// SealFront takes from the process that faces the network, for good and from all
// its threads, what it needs no more once it listens: opening files, starting
// programs, other addresses to listen on, other processes. With outside it may
// still read files and make connections of its own, as somebody who asks identity
// providers has to; else it reaches sockets in the file system alone. It fails
// with CodeInternal where the kernel does not filter calls.
func SealFront(outside bool) error {
	if err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: front(runtime.GOARCH, outside)}); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "the kernel does not filter system calls, and nothing faces the network without that").Because(err)
	}
	return nil
}

// front is a worker's filter with the calls of a network server.
func front(goarch string, outside bool) seccomp.Policy {
	p := filter(goarch, filterWorker)
	allow, kill := &p.Syscalls[0], &p.Syscalls[1]
	allow.Names = append(allow.Names, allowedFront...)
	families := []uint64{unix.AF_UNIX}
	if outside {
		families = append(families, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK)
		allow.Names = append(allow.Names, "bind", "getdents64") // of sockets that ask for names
	} else {
		allow.NamesWithCondtions = slices.DeleteFunc(allow.NamesWithCondtions, func(c seccomp.NameWithConditions) bool { return c.Name == "openat" })
	}
	for _, f := range families {
		allow.NamesWithCondtions = append(allow.NamesWithCondtions, seccomp.NameWithConditions{Name: "socket", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.Equal, Value: f}}})
	}
	// What a library may try and live without is refused, not killed.
	kill.Names = slices.DeleteFunc(kill.Names, func(n string) bool {
		return slices.Contains(allow.Names, n) || slices.Contains([]string{"socket", "socketpair", "bind", "listen", "accept", "sendmmsg"}, n)
	})
	return p
}
