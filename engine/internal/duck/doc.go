// Package duck is DuckDB, locked down: one database in memory that can read the
// files it is given and reach nothing else, and the SQL for the values of a
// dataset. It is the only package that knows the driver.
//
// A statement is never made of a user's text, and no text of DuckDB's errors
// leaves the package: they quote cell values.
package duck
