// Command glovebox is the whole product in one binary. It maps the result of
// internal/cli to an exit status, is its own worker behind the walls of
// internal/worker/jail, and does nothing else.
package main

import (
	"io"
	"log"
	"os"
	"runtime/debug"

	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/cli"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// A command lives for a moment with a small heap: collecting its garbage less
// often takes a third off its time. softHeap keeps that from costing memory
// where a job has many keys.
const (
	gcPercent = 400
	softHeap  = 1 << 30 // bytes
)

// quiet sets the standard logger aside. No code of the product logs with it, but
// net/http and other libraries do, beside the messages and with bytes that a
// server sent; stderr is for messages of the product's own.
func quiet() { log.SetOutput(io.Discard) }

func main() {
	quiet()
	jail.Main(role.All(), trial.Roles()) // does not return in a worker
	_ = jail.NoCore()                    // a limit can always be lowered
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softHeap)
	}
	exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: stdout(), Err: os.Stderr}))
}
