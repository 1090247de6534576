package audit_test

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// TestLockEndsWithItsLog: a process that is being started has every open file of
// this one for a moment, the lock's too. A log that was closed can be opened all
// the same.
func TestLockEndsWithItsLog(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, e := range all {
		to, _ := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if to != filepath.Join(dir, ".state", "writer.lock") {
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		again, err := syscall.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		held++
		defer syscall.Close(again)
	}
	if held == 0 {
		t.Fatal("no open file is the lock")
	}
	closeLog(t, l)
	open(t, dir)
}
