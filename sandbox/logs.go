package sandbox

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/text"
)

// DefaultLogBytes is how much text of one unit SampleLogs keep, in bytes.
const DefaultLogBytes = 64 << 10

// SampleLogs take what guests print. They are for runs on sample data only: a
// guest that prints can print all that it sees, so on real data nothing reads
// what it prints, and nobody counts it. A test of the architecture lets
// nothing but the sample runner make them.
//
// What is kept is what goes to files 1 and 2 of WASI, and the log region of a
// module that has one. A guest cannot tell whether it is kept: it gets the
// same answers, uses the same fuel and gives the same records.
type SampleLogs struct {
	to   io.Writer
	unit int
}

// NewSampleLogs sends what guests print to w: the text of _initialize and
// gbx_buffers first, then that of each unit when it ends, each text whole, in
// one call, with a line end after its last line. Guests that run at the same
// time write at the same time. unitBytes is how much of each text is kept, 1
// to 1 MiB; 0: DefaultLogBytes.
//
// The text is printable: what is not UTF-8, and control characters but line
// end and tab, arrive as U+FFFD, so that no guest can play with a terminal.
func NewSampleLogs(w io.Writer, unitBytes int) (*SampleLogs, error) {
	if unitBytes == 0 {
		unitBytes = DefaultLogBytes
	}
	if w == nil || unitBytes < 1 || unitBytes > 1<<20 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the logs of samples need a writer and from 1 byte to 1 MiB for a unit")
	}
	return &SampleLogs{w, unitBytes}, nil
}

// unitLog is what one guest prints in one unit. A nil one keeps nothing.
type unitLog struct {
	to   *SampleLogs
	text []byte
	said int64 // bytes, those that are not kept included
	why  string
}

// because keeps why a call did not return: the first line of the runtime's
// text, which says what trapped and speaks of no value.
func (l *unitLog) because(err error) {
	if l == nil || errors.Is(err, errOutOfFuel) {
		return
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	first = strings.TrimPrefix(first, "wasm error: ")
	l.why = strings.TrimSpace(printable([]byte(first[:min(len(first), 200)])))
}

// status keeps which status a function returned.
func (l *unitLog) status(s uint32) {
	if l != nil {
		l.why = "status " + strconv.Itoa(int(int32(s)))
	}
}

// takeCause returns what was kept since the last time.
func (l *unitLog) takeCause() string {
	why := l.why
	l.why = ""
	return why
}

// add takes n bytes that a guest printed, of which b are there to be read.
func (l *unitLog) add(b []byte, n int) {
	l.said = min(l.said, math.MaxInt64-int64(n)) + int64(n)
	l.text = append(l.text, b[:min(len(b), l.to.unit-len(l.text))]...)
}

// end hands over what was printed since the last end and says how many bytes
// it was.
func (l *unitLog) end() (said int64, err error) {
	said = l.said
	if len(l.text) > 0 {
		_, err = io.WriteString(l.to.to, printable(l.text))
		if err != nil {
			err = glovebox.Errorf(glovebox.CodeInternal, "the guest's log cannot be written").Because(err)
		}
	}
	l.text, l.said = l.text[:0], 0
	return said, err
}

type logKey struct{}

// logContext carries a log to wasiLog, around the context that carries the
// meter.
type logContext struct {
	context.Context
	log *unitLog
}

// Value returns the log, or what the inner context has.
func (c logContext) Value(key any) any {
	if _, ok := key.(logKey); ok {
		return c.log
	}
	return c.Context.Value(key)
}

// printable is the text of a guest as it may be shown.
func printable(b []byte) string {
	s := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || text.Shown(r) {
			return r
		}
		return utf8.RuneError
	}, strings.ToValidUTF8(string(b), string(utf8.RuneError)))
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return s
}

// wasiLog keeps what a call of fd_write printed, if anybody asked for it. It
// follows the guest's pointers and is called on sample data only. A piece that
// is not in memory counts and is not kept: the answer to the guest does not
// depend on it.
func wasiLog(ctx context.Context, m api.Memory, pieces []byte) {
	l, _ := ctx.Value(logKey{}).(*unitLog)
	if l == nil {
		return
	}
	for ; len(pieces) >= 8; pieces = pieces[8:] {
		at, n := binary.LittleEndian.Uint32(pieces), binary.LittleEndian.Uint32(pieces[4:])
		b, _ := m.Read(at, n)
		l.add(b, int(n))
	}
}

// region is n bytes of a guest's memory from at on.
type region struct{ at, n int }

// validLog says whether a module's log region lies where it may, in a memory
// of this size and apart from the others. It is judged before any data is
// there, once.
func (r region) validLog(memory int, others ...region) bool {
	if r.at%abi.LogAlign != 0 || r.n < abi.MinLogBytes || r.n > abi.MaxLogBytes || r.at+r.n > memory {
		return false
	}
	for _, o := range others {
		if r.at < o.at+o.n && o.at < r.at+r.n {
			return false
		}
	}
	return true
}

// printed keeps what a module wrote to its log region, if it has one. It is
// called on sample data only.
func (l *unitLog) printed(r region, memory []byte) {
	if r.n == 0 {
		return
	}
	b := memory[r.at:][:r.n]
	n := int(binary.LittleEndian.Uint32(b))
	l.add(b[abi.LogText:][:min(n, r.n-abi.LogText)], n)
}
