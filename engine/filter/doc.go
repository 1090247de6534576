// Package filter checks row filters and runs them.
//
// A filter is parsed by DuckDB but never run as it was written: a small checker
// builds a new expression out of the nodes that it knows, and only that runs. It
// cannot fail on a row, so no row can make itself visible by an error.
package filter
