package s3export

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// Defaults of what a server may be silent for.
const (
	// DefaultConnect is how long a connection and then its TLS handshake may
	// take, each.
	DefaultConnect = 15 * time.Second
	// DefaultAnswer is how long the answer to a whole request may take.
	DefaultAnswer = time.Minute
	// DefaultIdle is how long a body may stand still on its way.
	DefaultIdle = 30 * time.Second
)

// errSilent: a body stood still for too long.
var errSilent = errors.New("nothing came for too long")

// moving is a connection whose writes end with an error when the other side
// takes nothing for so long.
type moving struct {
	net.Conn
	idle time.Duration
}

// Write implements net.Conn. A large body goes in pieces, each with the whole
// time. Where the other side has hung up the bytes count as sent: it may have
// answered first, and then its answer, which is still to be read, says why; if
// it has not, reading says that it hung up.
func (c moving) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		if err = c.SetWriteDeadline(time.Now().Add(c.idle)); err != nil {
			break
		}
		var k int
		k, err = c.Conn.Write(p[:min(len(p), 64<<10)])
		n, p = n+k, p[k:]
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return n + len(p), nil
	}
	return n, err
}

// dial connects as o says.
func (o *Options) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: o.Connect}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return moving{c, o.Idle}, nil
}

// watched reads r, and calls stop when nothing came for idle; the error of such
// a read is errSilent.
func watched(r io.Reader, idle time.Duration, stop context.CancelCauseFunc) io.Reader {
	return &still{r, idle, stop}
}

type still struct {
	r    io.Reader
	idle time.Duration
	stop context.CancelCauseFunc
}

func (s *still) Read(p []byte) (int, error) {
	t := time.AfterFunc(s.idle, func() { s.stop(errSilent) })
	n, err := s.r.Read(p)
	if !t.Stop() && err != nil {
		err = errSilent
	}
	return n, err
}
