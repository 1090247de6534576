// Package database copies one table of a PostgreSQL, MySQL or MariaDB server, row
// after row, as CSV that a load then reads like any file.
//
// It is given a connection that is open already and opens none, so that it runs
// where no network is. The server is foreign: what it sends is bounded row by row
// and never part of an error.
//
// Promises: the table is read in one transaction that can write nothing and sees
// one state of it; values come out in the server's own exact text (dates as ISO
// 8601, numbers with all digits); a missing value is the text that the caller
// chose; the connection is encrypted and the server's certificate checked, unless
// the caller says otherwise.
//
// Not promised: that a view that the server calls has no effect there: give the
// account no right but to read.
package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/csv"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

// Formats of a record's source that are servers.
const (
	Postgres = "postgres"
	MySQL    = "mysql" // and MariaDB
)

// S3 is what connection files of S3 servers are read as; it is no format.
const S3 = "s3"

// IsServer says whether a format is that of a server.
func IsServer(format string) bool { return format == Postgres || format == MySQL }

// Server is who to ask, and as whom. Of an S3 server, Database is the bucket,
// User the access key and Password the secret key.
type Server struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Database string `json:"database"`
	User     string `json:"user"`
	Password string `json:"password"`
	CA       []byte `json:"ca,omitempty"` // PEM of who signed the server's certificate; required unless Plain
	Plain    bool   `json:"plain,omitempty"`
	Region   string `json:"region,omitempty"` // of S3
}

// Address is host:port.
func (s *Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Copy writes the rows of a table as CSV with a header. null is the text of a
// missing value.
func Copy(ctx context.Context, format string, conn net.Conn, s *Server, table, null string, w io.Writer) error {
	conf := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	switch {
	case s.Plain:
		conf = nil
	case !conf.RootCAs.AppendCertsFromPEM(s.CA):
		return glovebox.Errorf(glovebox.CodeInvalid, "the file of the certificate authority holds no certificate").WithFix("name a PEM file with the certificate that signed the server's")
	}
	if format == Postgres {
		return copyPostgres(ctx, conn, s, conf, table, null, w)
	}
	return copyMySQL(ctx, conn, s, conf, table, null, w)
}

// Prepare makes what a copy needs that asks the system who runs it: call it once
// before the system may not be asked any more.
var Prepare = sync.OnceValues(func() (*pgconn.Config, error) { return pgconn.ParseConfig("") })

// copyPostgres has the server write the CSV.
func copyPostgres(ctx context.Context, conn net.Conn, s *Server, conf *tls.Config, table, null string, w io.Writer) error {
	c, err := Prepare()
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot ask the database server")
	}
	c = c.Copy()
	c.Host, c.Port, c.Database, c.User, c.Password, c.TLSConfig, c.Fallbacks = s.Host, uint16(s.Port), s.Database, s.User, s.Password, conf, nil
	c.RuntimeParams = map[string]string{"application_name": "glovebox", "client_encoding": "UTF8", "DateStyle": "ISO, YMD", "default_transaction_read_only": "on", "search_path": "", "TimeZone": "UTC"}
	c.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"192.0.2.1"}, nil } // never dialled
	c.DialFunc = func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	pg, err := pgconn.ConnectConfig(ctx, c)
	if err != nil {
		return refusedBy(err)
	}
	defer pg.Close(context.WithoutCancel(ctx))
	if err := pg.Exec(ctx, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").Close(); err != nil {
		return refusedBy(err)
	}
	name := pgx.Identifier(strings.Split(table, ".")).Sanitize()
	if !strings.Contains(table, ".") {
		name = pgx.Identifier{"public", table}.Sanitize()
	}
	_, err = pg.CopyTo(ctx, w, "COPY (SELECT * FROM "+name+") TO STDOUT (FORMAT csv, HEADER, NULL '"+strings.ReplaceAll(null, "'", "''")+"')")
	return refusedBy(err)
}

