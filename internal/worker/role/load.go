package role

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// LoadSpec is what a loader needs beside the file: the record, and the keys
// that make tokens of identifiers. It holds no other key.
type LoadSpec struct {
	Record    glovebox.Dataset    `json:"record"`
	UnitKey   [32]byte            `json:"unit_key"`
	IdentKeys map[string][32]byte `json:"ident_keys"` // by column
	Parts     int                 `json:"parts"`
	Memory    int64               `json:"memory"`
	Hold      int64               `json:"hold,omitempty"`
}

// Encode puts a spec into a sealed file in memory.
func (s *LoadSpec) Encode() (*os.File, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a load cannot be encoded for its worker")
	}
	return SealedFile(b)
}

// Loaded is the document of a Loaded frame.
type Loaded struct {
	Report   engine.LoadReport `json:"report"`
	Manifest []byte            `json:"manifest"` // canonical bytes
}

// Refused is the document of a Refused frame: an error, taken apart.
type Refused struct {
	Code    glovebox.Code        `json:"code"`
	Field   string               `json:"field,omitempty"`
	Col     int                  `json:"col,omitempty"`
	Msg     string               `json:"msg"`
	Fix     string               `json:"fix,omitempty"`
	Rejects *engine.RejectsError `json:"rejects,omitempty"` // nothing else counts then
}

// load is the loader: it reads a provider's file, which is foreign, and sends
// back the parts of a snapshot.
func load(in *jail.Inside) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessageLoad || len(m.Files) < 1 || len(m.Files) > 2 {
		return errMessage
	}
	scratch, err := sealLoading(in)
	if err != nil {
		return err
	}
	raw, err := readSealed(m.Files[0], work.MaxSpec)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	var spec LoadSpec
	if err := json.Unmarshal(raw, &spec); err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	out := &sender{in: in}
	o := engine.LoadOptions{
		UnitKey: spec.UnitKey, IdentKey: func(c glovebox.Column) [32]byte { return spec.IdentKeys[c.Name] },
		Parts: spec.Parts, Memory: spec.Memory, Hold: spec.Hold, Scratch: scratch, Create: out.create, Progress: out.progress,
	}
	if len(m.Files) == 2 {
		o.Spill = &aside{in: in, read: m.Files[1]}
	}
	if spec.Memory > 0 { // near it Go's collector works harder; DuckDB's memory is not Go's
		debug.SetMemoryLimit(spec.Memory / 2)
	}
	res, err := engine.Load(context.Background(), spec.Record, in.Source(), o)
	if err != nil {
		return errors.Join(err, send(in, FrameRefused, refused(err), MaxRefused))
	}
	return send(in, FrameLoaded, Loaded{res.Report, res.ManifestBytes}, MaxLoaded)
}

// sealLoading makes the files by which DuckDB gets its rows, and seals.
func sealLoading(in *jail.Inside) ([]*os.File, error) {
	scratch := make([]*os.File, engine.ScratchFiles)
	for i := range scratch {
		fd, err := unix.MemfdCreate("rows", unix.MFD_CLOEXEC)
		if err != nil {
			return nil, errors.Join(err, in.Fail(jail.FaultInternal))
		}
		scratch[i] = os.NewFile(uintptr(fd), "rows")
	}
	return scratch, in.SealLoading()
}

// refused takes an error apart.
func refused(err error) Refused {
	if e, ok := errors.AsType[*engine.RejectsError](err); ok {
		return Refused{Rejects: e}
	}
	e, ok := errors.AsType[*glovebox.Error](err)
	if !ok {
		return Refused{Code: glovebox.CodeInternal, Msg: "the file cannot be loaded"}
	}
	return Refused{Code: e.Code, Field: e.Field, Col: e.Col, Msg: e.Msg, Fix: e.Fix}
}

// send sends a document.
func send(in *jail.Inside, kind jail.Kind, doc any, most int) error {
	b, err := json.Marshal(doc)
	if err != nil || len(b) > most {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	return in.Send(jail.Frame{Kind: kind, Payload: b})
}

// sender sends the files of a snapshot as frames.
type sender struct {
	in *jail.Inside
	mu sync.Mutex
	n  uint16
}

func (s *sender) create(name string) (io.WriteCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &sentFile{in: s.in, head: binary.LittleEndian.AppendUint16(nil, s.n)}
	s.n++
	return f, s.in.Send(jail.Frame{Kind: FrameOpened, Payload: append(slices.Clip(f.head), name...)})
}

func (s *sender) progress(done, total int64) {
	p := binary.LittleEndian.AppendUint64(nil, uint64(done))
	// A frame that does not go out says that the supervisor is gone; the next
	// write of a file fails.
	_ = s.in.Send(jail.Frame{Kind: FrameProgress, Payload: binary.LittleEndian.AppendUint64(p, uint64(total))})
}

// sentFile is one of them.
type sentFile struct {
	in   *jail.Inside
	head []byte // its number
}

func (f *sentFile) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		k := min(len(p), MaxChunk)
		if err = f.in.Send(jail.Frame{Kind: FrameData, Payload: append(slices.Clip(f.head), p[:k]...)}); err == nil {
			n, p = n+k, p[k:]
		}
	}
	return n, err
}

func (f *sentFile) Close() error {
	return f.in.Send(jail.Frame{Kind: FrameClosed, Payload: f.head})
}
