// Package xlsx reads one sheet of an Excel workbook (.xlsx, .xlsm; ISO/IEC
// 29500) as rows of fields.
//
// It reads the parts that a table is made of (workbook, shared strings, number
// formats, sheet) with the standard library's zip and XML readers, as a stream:
// memory is that of the shared strings, which are bounded, and of one row.
//
// Promises: a cell is what the workbook stores, not what a format makes of it: a
// day and a time by their serial number and the format that says so, a number by
// its digits, a formula by the value that was last computed, and
// as no value of any type where none ever was; no macro, link or
// formula is run; nothing is written to a disk; no error holds a cell's value or
// a sheet's name.
//
// Not promised: charts, comments, hidden state (a hidden row is a row) and what
// a conditional format shows.
package xlsx
