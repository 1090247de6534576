// Package canary holds tests alone. They plant markers in every column of
// made-up data, run the whole product over it, break every step, and search
// everything that could carry a marker out: what commands print, every file of
// the domain, exported bundles, the temporary directory, and all that a guest
// can see of its memory.
//
// It promises that a marker that stands anywhere in one of the forms listed in
// search_test.go is found (a positive control plants each form in each kind of
// place). It does not promise to see a value that was transformed in a way
// that is not listed, the time that something takes, or what lies in memory or
// swap.
package canary
