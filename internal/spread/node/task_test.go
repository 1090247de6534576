package node

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/spread/storage"
)

const someRun = "r-aaaaaaaaaaaaaaaaaaaaaaaaaa"

// listen is a socket whose callers say handles.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
	return path
}

// TestChannelEngineText: a task prints one constant word for each line, whatever
// the service says, and of a failure nothing but that it failed.
func TestChannelEngineText(t *testing.T) {
	for said, want := range map[string]string{"done\n": "done\n", "failed\n": "", "done 17\n": "", "the value is 42\n": "", strings.Repeat("x", 999): ""} {
		socket := listen(t, func(c net.Conn) {
			_, _ = bufio.NewReader(c).ReadString('\n')
			_, _ = io.WriteString(c, said)
			_ = c.Close()
		})
		var out bytes.Buffer
		err := Tasks(t.Context(), socket, strings.NewReader(someRun+"\t7\n"), &out)
		if out.String() != want || (err == nil) != (want != "") || err != nil && err.Error() != "failed" {
			t.Errorf("the service says %q, the task %q, %v", said, out.String(), err)
		}
	}
	for _, line := range []string{"", "r-1 7", someRun, someRun + " x", strings.Repeat("a", 999), someRun + " 7 8"} {
		var out bytes.Buffer
		if err := Tasks(t.Context(), "/nowhere", strings.NewReader(line+"\n"), &out); err == nil || out.Len() != 0 {
			t.Errorf("%q: %v, %q", line, err, out.String())
		}
	}
}

// TestTaskEndsWithItsCaller: when nobody reads what a task prints any more, it
// closes its connection, and the service sees that.
func TestTaskEndsWithItsCaller(t *testing.T) {
	gone := make(chan struct{})
	socket := listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		_, _ = r.ReadString('\n')
		_, _ = r.ReadByte()
		close(gone)
	})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	end := make(chan error)
	go func() { end <- Tasks(t.Context(), socket, strings.NewReader(someRun+"\t7\n"), w) }()
	_ = r.Close() // the executor was killed
	<-gone
	if err := <-end; err == nil {
		t.Error("the task went well")
	}
}

// TestChannelEngineTaskTimes: when a task ends is a whole number of ticks after
// its beginning, so that what is seen of its work is a few bits.
func TestChannelEngineTaskTimes(t *testing.T) {
	at, err := storage.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := New(nodeKey(t), at, t.TempDir(), nil)
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- s.Serve(ctx, l) }()
	begun := time.Now()
	if err := Task(ctx, path, someRun, 0, io.Discard); err == nil { // of a run that there is not: no work at all
		t.Error("a task of no run goes well")
	}
	if took := time.Since(begun); took < tick {
		t.Errorf("it ended after %v, before the first tick of %v", took, tick)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
