package jail

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// namespaces maps clone flags to walls.
var namespaces = []struct {
	flag uintptr
	wall Walls
}{
	{unix.CLONE_NEWUSER, Users}, {unix.CLONE_NEWNET, Network}, {unix.CLONE_NEWNS, Files},
	{unix.CLONE_NEWPID, PIDs}, {unix.CLONE_NEWIPC, IPC}, {unix.CLONE_NEWUTS, Hostname},
}

// nobody is the account that root's workers run under.
const nobody = 65534

// attempt is one way to start a worker.
type attempt struct {
	walls  Walls // namespaces
	nobody bool
}

// attempts lists the ways to start, best first: all namespaces, then without
// one of them, then (root alone can) without the user namespace, then none.
func attempts(without Walls) []attempt {
	var every Walls
	for _, n := range namespaces {
		every |= n.wall
	}
	every &^= without
	root := os.Geteuid() == 0
	var out []attempt
	add := func(w Walls) {
		if root && w&Users != 0 {
			out = append(out, attempt{w, true})
		}
		out = append(out, attempt{w, false})
	}
	add(every)
	if every&Users != 0 {
		for _, n := range namespaces[1:] {
			add(every &^ n.wall)
		}
	}
	if root {
		add(every &^ Users)
	}
	if every != 0 {
		add(0)
	}
	return out
}

func attributes(a attempt) *syscall.SysProcAttr {
	s := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	for _, n := range namespaces {
		if a.walls&n.wall != 0 {
			s.Cloneflags |= n.flag
		}
	}
	if a.walls&Users == 0 {
		return s
	}
	uid, gid := os.Geteuid(), os.Getegid()
	if a.nobody {
		uid, gid = nobody, nobody
		s.Credential = &syscall.Credential{NoSetGroups: true}
	}
	s.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
	s.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	return s
}
