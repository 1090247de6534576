// Package engine brings a provider's file into the vault and streams it out
// again, unit by unit. It is the only package that touches DuckDB.
//
// # In
//
// [Load] reads CSV, JSON or Parquet from a descriptor, checks every row
// against the dataset's record, turns identifiers into keyed tokens and writes
// a snapshot: Parquet parts sorted by the unit's token. What is wrong with a
// row is told by row number, column and reason, never by value; a file that is
// something else than its record declares is called by what it is.
//
// The structure of a CSV or JSON file (where a row starts and ends, whether it
// has all its fields, whether its bytes are text) is decided here, in Go,
// because row numbers must be exact and because DuckDB's own errors quote the
// line they complain about. Types, bounds, value lists and quality rules are
// checked by DuckDB on clean pieces of a few MiB. Rows of a CSV file whose every
// value stands in the canonical text of its type go past it: a test holds both
// ways to one outcome.
//
// A Parquet file is decoded here too: page checksums are verified, every value
// comes out exactly or its row is rejected, a text that is not UTF-8 costs its
// row, and a type that no record can declare is refused by its name.
//
// # Out
//
// [OpenPart] reads a part back as Arrow batches, [filter.Open] drops the rows
// that a row filter does not want, [Cap] limits the rows of one unit, and
// [Units] merges several inputs by unit, without a join, in bounded memory.
//
// # Promises
//
//   - Nothing is written to a disk in plain text. The pieces that DuckDB reads
//     lie in memory files (memfd), DuckDB's temporary directory is off, the
//     parts go where the caller's Create says, which is expected to encrypt
//     them, and rows that do not fit in memory to the caller's [Spill], sealed
//     under a key that the load makes and forgets. Swap and core dumps are the
//     machine's business.
//   - A load takes the memory that it was given, whatever the file's size.
//   - DuckDB sees the memory files of CSV and JSON and nothing else: no other
//     path, no network, no extension, no setting can be changed once it runs.
//   - No error, report or progress call holds a cell value. DuckDB's and
//     Arrow's own error texts never leave the package.
//   - A filter is parsed by DuckDB but never run as it was written: a small
//     checker builds a new expression out of the nodes it knows, and only that
//     runs. It cannot fail on a row, so no row can make itself visible by an
//     error.
//   - Equal input, record, keys and part count give equal parts, byte for byte.
//
// # Not promised
//
//   - The manifest holds row and unit counts, and the sizes of the parts follow
//     them. Both are secret and must be kept sealed; only the number of parts
//     is public.
//   - How long a load or a filter takes depends on the data. Whoever shows time
//     to somebody else must round it.
//   - DuckDB and the Parquet reader are large programs that parse foreign
//     bytes. The lock-down here limits what they can reach on purpose, not what
//     a memory error in them could do: run a load in a jail.
//   - A token hides an id from those without the key. Whoever holds the key can
//     try ids until one fits; there are few resident ids.
package engine
