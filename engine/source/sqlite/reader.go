// Package sqlite reads one table of an SQLite database as rows of fields.
//
// The database is a foreign file. It is opened through a read-only file system
// of that one file, with SQLite's schema distrusted, and only an ordinary table
// is read, column by column as it is stored: no view, trigger, virtual table or
// generated column runs. Lengths and memory are bounded by SQLite's own limits.
//
// Promises: values come out exactly and as stored; no error holds a value or a
// name out of the file. Not promised: changes that lie in a write-ahead log
// beside the file, which is not given: a database in WAL mode is refused.
package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
	"modernc.org/sqlite/vfs"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

// Reader reads a table. It is for one goroutine.
type Reader struct {
	fs     *vfs.FS
	db     *sql.DB
	conn   *sql.Conn
	rows   *sql.Rows
	names  []string
	cells  []any
	ptrs   []any
	row    rows.Row
	number int64
	file   *file
}

const fixExport = "open it with the sqlite3 program, check it (PRAGMA integrity_check), and export the table as CSV"

func damaged() *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the SQLite database is damaged, or made in a way that is not read here").WithFix("%s", fixExport)
}

// Open opens a table of a database of size bytes.
func Open(ctx context.Context, f io.ReaderAt, size int64, table string) (_ *Reader, err error) {
	if err := checkHead(f, size); err != nil {
		return nil, err
	}
	r := &Reader{file: &file{SectionReader: io.NewSectionReader(f, 0, size)}}
	name, files, err := vfs.New(r.file)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot open a database")
	}
	r.fs = files
	defer func() {
		if err != nil {
			_ = r.Close()
		}
	}()
	if r.db, err = sql.Open("sqlite", "file:"+fileName+"?mode=ro&immutable=1&vfs="+name+"&_defensive=1&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=mmap_size(0)&_pragma=temp_store(2)&_pragma=query_only(1)"); err != nil {
		return nil, damaged()
	}
	r.db.SetMaxOpenConns(1)
	if r.conn, err = r.db.Conn(ctx); err != nil {
		return nil, damaged()
	}
	for id, n := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH: 4 * rows.MaxBytes, sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20, sqlite3.SQLITE_LIMIT_COLUMN: 2000,
		sqlite3.SQLITE_LIMIT_ATTACHED: 0, sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0, sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
	} {
		if _, err := sqlite.Limit(r.conn, id, n); err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot bound a database")
		}
	}
	if err := r.columns(ctx, table); err != nil {
		return nil, err
	}
	return r, r.query(ctx, table)
}

// checkHead looks at the first page for what cannot be read.
func checkHead(f io.ReaderAt, size int64) error {
	head := make([]byte, 100)
	if n, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) || n < 100 || !bytes.HasPrefix(head, []byte("SQLite format 3\x00")) {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file is no SQLite database").WithFix("declare the format that the file has; an encrypted database must be decrypted first")
	}
	if head[18] == 2 || head[19] == 2 {
		return glovebox.Errorf(glovebox.CodeInvalid, "the SQLite database is in WAL mode, so that a part of it may lie in a file beside it").
			WithFix("run `PRAGMA journal_mode=DELETE` in it, or copy it with `.backup` or VACUUM INTO")
	}
	return nil
}

