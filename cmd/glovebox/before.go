package main

// extern int glovebox_stdout_closed;
// void glovebox_end(void);
import "C"

import (
	"io"
	"os"

	"glovebox.example/glovebox/internal/cli"
)

// stdout is the process's own, or one that fails where it was started without.
func stdout() io.Writer {
	if C.glovebox_stdout_closed != 0 {
		return cli.Closed{}
	}
	return os.Stdout
}

// exit ends the process on purpose: see before.c.
func exit(status int) {
	C.glovebox_end()
	os.Exit(status)
}
