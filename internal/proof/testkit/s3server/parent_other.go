//go:build !linux

package s3server

import "syscall"

// dieWithParent has no equal here: a test binary that is killed leaves the
// server running.
func dieWithParent() *syscall.SysProcAttr { return nil }