// columns finds the columns of an ordinary table.
func (r *Reader) columns(ctx context.Context, table string) error {
	tables := 0
	if err := r.conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE type = 'table'`).Scan(&tables); err != nil {
		return damaged()
	}
	var kind, statement string
	err := r.conn.QueryRowContext(ctx, `SELECT type, coalesce(sql, '') FROM sqlite_schema WHERE name = ? AND type IN ('table', 'view')`, table).Scan(&kind, &statement)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return glovebox.Errorf(glovebox.CodeInvalid, "the SQLite database has no table of the name in source.table, and %d tables in all", tables).
			WithFix("write the table's name as the database has it")
	case err != nil:
		return damaged()
	case kind != "table" || strings.HasPrefix(strings.ToUpper(strings.TrimSpace(statement)), "CREATE VIRTUAL"):
		return glovebox.Errorf(glovebox.CodeInvalid, "what source.table names in the SQLite database is a view or a virtual table").
			WithFix("copy its rows into an ordinary table (CREATE TABLE … AS SELECT …), and name that")
	}
	list, err := r.conn.QueryContext(ctx, `SELECT name, hidden FROM pragma_table_xinfo(?)`, table)
	if err != nil {
		return damaged()
	}
	defer list.Close()
	for list.Next() {
		var name string
		var hidden int
		if list.Scan(&name, &hidden) != nil || !utf8.ValidString(name) {
			return damaged()
		}
		if hidden == 0 {
			r.names = append(r.names, name)
		}
	}
	if list.Err() != nil || len(r.names) == 0 {
		return damaged()
	}
	return nil
}

// query starts to read. A value comes with its kind of storage, since drivers
// make of it what the column was declared as.
func (r *Reader) query(ctx context.Context, table string) (err error) {
	var exprs []string
	for _, n := range r.names {
		q := quote(n)
		// A text is checked here, byte by byte: as a blob it comes out as it is.
		exprs = append(exprs, "typeof("+q+")", "CASE typeof("+q+") WHEN 'text' THEN CAST("+q+" AS BLOB) WHEN 'blob' THEN NULL ELSE "+q+" END")
	}
	if r.rows, err = r.conn.QueryContext(ctx, "SELECT "+strings.Join(exprs, ", ")+" FROM main."+quote(table)+" NOT INDEXED"); err != nil { //nolint:gosec,rowserrcheck // names, quoted; Next looks at Err; a placeholder cannot stand for one
		return damaged()
	}
	r.cells, r.ptrs = make([]any, 2*len(r.names)), make([]any, 2*len(r.names))
	for i := range r.cells {
		r.ptrs[i] = &r.cells[i]
	}
	r.row.Fields = make([]rows.Field, len(r.names))
	return nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Columns are the names of the table's columns.
func (r *Reader) Columns() []string { return r.names }

// Width is their number.
func (r *Reader) Width() int { return len(r.names) }

// Done is how far into the file SQLite has read.
func (r *Reader) Done() int64 { return r.file.far }

// Close closes the database.
func (r *Reader) Close() error {
	if r.rows != nil {
		_ = r.rows.Close()
	}
	if r.conn != nil {
		_ = r.conn.Close()
	}
	if r.db != nil {
		_ = r.db.Close()
	}
	return r.fs.Close()
}

// Next returns the next row.
func (r *Reader) Next() (*rows.Row, error) {
	if !r.rows.Next() {
		if r.rows.Err() != nil {
			return nil, damaged()
		}
		return nil, nil
	}
	if r.rows.Scan(r.ptrs...) != nil {
		return nil, damaged()
	}
	size := 0
	for i := range r.names {
		f := &r.row.Fields[i]
		*f = rows.Field{}
		kind, _ := r.cells[2*i].(string)
		switch v := r.cells[2*i+1].(type) {
		case nil:
			if kind != "null" {
				f.Kind = rows.Other
			}
		case int64:
			f.Kind, f.Int = rows.Int, v
		case float64:
			f.Kind, f.Float = rows.Float, v
		case []byte:
			f.Kind, f.Text = rows.Text, v
			size += len(v)
			if !utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0 {
				f.Kind, f.Text = rows.Garbled, nil
			}
		default:
			f.Kind = rows.Other
		}
	}
	r.number++
	r.row.Number = r.number
	if size > rows.MaxBytes {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "row %d has more than %d bytes", r.number, rows.MaxBytes)
	}
	return &r.row, nil
}

// fileName is the name by which SQLite opens the one file that there is.
const fileName = "table.db"

// file is a file system of one file, and that file.
type file struct {
	*io.SectionReader
	at, far int64
}

// Open opens the file.
func (f *file) Open(name string) (fs.File, error) {
	if name != fileName {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f, nil
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.SectionReader.Read(p)
	f.at += int64(n)
	f.far = max(f.far, f.at)
	return n, err
}

// Seek moves to an offset.
func (f *file) Seek(offset int64, whence int) (int64, error) {
	n, err := f.SectionReader.Seek(offset, whence)
	f.at = n
	return n, err
}

// Stat describes the file.
func (f *file) Stat() (fs.FileInfo, error) { return info{f.Size()}, nil }

// Close does nothing: the file is the caller's.
func (f *file) Close() error { return nil }

type info struct{ size int64 }

func (i info) Name() string     { return fileName }
func (i info) Size() int64      { return i.size }
func (info) Mode() fs.FileMode  { return 0o400 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) IsDir() bool        { return false }
func (info) Sys() any           { return nil }
