// Package source reads what providers' files hold, row by row.
//
// The structure of a CSV or JSON file (where a row starts and ends, whether it
// has all its fields, whether its bytes are text) is decided here, in Go. So are
// the values of a Parquet file. [CheckSQL] then says what the values must be, as
// a query for DuckDB over clean pieces of a few MiB; [CheckRecord] makes sure
// that a record can be turned into it.
//
// Files are hostile: sizes are checked before anything is made of them, a row
// has an end, and no error holds a cell value. A file that is something else
// than its record declares is called by what it is.
package source
