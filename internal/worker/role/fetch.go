package role

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"time"

	"github.com/klauspost/compress/zstd"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/database"
	"glovebox.example/glovebox/engine/source/object"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// FetchSpec says what to copy: a table, or the object of an S3 server where that
// is named. It holds the account's password.
type FetchSpec struct {
	Format string          `json:"format"`
	Server database.Server `json:"server"`
	Table  string          `json:"table,omitempty"`
	Object string          `json:"object,omitempty"`
	Most   int64           `json:"most,omitempty"` // bytes of an object
	Null   string          `json:"null"`           // text of a missing value
}

// fetch copies a table to the supervisor, as CSV packed by Zstandard; or an
// object.
func fetch(in *jail.Inside) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessageFetch || len(m.Files) != 2 {
		return errMessage
	}
	if _, err := database.Prepare(); err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	if err := in.Seal(); err != nil {
		return err
	}
	raw, err := readSealed(m.Files[0], work.MaxSpec)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	var spec FetchSpec
	if err := json.Unmarshal(raw, &spec); err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	out := &fetched{in: in}
	if spec.Object != "" { // as it is: its own form may be packed, and is read at any place
		if err = object.Copy(context.Background(), handed{m.Files[1]}, &spec.Server, spec.Object, spec.Most, out); err == nil {
			err = out.flush()
		}
		return copied(in, err)
	}
	z, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	err = database.Copy(context.Background(), spec.Format, handed{m.Files[1]}, &spec.Server, spec.Table, spec.Null, z)
	if err == nil {
		err = errors.Join(z.Close(), out.flush())
	}
	return copied(in, err)
}

// copied says how a copy ended.
func copied(in *jail.Inside, err error) error {
	if err != nil {
		return errors.Join(err, send(in, FrameRefused, refused(err), MaxRefused))
	}
	return in.Send(jail.Frame{Kind: FrameFetched})
}

// fetched sends what is written as frames.
type fetched struct {
	in  *jail.Inside
	buf bytes.Buffer
}

func (f *fetched) Write(p []byte) (int, error) {
	f.buf.Write(p)
	for f.buf.Len() >= MaxChunk {
		if err := f.in.Send(jail.Frame{Kind: FrameAside, Payload: f.buf.Next(MaxChunk)}); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (f *fetched) flush() error {
	if f.buf.Len() == 0 {
		return nil
	}
	return f.in.Send(jail.Frame{Kind: FrameAside, Payload: f.buf.Next(f.buf.Len())})
}

// handed is a connection that another process opened.
type handed struct{ f *os.File }

func (h handed) Read(p []byte) (int, error)         { return h.f.Read(p) }
func (h handed) Write(p []byte) (int, error)        { return h.f.Write(p) }
func (h handed) Close() error                       { return h.f.Close() }
func (h handed) LocalAddr() net.Addr                { return &net.UnixAddr{Name: "handed", Net: "unix"} }
func (h handed) RemoteAddr() net.Addr               { return &net.UnixAddr{Name: "handed", Net: "unix"} }
func (h handed) SetDeadline(t time.Time) error      { return h.f.SetDeadline(t) }
func (h handed) SetReadDeadline(t time.Time) error  { return h.f.SetReadDeadline(t) }
func (h handed) SetWriteDeadline(t time.Time) error { return h.f.SetWriteDeadline(t) }

var _ net.Conn = handed{}

// NullText is what stands for a missing value in what is fetched: of a length
// and with characters that no person writes, and of the caller's own choice
// behind it.
func NullText(own string) string { return "\x01null " + own + "\x01" }

// FetchedSource is how what was fetched is read.
func FetchedSource(s glovebox.Source, null string) glovebox.Source {
	if s.Object != "" {
		s.Object = ""
		return s
	}
	return glovebox.Source{Format: "csv", Compression: "zstd", Null: []string{null}, Extra: s.Extra}
}
