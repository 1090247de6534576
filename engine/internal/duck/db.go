package duck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	duckdb "github.com/duckdb/duckdb-go/v2"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

// SmallMemory is DuckDB's limit where it only ever sees filters, in bytes.
const SmallMemory = 128 << 20

// leastData is how much memory a process needs to be let to have, in bytes: a
// worker's own limit is above it.
const leastData = 2 << 30

// DB is one locked-down DuckDB that lives in memory.
type DB struct{ connector *duckdb.Connector }

// Conn is one connection of a db, for one goroutine at a time.
type Conn struct {
	raw   *duckdb.Conn
	arrow arrowCalls
}

// arrowCalls are what DuckDB takes and gives in Arrow's form: *duckdb.Arrow,
// which its driver has under the build tag duckdb_arrow only.
type arrowCalls interface {
	QueryContext(ctx context.Context, query string, args ...any) (array.RecordReader, error)
	RegisterView(reader array.RecordReader, name string) (release func(), err error)
}

// fixedSettings are set before the first statement and locked by the last one.
// What a name does is DuckDB's own documentation; what none of them may do is
// in lockdown_test.go.
var fixedSettings = map[string]string{
	"autoinstall_known_extensions": "false",
	"autoload_known_extensions":    "false",
	"allow_community_extensions":   "false",
	"allow_unsigned_extensions":    "false",
	"allow_persistent_secrets":     "false",
	"allow_unredacted_secrets":     "false",
	"enable_external_file_cache":   "false", // a descriptor's content changes under its name
	"temp_directory":               "",      // off: too much data fails instead of spilling in plaintext
	"max_temp_directory_size":      "0KiB",
	"preserve_insertion_order":     "true",
	"ieee_floating_point_ops":      "true", // division by zero is not an error
	"errors_as_json":               "false",
}

// Open opens a DuckDB that can read the given paths and reach nothing else.
// memory is DuckDB's own limit in bytes.
//
// DuckDB's lock does not cover all: PRAGMA enable_profiling still prints to
// standard output, and CALL enable_logging to a file breaks the connection. So
// no statement is ever made of a user's text; names and constants are quoted,
// expressions come out of the compiler of package filter.
func Open(ctx context.Context, memory int64, paths ...string) (*DB, *Conn, error) {
	q := url.Values{}
	for k, v := range fixedSettings {
		q.Set(k, v)
	}
	q.Set("threads", "1")
	q.Set("memory_limit", strconv.FormatInt(memory>>10, 10)+"KiB")
	c, err := duckdb.NewConnector("?"+q.Encode(), nil)
	if err != nil {
		return nil, nil, dbError(ctx, "start DuckDB", err)
	}
	d := &DB{c}
	cn, err := d.Connect(ctx)
	if err != nil {
		d.Close()
		return nil, nil, err
	}
	allowed := make([]string, len(paths))
	for i, p := range paths {
		allowed[i] = QuoteText(p)
	}
	for _, s := range []string{
		"SET allowed_paths = [" + strings.Join(allowed, ", ") + "]",
		"SET enable_external_access = false",
		"SET lock_configuration = true",
	} {
		if err := cn.Exec(ctx, s); err != nil {
			cn.Close()
			d.Close()
			return nil, nil, err
		}
	}
	return d, cn, nil
}

// Connect opens one more connection.
func (d *DB) Connect(ctx context.Context) (*Conn, error) {
	c, err := d.connector.Connect(ctx)
	if err != nil {
		return nil, dbError(ctx, "start DuckDB", err)
	}
	raw, ok := c.(*duckdb.Conn)
	if !ok {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the DuckDB driver returned another connection type")
	}
	a, err := newArrow(raw)
	if err != nil {
		_ = raw.Close()
		if _, ours := errors.AsType[*glovebox.Error](err); ours {
			return nil, err
		}
		return nil, dbError(ctx, "start DuckDB", err)
	}
	return &Conn{raw, a}, nil
}

// Close frees DuckDB. Its only error is "closed already".
func (d *DB) Close() { _ = d.connector.Close() }

// Close ends a connection.
func (c *Conn) Close() { _ = c.raw.Close() }

// Exec runs a statement that has no result.
func (c *Conn) Exec(ctx context.Context, sql string) error {
	_, err := c.raw.ExecContext(ctx, sql, []driver.NamedValue{})
	return dbError(ctx, "run a statement", err)
}

