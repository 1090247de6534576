package role

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
)

// asideWithin is how long a loader waits for bytes that it sent to be there to
// read.
const asideWithin = 2 * time.Minute

// aside is where a loader puts sealed rows: a file that the supervisor writes
// and the loader can only read. So a loader has no file that it could make
// grow, and the supervisor counts what it keeps.
type aside struct {
	in   *jail.Inside
	read *os.File
	sent atomic.Int64
}

// Write sends bytes to be appended.
func (a *aside) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		k := min(len(p), MaxChunk)
		if err = a.in.Send(jail.Frame{Kind: FrameAside, Payload: p[:k]}); err == nil {
			n, p = n+k, p[k:]
			a.sent.Add(int64(k))
		}
	}
	return n, err
}

// ReadAt reads bytes that were sent; the last ones may be on their way.
func (a *aside) ReadAt(p []byte, at int64) (n int, err error) {
	if at < 0 || at+int64(len(p)) > a.sent.Load() {
		return 0, io.ErrUnexpectedEOF
	}
	for until := time.Now().Add(asideWithin); ; time.Sleep(time.Millisecond) {
		k, err := a.read.ReadAt(p[n:], at+int64(n))
		if n += k; n == len(p) {
			return n, nil
		}
		if err != io.EOF || time.Now().After(until) {
			return n, glovebox.Errorf(glovebox.CodeInternal, "rows that were put aside cannot be read").Because(err)
		}
	}
}
