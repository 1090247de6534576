//go:build !glovebox_fault

// Package fault marks the places at which the crash test kills the process.
// In the product a mark does nothing: the killing variant is compiled only
// with the build tag glovebox_fault, which the tests alone set.
package fault

// Point marks a place by name.
func Point(string) {}
