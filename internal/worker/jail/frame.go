package jail

import (
	"encoding/binary"
	"errors"
	"io"
)

// Kind is what a frame is.
type Kind uint8

// Kinds of frames that every worker sends. What else a role says, and how much of
// it, is the business of who owns the role: see Frames.
const (
	Hello   Kind = 1 // walls that hold (4 bytes)
	Sealed  Kind = 2 // the last walls are up, the job was read
	Beat    Kind = 3 // units were worked on since the last frame
	Failure Kind = 5 // one byte: see Fault
)

// Size is what a payload may be.
type Size struct {
	Most  int  // bytes
	Exact bool // Most bytes and no fewer
	Text  bool // printable ASCII
}

// Frames is the protocol of a role: which kinds of frame its workers may send,
// and the size of each. Those of every worker need not be in it.
type Frames map[Kind]Size

// own are the frames of every worker.
func own(k Kind) (s Size, ok bool) {
	switch k {
	case Hello:
		return Size{Most: 4, Exact: true}, true
	case Sealed, Beat:
		return Size{Exact: true}, true
	case Failure:
		return Size{Most: 1, Exact: true}, true
	}
	return Size{}, false
}

// fits says whether a payload of n bytes can be of that kind.
func (t Frames) fits(k Kind, n uint64) bool {
	s, ok := own(k)
	if !ok {
		s, ok = t[k]
	}
	return ok && n <= uint64(s.Most) && (!s.Exact || n == uint64(s.Most))
}

const (
	frameHead    = 8
	frameVersion = 1
	// maxFrame is the largest payload that any frame can have, in bytes.
	maxFrame = 1<<32 - 1
)

// ErrFrame is the error of everything that is not a well-formed frame.
var ErrFrame = errors.New("the worker sent what is no frame")

// Frame is one message of a worker.
type Frame struct {
	Kind    Kind
	Payload []byte
}

// Write writes one frame: length of the payload (4 bytes, little endian),
// version, kind, two zero bytes, payload. Whether the role may send it is for the
// reader to judge.
func (f Frame) Write(w io.Writer) error {
	if s, ok := own(f.Kind); len(f.Payload) > maxFrame || ok && len(f.Payload) != s.Most {
		return ErrFrame
	}
	head := make([]byte, frameHead)
	binary.LittleEndian.PutUint32(head, uint32(len(f.Payload)))
	head[4], head[5] = frameVersion, byte(f.Kind)
	_, err := w.Write(append(head, f.Payload...)) // at once: a small frame is never cut
	return err
}

// chunk is how much memory is taken ahead of what has arrived.
const chunk = 1 << 20

// ReadFrame reads one frame and holds it to the table. Memory grows with what
// arrives, not with what a length says. Whatever is not a frame is ErrFrame;
// an end before the first byte is io.EOF.
func ReadFrame(r io.Reader, t Frames) (Frame, error) {
	var head [frameHead]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			return Frame{}, ErrFrame
		}
		return Frame{}, err
	}
	f := Frame{Kind: Kind(head[5])}
	size := uint64(binary.LittleEndian.Uint32(head[:]))
	if !t.fits(f.Kind, size) || head[4] != frameVersion || head[6] != 0 || head[7] != 0 {
		return Frame{}, ErrFrame
	}
	for left := int(size); left > 0; {
		n := min(left, chunk)
		at := len(f.Payload)
		f.Payload = append(f.Payload, make([]byte, n)...)
		if _, err := io.ReadFull(r, f.Payload[at:]); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = ErrFrame
			}
			return Frame{}, err
		}
		left -= n
	}
	if t[f.Kind].Text {
		for _, c := range f.Payload {
			if c < ' ' || c > '~' {
				return Frame{}, ErrFrame
			}
		}
	}
	return f, nil
}
