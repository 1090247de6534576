// Command glovebox is the whole product in one binary. It maps the result of
// internal/cli to an exit status and does nothing else.
package main

import (
	"os"

	"glovebox/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
