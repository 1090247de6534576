package node

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/internal/spread"
)

// Patience is how long a task waits for its machine's service. One that failed at
// once would be tried again at once, and a machine without a service would eat up
// all attempts of all tasks.
const Patience = 20 * time.Second

// ErrTask is all that a task says of its failure.
var ErrTask = errors.New("failed")

// Tasks is what an engine starts: it reads lines of a run's name and a number,
// apart by a tab or a blank, has the service at the socket do each, and prints
// one word for each that is done. It fails with ErrTask at the first that is not.
func Tasks(ctx context.Context, socket string, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, maxLine), maxLine)
	for lines.Scan() {
		id, number, ok := strings.Cut(strings.Replace(lines.Text(), "\t", " ", 1), " ")
		task, err := strconv.Atoi(number)
		if !ok || err != nil || !spread.IsRun(id) {
			return ErrTask
		}
		if err := Task(ctx, socket, id, task, out); err != nil {
			return err
		}
		if _, err := io.WriteString(out, wordDone+"\n"); err != nil {
			return ErrTask
		}
	}
	if lines.Err() != nil {
		return ErrTask
	}
	return nil
}

// Task has the service at the socket do one task. It ends at once, and with it
// the service's work, when the context ends or nobody reads from out any more.
func Task(ctx context.Context, socket, run string, task int, out io.Writer) error {
	c, err := dial(ctx, socket)
	if err != nil {
		return ErrTask
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if f, ok := out.(*os.File); ok {
		go closeWith(f, c)
	}
	if _, err := io.WriteString(c, run+" "+strconv.Itoa(task)+"\n"); err != nil {
		return ErrTask
	}
	word, err := bufio.NewReaderSize(io.LimitReader(c, maxLine), maxLine).ReadString('\n')
	if err != nil || word != wordDone+"\n" {
		return ErrTask
	}
	return nil
}

// dial waits for the service.
func dial(ctx context.Context, socket string) (net.Conn, error) {
	ctx, stop := context.WithTimeout(ctx, Patience)
	defer stop()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err == nil {
			return c, nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// closeWith closes the connection once nobody reads what the task prints: who
// started it is gone. Killing an executor of Spark does not kill what it started.
func closeWith(out *os.File, c net.Conn) {
	fds := []unix.PollFd{{Fd: int32(out.Fd())}}
	for {
		_, err := unix.Poll(fds, 500)
		if err != nil && !errors.Is(err, unix.EINTR) || fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
			_ = c.Close()
			return
		}
		if closed(c) {
			return
		}
	}
}

// closed says whether this side has closed the connection.
func closed(c net.Conn) bool { return errors.Is(c.SetDeadline(time.Time{}), net.ErrClosed) }
