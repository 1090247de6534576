//go:build !linux

package child

import "os/exec"

// dieWithParent has no equal here: a test binary that is killed leaves the
// command running.
func dieWithParent(*exec.Cmd) {}
