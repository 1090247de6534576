// Package value reads a text as a value of a column's declared type.
//
// [Compile] makes a [Parser] of a column: of its type and of the ways in which
// its file writes values ([glovebox.Column.Written]). [Parser.Parse] gives the
// exact value or says why there is none. The package knows no file and no
// engine, so that the fast way of a load, its checking query, the reader of a
// spreadsheet and the proposal of a record are held to one meaning.
//
// # Promises
//
//   - A value is exact: a whole number, a decimal and a time are what is
//     written, to the last digit, or they are refused; a float64 is the one
//     nearest to the decimal that is written.
//   - One text has one meaning under one column, whatever order its ways of
//     writing are listed in: [Compile] refuses two that could read one text as
//     two values.
//   - No error holds a value.
//
// # Not promised
//
// That a value is true. A day of the calendar may be a typing error, and the
// 0 of 2024/10/05 may have been a 9.
package value
