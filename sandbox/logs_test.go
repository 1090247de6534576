package sandbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
	csdk "glovebox.example/glovebox/sdk/c"
)

// testLog is where the test guests keep their log region, and its size.
const (
	testLog      = 4096
	testLogBytes = 64
)

// sampleLogs keep what guests print in a buffer.
func sampleLogs(t *testing.T, unitBytes int) (*bytes.Buffer, *SampleLogs) {
	t.Helper()
	var b bytes.Buffer
	logs, err := NewSampleLogs(&b, unitBytes)
	if err != nil {
		t.Fatal(err)
	}
	return &b, logs
}

// logging is a probe with a log region at a place of its choice.
func logging(at, n int) *probe {
	p := newProbe()
	p.Export("gbx_log", w.Func, p.Func(nil, []byte{w.I64}, nil, w.I64Const(int64(at)<<32|int64(uint32(n)))))
	return p
}

// say writes a text into the log region: the count, and of the text what is in
// data at testScratch.
func say(count int) []byte {
	return w.Cat(
		w.I32Const(testLog), w.I32Const(count), w.Store(w.I32Store, 0),
		w.I32Const(testLog+abi.LogText), w.I32Const(testScratch), w.I32Const(min(count, testLogBytes-abi.LogText)), w.Op(0xfc, 10, 0, 0))
}

// TestLogRegion: what a module leaves in its log region is read where logs are
// kept, whatever the count says, and never else; the unit's result is the
// same.
func TestLogRegion(t *testing.T) {
	long := strings.Repeat("abcdefgh\n", 20)
	for _, x := range []struct {
		name, text string
		count      int
		after      []byte
		want       string
		outcome    Outcome
	}{
		{"a line", "one line\nrest", 9, emit(w.F64Const(7)), "one line\n", OK},
		{"no line end", "word", 4, emit(w.F64Const(7)), "word\n", OK},
		{"nothing", "word", 0, emit(w.F64Const(7)), "", OK},
		{"more than fits", long, 180, emit(w.F64Const(7)), long[:60] + "\n", OK},
		{"a lie", long, -1, emit(w.F64Const(7)), long[:60] + "\n", OK},
		{"control characters", "a\x1b[2Jb\x00\xff\r\té\n", 13, emit(w.F64Const(7)), "a\ufffd[2Jb\ufffd\ufffd\ufffd\té\n", OK},
		{"then a trap", "before\n", 7, w.Op(0x00), "before\n", Trap},
		{"then a failure", "before\n", 7, w.I32Const(3), "before\n", Status},
	} {
		p := logging(testLog, testLogBytes)
		p.Data(testScratch, []byte(x.text))
		n := x.count
		copied := say(n)
		if n < 0 {
			copied = w.Cat(say(180), w.I32Const(testLog), w.I32Const(n), w.Store(w.I32Store, 0))
		}
		prog := compile(t, p.run(nil, copied, x.after).wasm(t), nil)
		silent := start(t, prog, probeBinding(), nil)
		plain := runUnit(t, silent, empty())
		for _, how := range resets {
			b, logs := sampleLogs(t, 0)
			g := start(t, prog, probeBinding(), &GuestOptions{Reset: how, Logs: logs})
			for range 3 {
				b.Reset()
				r := runUnit(t, g, empty())
				if b.String() != x.want || r.Printed != int64(uint32(n)) {
					t.Errorf("%s: %d bytes, %q, want %q", x.name, r.Printed, b, x.want)
				}
				if r.Outcome != x.outcome || r.Outcome != plain.Outcome || r.N != plain.N || r.Fuel != plain.Fuel || plain.Printed != 0 {
					t.Errorf("%s: %+v with logs, %+v without", x.name, r, plain)
				}
				if !isClean(g) {
					t.Errorf("%s: reset %q leaves something", x.name, how)
				}
			}
		}
	}
}

