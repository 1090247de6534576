package core

import (
	"net"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// peers is a listener that lets accounts in by the kernel's word on who they are.
type peers struct {
	*net.UnixListener
	allowed []uint32
}

// Accept implements net.Listener: it closes what comes from another account.
func (p *peers) Accept() (net.Conn, error) {
	for {
		c, err := p.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if uid, err := peer(c); err == nil && (uid == uint32(os.Geteuid()) || slices.Contains(p.allowed, uid)) {
			return c, nil
		}
		_ = c.Close() // a stranger
	}
}

// peer is the account at the other end.
func peer(c *net.UnixConn) (uint32, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var got error
	if err := raw.Control(func(fd uintptr) { cred, got = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return 0, err
	}
	if got != nil {
		return 0, got
	}
	return cred.Uid, nil
}

// Holds says whether a core answers on the socket of a directory.
func Holds(dir string) bool {
	c, err := net.Dial("unix", filepath.Join(dir, Socket))
	if err != nil {
		return false
	}
	_ = c.Close() // nothing was said
	return true
}
