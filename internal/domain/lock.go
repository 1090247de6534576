package domain

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// lock takes the writer's lock and waits for it. The kernel lets go of it when
// the process ends, however it ends.
func lock(ctx context.Context, path string, waiting func()) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the domain cannot be written"}).WithFix("use the account that owns it")
	}
	for told := false; ; {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
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