// TestLogRegionRefused: a region that is not one is refused before any unit,
// whether or not logs are kept.
func TestLogRegionRefused(t *testing.T) {
	for _, x := range [][2]int{
		{testLog, 0}, {testLog, 7}, {testLog + 4, 64}, {4 << 16, 64}, {4<<16 - 8, 16}, {0, 1<<20 + 8}, {-8, 64}, {0, -1},
		{testIn, 64}, {testOut, 64}, {testIn - 8, 16}, {testOut - 56, 64},
	} {
		p := logging(x[0], x[1])
		prog := compile(t, fine(p).wasm(t), nil)
		_, logs := sampleLogs(t, 0)
		for _, o := range []*GuestOptions{nil, {Logs: logs}} {
			_, err := prog.NewGuest(t.Context(), probeBinding(), o)
			if list := Refusals(err); len(list) != 1 || list[0].Code != "G065" {
				t.Errorf("%d bytes at %d: %v", x[1], x[0], err)
			}
		}
	}
	p := newProbe()
	p.Export("gbx_log", w.Func, p.Func(nil, []byte{w.I32}, nil, w.I32Const(0)))
	refused(t, fine(p).wasm(t), "G054")
}

// TestLogOfInit: what is printed before the first unit arrives once, and no
// unit finds it.
func TestLogOfInit(t *testing.T) {
	p := logging(testLog, testLogBytes)
	p.Data(testScratch, []byte("start\n"))
	p.Export("_initialize", w.Func, p.Func(nil, nil, nil, say(6)))
	prog := compile(t, p.run(nil, emit(w.I32Const(testLog), w.Load(w.I32Load, 0), w.Op(0xb8))).wasm(t), nil)
	b, logs := sampleLogs(t, 0)
	for _, o := range []*GuestOptions{nil, {Logs: logs}} {
		g := start(t, prog, probeBinding(), o)
		if v := metric(t, g, empty()); v != 0 {
			t.Errorf("the unit finds %v bytes in its log", v)
		}
	}
	if b.String() != "start\n" {
		t.Errorf("log of the start: %q", b)
	}
}

// TestLogOfWASI: files 1 and 2 are kept piece by piece, and pieces outside
// memory count without being read.
func TestLogOfWASI(t *testing.T) {
	const iovs, end = 512, 4 << 16
	piece := func(at, n int) []byte {
		return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(at)), uint32(n))
	}
	for _, x := range []struct {
		fd, n   int
		pieces  []byte
		want    string
		printed int64
	}{
		{1, 2, w.Cat(piece(1024, 3), piece(1027, 4)), "one two\n", 7},
		{2, 1, piece(1024, 3), "one\n", 3},
		{1, 3, w.Cat(piece(end-1, 2), piece(-1, -1), piece(1024, 3)), "one\n", 2 + 1<<32 - 1 + 3},
		{3, 1, piece(1024, 3), "", 0},
		{1, 17, piece(1024, 3), "", 0},
		{1, 0, nil, "", 0},
	} {
		p := wasiProbe(t, "fd_write", x.fd, iovs, x.n, 2048)
		p.Data(iovs, x.pieces).Data(1024, []byte("one two"))
		prog := compile(t, p.wasm(t), nil)
		plain := runUnit(t, start(t, prog, probeBinding(), nil), empty())
		answer := bytes.Clone(plain.Records)
		b, logs := sampleLogs(t, 0)
		g := start(t, prog, probeBinding(), &GuestOptions{Logs: logs})
		for range 2 {
			b.Reset()
			r := runUnit(t, g, empty())
			if b.String() != x.want || r.Printed != x.printed {
				t.Errorf("fd %d, %d pieces: %d bytes, %q", x.fd, x.n, r.Printed, b)
			}
			if r.Outcome != OK || !bytes.Equal(r.Records, answer) || r.Fuel != plain.Fuel || plain.Printed != 0 {
				t.Errorf("fd %d, %d pieces: the answer depends on the logs", x.fd, x.n)
			}
		}
	}
}

