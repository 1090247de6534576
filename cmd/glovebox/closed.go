package main

// extern int glovebox_stdout_closed;
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
