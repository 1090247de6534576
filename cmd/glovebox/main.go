// Command glovebox is the whole product in one binary. It maps the result of
// internal/cli to an exit status, is its own worker behind the walls of
// internal/worker/jail, and does nothing else.
package main

import (
	"os"
	"runtime/debug"

	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/cli"
	"glovebox.example/glovebox/internal/worker/jail"
)

// A command lives for a moment with a small heap: collecting its garbage less
// often takes a third off its time. softHeap keeps that from costing memory
// where a job has many keys.
const (
	gcPercent = 400
	softHeap  = 1 << 30 // bytes
)

func main() {
	jail.Main(trial.Roles()) // does not return in a worker
	_ = jail.NoCore()        // a limit can always be lowered
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softHeap)
	}
	exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: stdout(), Err: os.Stderr}))
}