// Query returns the whole result, held by DuckDB, as Arrow batches.
func (c *Conn) Query(ctx context.Context, sql string) (array.RecordReader, error) {
	r, err := c.arrow.QueryContext(ctx, sql)
	if err != nil {
		return nil, dbError(ctx, "run a query", err)
	}
	return r, nil
}

// Text returns the one value of a query that gives one string. isNull is true
// for an SQL NULL.
func (c *Conn) Text(ctx context.Context, sql string) (s string, isNull bool, err error) {
	r, err := c.Query(ctx, sql)
	if err != nil {
		return "", false, err
	}
	defer r.Release()
	if r.Next() && r.RecordBatch().NumRows() == 1 {
		if col, ok := r.RecordBatch().Column(0).(*array.String); ok {
			if col.IsNull(0) {
				return "", true, nil
			}
			return strings.Clone(col.Value(0)), false, nil
		}
	}
	return "", false, dbError(ctx, "read a result", errors.Join(r.Err(), io.ErrUnexpectedEOF))
}

// dbErrorNames tells the kinds of DuckDB errors apart without their texts.
var dbErrorNames = map[duckdb.ErrorType]string{
	duckdb.ErrorTypeOutOfMemory:    "out of memory",
	duckdb.ErrorTypeIO:             "input or output failed",
	duckdb.ErrorTypePermission:     "not permitted",
	duckdb.ErrorTypeParser:         "syntax",
	duckdb.ErrorTypeSyntax:         "syntax",
	duckdb.ErrorTypeBinder:         "names or types do not fit",
	duckdb.ErrorTypeCatalog:        "unknown name",
	duckdb.ErrorTypeConversion:     "conversion",
	duckdb.ErrorTypeOutOfRange:     "out of range",
	duckdb.ErrorTypeInvalidInput:   "invalid input",
	duckdb.ErrorTypeMismatchType:   "type mismatch",
	duckdb.ErrorTypeNotImplemented: "not supported",
	duckdb.ErrorTypeSerialization:  "damaged data",
	duckdb.ErrorTypeFatal:          "fatal",
	duckdb.ErrorTypeInternal:       "internal",
	duckdb.ErrorTypeInterrupt:      "interrupted",
}

// dbError replaces an error of DuckDB or its driver: their texts quote cell
// values and file contents, so only the kind is kept. The cause is dropped on
// purpose. A cancelled context comes back as itself.
func dbError(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	kind := "driver"
	if e, ok := errors.AsType[*duckdb.Error](err); ok {
		kind = dbErrorNames[e.Type]
		if kind == "" {
			kind = fmt.Sprintf("kind %d", e.Type)
		}
		if e.Type == duckdb.ErrorTypeOutOfMemory {
			if tight() {
				return glovebox.Errorf(glovebox.CodeInternal, "cannot %s: the limits that this process was started under leave DuckDB too little memory", doing).
					WithFix("raise them (ulimit -v, ulimit -d) and run the same command again")
			}
			return glovebox.Errorf(glovebox.CodeInvalid, "cannot %s: DuckDB needs more memory than it may use", doing).
				WithFix("load a file with fewer columns or shorter rows")
		}
	}
	return glovebox.Errorf(glovebox.CodeInternal, "cannot %s: DuckDB error (%s)", doing, kind)
}

// ReadError is the error of DuckDB, without its text, where rows are read.
func ReadError(ctx context.Context, err error) error { return dbError(ctx, "read rows", err) }

// FilterError is the same where rows are filtered.
func FilterError(ctx context.Context, err error) error { return dbError(ctx, "filter rows", err) }

// tight says whether this process was started under limits of memory that
// DuckDB may meet before its own. A worker's own limit of data is above it.
func tight() bool {
	for what, least := range map[int]uint64{unix.RLIMIT_AS: unix.RLIM_INFINITY, unix.RLIMIT_DATA: leastData} {
		var l unix.Rlimit
		if unix.Prlimit(0, what, nil, &l) == nil && l.Cur < least {
			return true
		}
	}
	return false
}

// QuoteName makes an SQL name.
func QuoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// QuoteText makes an SQL string constant. The text must hold no NUL.
func QuoteText(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
