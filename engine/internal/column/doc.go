// Package column is how the values of a dataset lie in Arrow: the one table of
// types, tokens, rows picked out of batches, and readers made of functions.
package column
