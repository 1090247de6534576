package crew

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/database"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

const (
	// fetchWithin is how long a fetcher may say nothing: a server may sort first.
	fetchWithin = 10 * time.Minute
	dialWithin  = 30 * time.Second
	// maxFetched bounds what is held of a table, packed, in memory.
	maxFetched = 4 << 30
)

// Fetch copies a table from a database server, or an object from an S3 server,
// into a file in memory. A worker
// that has the open connection and nothing else speaks with the server; this
// process opens the connection and reads none of it. src is how the file is read;
// the caller closes it.
func Fetch(ctx context.Context, s database.Server, def glovebox.Source) (file *os.File, src glovebox.Source, err error) {
	d := net.Dialer{Timeout: dialWithin}
	c, err := d.DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return nil, src, glovebox.Errorf(glovebox.CodeInvalid, "the server does not answer").WithFix("correct host and port in the connection file; the server must be reachable from here")
	}
	defer c.Close()
	conn, err := c.(*net.TCPConn).File()
	if err != nil {
		return nil, src, glovebox.Errorf(glovebox.CodeInternal, "the connection cannot be handed on")
	}
	defer conn.Close()
	if err := unix.SetNonblock(int(conn.Fd()), true); err != nil {
		return nil, src, glovebox.Errorf(glovebox.CodeInternal, "the connection cannot be handed on")
	}
	null := role.NullText(rand.Text())
	raw, err := json.Marshal(role.FetchSpec{Format: def.Format, Server: s, Table: def.Table, Object: def.Object, Most: maxFetched, Null: null})
	if err != nil {
		return nil, src, glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be encoded for its worker")
	}
	spec, err := role.SealedFile(raw)
	if err != nil {
		return nil, src, err
	}
	defer spec.Close()
	p, err := jail.Start(role.Fetch, role.Frames(role.Fetch), &jail.Options{Limits: jail.Limits{Memory: 1 << 30}})
	if err != nil {
		return nil, src, err
	}
	defer p.Close()
	stop := kill(ctx, p)
	defer stop()
	if file, err = receiveTable(p, spec, conn); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, src, cause
		}
		if errors.Is(err, jail.ErrGone) || errors.Is(err, jail.ErrHang) {
			return nil, src, glovebox.Errorf(glovebox.CodeInvalid, "the process that asks the server came to an end").WithFix("try again; the server's own log says more")
		}
		return nil, src, err
	}
	return file, role.FetchedSource(def, null), nil
}

// receiveTable takes a table's bytes into a file in memory.
func receiveTable(p *jail.Process, spec, conn *os.File) (_ *os.File, err error) {
	fd, err := unix.MemfdCreate("table", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot make a file in memory")
	}
	out := os.NewFile(uintptr(fd), "table")
	defer func() {
		if err != nil {
			_ = out.Close()
		}
	}()
	if err := p.Send(role.MessageFetch, nil, spec, conn); err != nil {
		return nil, err
	}
	for n := 0; ; {
		f, err := p.Next(fetchWithin)
		if err != nil {
			return nil, err
		}
		switch f.Kind {
		case jail.Sealed:
		case role.FrameAside:
			if n += len(f.Payload); n > maxFetched {
				return nil, glovebox.Errorf(glovebox.CodeInvalid, "what the server sends has more than %d bytes", maxFetched).WithFix("have it exported to a file, and load that")
			}
			if _, err := out.Write(f.Payload); err != nil {
				return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot write a file in memory")
			}
		case role.FrameFetched:
			return out, nil
		case role.FrameRefused:
			return nil, refusal(f.Payload)
		default:
			return nil, notThat()
		}
	}
}
