package jail

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// What the workers of these tests send beside the frames of every worker.
const (
	answer Kind = 4
	reason Kind = 7
	ready  Kind = 8
)

var table = Frames{answer: {Most: 256 << 20}, reason: {Most: 300, Text: true}, ready: {Exact: true}}

// frames are well-formed frames, one of each kind.
func frames() []Frame {
	return []Frame{{Hello, make([]byte, 4)}, {Sealed, nil}, {Beat, nil}, {ready, nil}, {answer, []byte("\x01\x00\x00\x00sum")},
		{Failure, []byte{byte(FaultData)}}, {reason, []byte("no type 7")}}
}

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	for _, f := range frames() {
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range frames() {
		got, err := ReadFrame(&b, table)
		if err != nil || got.Kind != want.Kind || !bytes.Equal(got.Payload, want.Payload) {
			t.Fatalf("%v, not %v: %v", got, want, err)
		}
	}
	if _, err := ReadFrame(&b, table); err != io.EOF {
		t.Fatalf("after the last frame: %v", err)
	}
}

func TestFramesRefuse(t *testing.T) {
	for name, p := range map[string]string{
		"kind 0":             "\x00\x00\x00\x00\x01\x00\x00\x00",
		"unknown kind":       "\x00\x00\x00\x00\x01\x63\x00\x00",
		"another version":    "\x00\x00\x00\x00\x02\x02\x00\x00",
		"reserved byte":      "\x00\x00\x00\x00\x01\x02\x00\x01",
		"half a head":        "\x00\x00\x00",
		"beat that carries":  "\x01\x00\x00\x00\x01\x03\x00\x00x",
		"long failure":       "\x02\x00\x00\x00\x01\x05\x00\x00xx",
		"short payload":      "\x08\x00\x00\x00\x01\x04\x00\x00xx",
		"oversized answer":   "\x05\x00\x00\x10\x01\x04\x00\x00",
		"oversized reason":   "\x2d\x01\x00\x00\x01\x07\x00\x00" + strings.Repeat("x", 301),
		"unprintable reason": "\x01\x00\x00\x00\x01\x07\x00\x00\n",
		"endless":            "\xff\xff\xff\xff\x01\x04\x00\x00",
	} {
		if _, err := ReadFrame(strings.NewReader(p), table); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, f := range frames() {
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		_, known := own(f.Kind)
		if _, err := ReadFrame(&b, nil); (err == nil) != known {
			t.Errorf("kind %d, of every worker: %v; of a role without a table: %v", f.Kind, known, err)
		}
	}
	if err := (Frame{Failure, []byte("too long")}).Write(io.Discard); !errors.Is(err, ErrFrame) {
		t.Errorf("a malformed frame was written: %v", err)
	}
}

func FuzzFrame(f *testing.F) {
	for _, x := range frames() {
		var b bytes.Buffer
		if err := x.Write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		r := bytes.NewReader(p)
		got, err := ReadFrame(r, table)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := got.Write(&b); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if !bytes.Equal(b.Bytes(), p[:len(p)-r.Len()]) {
			t.Fatal("another form of the same frame was accepted")
		}
	})
}
