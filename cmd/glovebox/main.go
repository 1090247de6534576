// Command glovebox is the whole product in one binary. It maps the result of
// internal/cli to an exit status, is its own worker behind the walls of
// internal/jail, and does nothing else.
package main

import (
	"os"

	"glovebox/internal/cli"
	"glovebox/internal/jail"
	"glovebox/internal/work"
)

func main() {
	jail.Main(work.Roles()) // does not return in a worker
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
