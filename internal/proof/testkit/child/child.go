// Package child starts the programs that tests need beside them, so that none
// outlives a test binary that is killed, and none is killed before. The package
// is for tests only.
package child

import (
	"os/exec"
	"runtime"
)

// Start starts a command and returns a channel that gives what its Wait
// returned, once.
//
// Linux sends the signal of a parent's death when the thread that forked ends,
// not the process, and the Go runtime ends a thread whenever a goroutine that
// was locked to it returns. A thread of its own, that stays for as long as the
// command runs, keeps the two apart.
func Start(cmd *exec.Cmd) (<-chan error, error) {
	dieWithParent(cmd)
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}
