//go:build glovebox_fault

package fault

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// hits counts how often each mark was passed; the tests alone compile this.
var hits struct {
	sync.Mutex
	n map[string]int
}

// Point kills the process, as kill -9 would, when GLOVEBOX_FAULT names it:
// "name" the first time it is passed, "name:3" the third time. It adds its
// name as a line to the file of GLOVEBOX_FAULT_LIST, if that is set.
func Point(name string) {
	want, nth, _ := strings.Cut(os.Getenv("GLOVEBOX_FAULT"), ":")
	list := os.Getenv("GLOVEBOX_FAULT_LIST")
	if want != name && list == "" {
		return
	}
	hits.Lock()
	defer hits.Unlock()
	if list != "" {
		note(list, name)
	}
	if want != name {
		return
	}
	n, err := strconv.Atoi(nth)
	if err != nil {
		n = 1
	}
	if hits.n == nil {
		hits.n = map[string]int{}
	}
	if hits.n[name]++; hits.n[name] == n {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// note panics where it fails: a list that lacks a mark would let a test pass.
func note(list, name string) {
	f, err := os.OpenFile(list, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(name + "\n")
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		panic(err)
	}
}