// copyMySQL writes the server's texts as CSV.
func copyMySQL(ctx context.Context, conn net.Conn, s *Server, conf *tls.Config, table, null string, w io.Writer) error {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName, c.Net, c.Addr, c.TLS = s.User, s.Password, s.Database, "handed", "server", conf
	c.DialFunc = func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	c.CheckConnLiveness, c.AllowNativePasswords, c.MaxAllowedPacket = false, true, 16*rows.MaxBytes
	c.Params = map[string]string{"time_zone": "'+00:00'", "sql_mode": "'ANSI_QUOTES'"}
	c.Logger = &mysql.NopLogger{}
	err := c.Apply(mysql.Charset("utf8mb4", ""))
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot ask the database server")
	}
	in, err := mysql.NewConnector(c)
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot ask the database server")
	}
	db := sql.OpenDB(in)
	defer db.Close()
	db.SetMaxOpenConns(1)
	one, err := db.Conn(ctx)
	if err != nil {
		return refusedBy(err)
	}
	defer one.Close()
	if _, err := one.ExecContext(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"); err != nil {
		return refusedBy(err)
	}
	var quoted []string
	for _, part := range strings.Split(table, ".") {
		quoted = append(quoted, "`"+strings.ReplaceAll(part, "`", "``")+"`")
	}
	list, err := one.QueryContext(ctx, "SELECT * FROM "+strings.Join(quoted, ".")) //nolint:gosec // names, quoted; a placeholder cannot stand for one
	if err != nil {
		return refusedBy(err)
	}
	defer list.Close()
	names, err := list.Columns()
	if err != nil {
		return refusedBy(err)
	}
	out := csv.NewWriter(w)
	if err := out.Write(names); err != nil {
		return err
	}
	cells, ptrs, line := make([]sql.RawBytes, len(names)), make([]any, len(names)), make([]string, len(names))
	for i := range cells {
		ptrs[i] = &cells[i]
	}
	for list.Next() {
		if err := list.Scan(ptrs...); err != nil {
			return refusedBy(err)
		}
		for i, c := range cells {
			switch {
			case c == nil:
				line[i] = null
			case !utf8.Valid(c):
				line[i] = "\x00" // bytes, which no column can have: the row is rejected for its encoding
			default:
				line[i] = string(c)
			}
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return errors.Join(refusedBy(list.Err()), out.Error())
}

// refusedBy names what a server refused, without its words, which may hold
// values.
func refusedBy(err error) error {
	if err == nil {
		return nil
	}
	code := ""
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		code = e.Code
	}
	number := uint16(0)
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		number = e.Number
	}
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &unknown), errors.As(err, &name):
		return glovebox.Errorf(glovebox.CodeInvalid, "the database server's certificate is not the one that is expected").WithFix("name the certificate authority (ca) and the server (host) as its certificate has them")
	case code == "28P01" || code == "28000" || number == 1045 || number == 1044:
		return glovebox.Errorf(glovebox.CodeInvalid, "the database server does not let this account in").WithFix("correct user, password and database in the connection file")
	case code == "42P01" || code == "3F000" || number == 1146:
		return glovebox.Errorf(glovebox.CodeInvalid, "the database has no table of the name in source.table").WithFix("write schema.table as the database has them")
	case code == "42501" || number == 1142 || number == 1143:
		return glovebox.Errorf(glovebox.CodeInvalid, "the account may not read the table").WithFix("grant it SELECT on the table, and nothing else")
	case code == "3D000" || number == 1049:
		return glovebox.Errorf(glovebox.CodeInvalid, "the server has no database of this name").WithFix("correct database in the connection file")
	case errors.Is(err, mysql.ErrNoTLS), strings.Contains(err.Error(), "refused TLS"):
		return glovebox.Errorf(glovebox.CodeInvalid, "the database server offers no encryption").WithFix("turn TLS on there; or, on this machine alone, write `tls = off` in the connection file")
	}
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		return e
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the database server ended the copy or sent what is not understood").WithFix("try again; the server's own log says more")
}
