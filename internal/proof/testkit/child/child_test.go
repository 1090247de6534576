package child

import (
	"os/exec"
	"runtime"
	"testing"
)

// TestOutlivesThreads ends every thread but its own that a goroutine can end;
// what was started goes on. With a plain Start it is killed by the death of
// the thread that forked.
func TestOutlivesThreads(t *testing.T) {
	const children = 4
	for range children {
		cmd := exec.Command("cat")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		type begun struct {
			ended <-chan error
			err   error
		}
		c := make(chan begun)
		go func() {
			runtime.LockOSThread() // this thread ends as soon as the command runs
			ended, err := Start(cmd)
			c <- begun{ended, err}
		}()
		b := <-c
		if b.err != nil {
			t.Fatal(b.err)
		}
		for range 50 {
			done := make(chan bool)
			go func() { runtime.LockOSThread(); close(done) }()
			<-done
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-b.ended; err != nil {
			t.Errorf("the command did not end by itself: %v", err)
		}
	}
}

// TestNoSuchProgram returns the error and no result of a Wait.
func TestNoSuchProgram(t *testing.T) {
	ended, err := Start(exec.Command("/nowhere/at-all"))
	if err == nil {
		t.Fatal("started")
	}
	select {
	case <-ended:
		t.Fatal("waited for nothing")
	default:
	}
}
