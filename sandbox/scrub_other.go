//go:build !amd64

package sandbox

// scrub is only there where the runtime's compiler is known to have read
// registers that it had not set.
func scrub() {}
