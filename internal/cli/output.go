package cli

import (
	"errors"
	"io"
	"os"

	"glovebox.example/glovebox"
)

// output is stdout with a memory: what is lost is not lost silently. After the
// first write that fails nothing more is written, and the command ends with
// status 1 however it ended otherwise (see Run). Every command prints its
// result here, and nothing else does.
type output struct {
	w   io.Writer
	err error // of the first write that failed
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	return n, err
}

// close closes a file, which is when some file systems say that there was no
// room, and returns the first error of all.
func (o *output) close() error {
	if f, ok := o.w.(*os.File); ok {
		if err := f.Close(); o.err == nil {
			o.err = err
		}
	}
	return o.err
}

// end closes stdout after a command that ended with err. A command that failed
// for a reason of its own keeps its error.
func (o *output) end(err error) error {
	lost := o.close()
	if lost == nil || err != nil && !errors.Is(err, lost) {
		return err
	}
	if pe, ok := errors.AsType[*os.PathError](lost); ok {
		lost = pe.Err
	}
	return glovebox.Errorf(glovebox.CodeInternal, "the output is lost: stdout does not take it").Because(lost).
		WithFix("give stdout a place that has room and stays open; what the command did stays done, and show and list commands print it again")
}

// Closed is the stdout of a process that was started without one. A command
// that prints nothing does not miss it.
type Closed struct{}

// Write fails.
func (Closed) Write([]byte) (int, error) { return 0, errClosed }

var errClosed = errors.New("it is closed")
