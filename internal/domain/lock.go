package domain

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// lock takes the writer's lock and waits for it. The kernel lets go of it when
// the process ends, however it ends.
func lock(ctx context.Context, path string, waiting func()) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, unix.EROFS) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the domain cannot be written: it lies on read-only media"}).
			WithFix("use the domain itself, or copy the whole directory to a disk that can be written; commands that only read work here")
	}
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the domain cannot be written"}).WithFix("use the account that owns it")
	}
	return flock(ctx, f, unix.LOCK_EX, waiting)
}

// flock waits for a lock of a file, which it closes if it gives up.
func flock(ctx context.Context, f *os.File, how int, waiting func()) (*os.File, error) {
	for told := false; ; {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			_ = f.Close()
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the domain cannot be locked").Because(err)
		}
		if !told && waiting != nil {
			waiting()
		}
		told = true
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, glovebox.Errorf(glovebox.CodeInternal, "gave up waiting for the domain").Because(ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
