package jail

import (
	"encoding/binary"
	"errors"
	"io"
)

// Kind is what a frame is.
type Kind uint8

// Kinds of frames, with the largest payload of each: see maxPayload.
const (
	Hello    Kind = 1  // walls that hold (4 bytes)
	Sealed   Kind = 2  // the last walls are up, the job was read
	Beat     Kind = 3  // units were worked on since the last frame
	Partial  Kind = 4  // part number (4 bytes), then a partial aggregate
	Failure  Kind = 5  // one byte: see Fault
	Compiled Kind = 6  // machine code, as package work defines it
	Reason   Kind = 7  // why a module does not compile: printable ASCII; compile role only
	Ready    Kind = 8  // the module was started with the job's inputs: parts can come
	Ways     Kind = 9  // what the worker's self-test found: one byte each, as package work defines them; probe role only
	Piece    Kind = 18 // as Partial, but more of the part follows
	Updated  Kind = 20 // the next state of mode train: 8 bytes a number; none: the module failed
	// Of a loader only.
	Opened   Kind = 10 // a file of the snapshot begins: its number (2 bytes), its name
	Data     Kind = 11 // of a file: its number (2 bytes), bytes
	Closed   Kind = 12 // a file is complete: its number (2 bytes)
	Progress Kind = 13 // done (8 bytes), total (8 bytes)
	Loaded   Kind = 14 // the load is complete: a document of package work
	Refused  Kind = 15 // it failed: a document of package work; of a reader too
	// Of a reader only.
	Checked Kind = 16 // a filter is sound: a document of package work
	Table   Kind = 17 // a table: a document of package work
	// Seen is what a run on sample rows showed, a document of package trial; of
	// its worker only.
	Seen Kind = 19
)

// Bounds of frames.
const (
	frameHead    = 8
	frameVersion = 1
	// MaxPartial bounds the bytes of one partial aggregate.
	MaxPartial = 256 << 20
	// MaxCompiled bounds the bytes of one compiled module.
	MaxCompiled = 64 << 20
	// MaxReason bounds the text of a compiler.
	MaxReason = 300
	// maxWays bounds the bytes of a Ways frame.
	maxWays = 8
	// MaxChunk bounds the bytes of a Data frame.
	MaxChunk = 1 << 20
	maxName  = 64
	// MaxLoaded and MaxRefused bound a loader's last frame.
	MaxLoaded  = 8 << 20
	MaxRefused = 64 << 10
	// MaxChecked and MaxTable bound what a reader answers.
	MaxChecked = 256 << 10
	MaxTable   = 64 << 20
	// MaxSeen bounds what a run on sample rows showed, in bytes.
	MaxSeen = 256 << 20
	// MaxUpdated bounds a state of mode train.
	MaxUpdated = 8 * 4096
)

// maxPayload is the largest payload of a kind, and whether it is the only one.
func maxPayload(k Kind) (n int, exact bool) {
	switch k {
	case Hello:
		return 4, true
	case Sealed, Beat, Ready:
		return 0, true
	case Partial, Piece:
		return 4 + MaxPartial, false
	case Failure:
		return 1, true
	case Updated:
		return MaxUpdated, false
	case Compiled:
		return MaxCompiled, false
	case Reason:
		return MaxReason, false
	case Seen:
		return MaxSeen, false
	case Ways:
		return maxWays, false
	case Opened:
		return 2 + maxName, false
	case Data:
		return 2 + MaxChunk, false
	case Closed:
		return 2, true
	case Progress:
		return 16, true
	case Loaded:
		return MaxLoaded, false
	case Refused:
		return MaxRefused, false
	case Checked:
		return MaxChecked, false
	case Table:
		return MaxTable, false
	}
	return -1, true
}

// ErrFrame is the error of everything that is not a well-formed frame.
var ErrFrame = errors.New("the worker sent what is no frame")

// Frame is one message of a worker.
type Frame struct {
	Kind    Kind
	Payload []byte
}

// Write writes one frame: length of the payload (4 bytes, little endian),
// version, kind, two zero bytes, payload.
func (f Frame) Write(w io.Writer) error {
	n, exact := maxPayload(f.Kind)
	if len(f.Payload) > n || exact && len(f.Payload) != n {
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

// ReadFrame reads one frame and checks its form. Memory grows with what
// arrives, not with what a length says. Whatever is not a frame is ErrFrame;
// an end before the first byte is io.EOF.
func ReadFrame(r io.Reader) (Frame, error) {
	var head [frameHead]byte
	if n, err := io.ReadFull(r, head[:]); err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			return Frame{}, ErrFrame
		}
		return Frame{}, err
	}
	f := Frame{Kind: Kind(head[5])}
	most, exact := maxPayload(f.Kind)
	size := uint64(binary.LittleEndian.Uint32(head[:]))
	if most < 0 || size > uint64(most) || exact && size != uint64(most) || head[4] != frameVersion || head[6] != 0 || head[7] != 0 {
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
	if f.Kind == Reason {
		for _, c := range f.Payload {
			if c < ' ' || c > '~' {
				return Frame{}, ErrFrame
			}
		}
	}
	return f, nil
}