// TestLogBounds: a unit that prints for ever leaves what is asked for and no
// more, in memory too.
func TestLogBounds(t *testing.T) {
	p := wasiProbe(t, "fd_write", 1, 512, 1, 2048)
	p.Data(512, []byte{0, 0, 0, 0, 0, 0, 4, 0}) // all of memory
	prog := compile(t, p.wasm(t), nil)
	b, logs := sampleLogs(t, 100)
	g := start(t, prog, probeBinding(), &GuestOptions{Logs: logs})
	if r := runUnit(t, g, empty()); r.Printed != 4<<16 || strings.Count(b.String(), "\ufffd") != 100 || cap(g.log.text) > 200 {
		t.Errorf("%d bytes printed, %d characters kept in %d bytes", r.Printed, b.Len(), cap(g.log.text))
	}
	for _, n := range []int{-1, 1<<20 + 1} {
		if _, err := NewSampleLogs(b, n); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%d bytes for a unit: %v", n, err)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

// TestLogCannotBeWritten: a log that is lost ends the run; no unit's text is
// in the error.
func TestLogCannotBeWritten(t *testing.T) {
	p := logging(testLog, testLogBytes)
	p.Data(testScratch, []byte("marker\n"))
	prog := compile(t, p.run(nil, say(7), emit(w.F64Const(7))).wasm(t), nil)
	logs, err := NewSampleLogs(brokenWriter{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := start(t, prog, probeBinding(), &GuestOptions{Logs: logs})
	if err := g.Run(t.Context(), empty(), new(Result)); glovebox.CodeOf(err) != glovebox.CodeInternal || strings.Contains(err.Error(), "marker") {
		t.Errorf("error: %v", err)
	}
}

// TestLogInC: the C header's log helpers, in a build that has them and in one
// that has not.
func TestLogInC(t *testing.T) {
	needTool(t, "clang-19", "")
	needTool(t, "wasm-ld-19", "")
	const source = `#include "glovebox.h"
GBX_EXPORT(run) int32_t run(int32_t rows) {
  gbx_str s = {"string", 6};
  gbx_log_text("rows "); gbx_log_int64(rows);
  gbx_log_text(" min "); gbx_log_int64(-9223372036854775807LL - 1);
  gbx_log_text(" x "); gbx_log_float64(-12.0625); gbx_log_text(" "); gbx_log_float64(1e300 * rows);
  gbx_log_char(' '); gbx_log_string(s); gbx_log_char('\n');
  gbx_metric(gbx_emit(), rows);
  return 0;
}
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "log.c"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	unit := ints(t, allocator(t), 5, 6)
	for _, x := range []struct{ define, want string }{
		{"-DGBX_LOG_BYTES=4000", "rows 2 min -9223372036854775808 x -12.062500 big string\n"},
		{"-DGBX_LOG_BYTES=12", "rows 2 min -\n"},
		{"-UGBX_LOG_BYTES", ""},
	} {
		object, plain := filepath.Join(dir, "log.o"), filepath.Join(dir, "log.wasm")
		cc := append(slices.Clone(csdk.Flags), "-I", "../sdk/c", x.define, "-c", "-o", object, filepath.Join(dir, "log.c"))
		for _, cmd := range []*exec.Cmd{exec.Command("clang-19", cc...), exec.Command("wasm-ld-19", append(slices.Clone(csdk.LinkFlags), "-o", plain, object)...)} {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		wasm, err := SetManifest(read(t, plain), manifestJSON(t, testManifest()))
		if err != nil {
			t.Fatal(err)
		}
		if exported := bytes.Contains(wasm, []byte("gbx_log")); exported != (x.want != "") {
			t.Errorf("%s: export of gbx_log: %v", x.define, exported)
		}
		b, logs := sampleLogs(t, 0)
		g := start(t, compile(t, wasm, nil), probeBinding(), &GuestOptions{Logs: logs})
		if v := metric(t, g, unit); v != 2 || b.String() != x.want {
			t.Errorf("%s: %v, %q, want %q", x.define, v, b, x.want)
		}
	}
}

// FuzzLogRegion: whatever lies in a log region arrives as printable text
// within its bound.
func FuzzLogRegion(f *testing.F) {
	f.Add([]byte("\x05\x00\x00\x00hello, world"))
	f.Add([]byte("\xff\xff\xff\xff\x1b[2J\xc3"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, memory []byte) {
		r := region{0, len(memory)}
		if !r.validLog(len(memory) + 1) {
			return
		}
		const unit = 100
		var b bytes.Buffer
		logs, err := NewSampleLogs(&b, unit)
		if err != nil {
			t.Fatal(err)
		}
		l := &unitLog{to: logs}
		l.printed(r, memory)
		said, err := l.end()
		if err != nil || said != int64(binary.LittleEndian.Uint32(memory)) {
			t.Fatalf("%d bytes, %v", said, err)
		}
		s := b.String()
		if len(s) > utf8.UTFMax*unit+1 || !utf8.ValidString(s) || s != "" && !strings.HasSuffix(s, "\n") {
			t.Fatalf("%q", s)
		}
		for _, c := range s {
			if c != '\n' && c != '\t' && c != utf8.RuneError && !unicode.IsPrint(c) {
				t.Fatalf("%q holds %U", s, c)
			}
		}
	})
}
