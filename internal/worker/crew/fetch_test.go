package crew

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/source/database"
)

// account runs a command as an account without rights, which database servers
// ask for.
func account(c *exec.Cmd) *exec.Cmd {
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return c
}

// serverDir is a folder of that account with a certificate for localhost in it.
func serverDir(t *testing.T) (dir string, ca []byte) {
	dir, err := os.MkdirTemp("", "server")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err1 := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	private, err2 := x509.MarshalPKCS8PrivateKey(key)
	ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	err = errors.Join(err1, err2, os.WriteFile(filepath.Join(dir, "server.crt"), ca, 0o600),
		os.WriteFile(filepath.Join(dir, "server.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	for _, f := range []string{"", "server.crt", "server.key"} {
		if os.Geteuid() == 0 {
			err = errors.Join(err, os.Chown(filepath.Join(dir, f), 65534, 65534))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, ca
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func tool(t *testing.T, names ...string) string {
	for _, n := range names {
		if m, err := filepath.Glob(n); err == nil && len(m) > 0 {
			return m[len(m)-1]
		}
	}
	t.Skipf("SKIPPED FOR LACK OF A SERVER: none of %v is here; scripts/databases installs them", names)
	return ""
}

// start runs a server and ends it with the test.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := account(c).Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGKILL)
		_ = c.Wait() // killed
	})
}

// postgres starts a server with the table of formFiles in it.
func postgres(t *testing.T) *database.Server {
	bin := filepath.Dir(tool(t, "/usr/lib/postgresql/*/bin/initdb"))
	dir, ca := serverDir(t)
	port := freePort(t)
	data := filepath.Join(dir, "data")
	pass := filepath.Join(dir, "pass")
	if err := os.WriteFile(pass, []byte("s3cret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := account(exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "boss", "--pwfile", pass, "-A", "scram-sha-256", "-E", "UTF8", "--no-locale", "-N")).CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v %s", err, out)
	}
	start(t, exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", fmt.Sprint(port), "-k", dir, "-h", "localhost", "-c", "ssl=on", "-c", "ssl_cert_file="+dir+"/server.crt", "-c", "ssl_key_file="+dir+"/server.key", "-c", "fsync=off"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var c *pgx.Conn
	var err error
	for ctx.Err() == nil {
		if c, err = pgx.Connect(ctx, fmt.Sprintf("postgres://boss:s3cret@localhost:%d/postgres?sslmode=disable", port)); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	for _, s := range []string{
		`CREATE TABLE visits (id text, phone text, cost int)`, `INSERT INTO visits VALUES ('p1', '13800000000', 5), ('p2', NULL, 7), ('p1', '13800000001', 9)`,
		`CREATE TABLE odd (id text, n numeric(20,2), at timestamptz, yes bool, day date, f float8, text text)`,
		`INSERT INTO odd VALUES ('a', 1234567890123456.78, '2024-03-18 09:30:00.5+08', true, '2024-03-18', 0.1, E'两行\n"x", \\N'), ('b', 0, NULL, false, '0001-01-01', 1e300, '')`,
		`CREATE ROLE reader LOGIN PASSWORD 'read'`, `GRANT SELECT ON visits, odd TO reader`, `CREATE TABLE hidden (a int)`,
	} {
		if _, err := c.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return &database.Server{Host: "localhost", Port: port, Database: "postgres", User: "reader", Password: "read", CA: ca}
}

// mariadb does the same.
func mariadb(t *testing.T) *database.Server {
	server := tool(t, "/usr/sbin/mariadbd")
	install := tool(t, "/usr/bin/mariadb-install-db")
	dir, ca := serverDir(t)
	port := freePort(t)
	data := filepath.Join(dir, "data")
	if out, err := account(exec.Command(install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")).CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v %s", err, out)
	}
	start(t, exec.Command(server, "--no-defaults", "--datadir="+data, "--socket="+dir+"/s", fmt.Sprintf("--port=%d", port), "--bind-address=127.0.0.1", "--ssl-cert="+dir+"/server.crt", "--ssl-key="+dir+"/server.key", "--skip-networking=0", "--pid-file="+dir+"/pid"))
	conf := mysql.NewConfig()
	conf.User, conf.Net, conf.Addr, conf.MultiStatements = "root", "unix", dir+"/s", true
	conf.Logger = &mysql.NopLogger{}
	db, err := sql.Open("mysql", conf.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if err = db.Ping(); err == nil || time.Now().After(end) {
			break
		}
	}
	for _, s := range []string{
		`CREATE DATABASE city CHARACTER SET utf8mb4`, `CREATE TABLE city.visits (id varchar(20), phone varchar(20), cost int)`, `INSERT INTO city.visits VALUES ('p1', '13800000000', 5), ('p2', NULL, 7), ('p1', '13800000001', 9)`,
		`CREATE TABLE city.odd (id varchar(9), n decimal(20,2), at datetime(6), yes tinyint(1), day date, f double, text varchar(99))`,
		`INSERT INTO city.odd VALUES ('a', 1234567890123456.78, '2024-03-18 09:30:00.5', true, '2024-03-18', 0.1, '两行\n"x", \\N'), ('b', 0, NULL, false, '1000-01-01', 1e300, '')`,
		`CREATE TABLE city.hidden (a int)`, `CREATE USER reader IDENTIFIED BY 'read'`, `GRANT SELECT ON city.visits TO reader`, `GRANT SELECT ON city.odd TO reader`,
	} {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return &database.Server{Host: "localhost", Port: port, Database: "city", User: "reader", Password: "read", CA: ca}
}

// TestChannelDatabases: a table of a real server, copied by a worker that has the
// one connection, gives byte for byte what its rows give as CSV; odd values come
// out exactly; what a server refuses, and one that is none, has a name.
func TestChannelDatabases(t *testing.T) {
	if testing.Short() {
		t.Skip("starts two database servers")
	}
	want := kept{}
	if _, err := Load(t.Context(), loadRecord(), sourceFile(t, string(formFiles(t)["csv"])), loadOptions(want)); err != nil {
		t.Fatal(err)
	}
	for format, up := range map[string]func(*testing.T) *database.Server{database.Postgres: postgres, database.MySQL: mariadb} {
		t.Run(format, func(t *testing.T) {
			s := up(t)
			load := func(s database.Server, table string, ds glovebox.Dataset) (kept, *engine.LoadResult, error) {
				got := kept{}
				f, def, err := Fetch(t.Context(), s, glovebox.Source{Format: format, Table: table})
				if err != nil {
					return nil, nil, err
				}
				defer f.Close()
				ds.Source = def
				r, err := Load(t.Context(), ds, f, loadOptions(got))
				return got, r, err
			}
			got, _, err := load(*s, "visits", loadRecord())
			if err != nil {
				t.Fatal(err)
			}
			for part, b := range want {
				if got[part] == nil || got[part].String() != b.String() {
					t.Errorf("%s differs from that of CSV", part)
				}
			}
			first := glovebox.Bound("0001-01-01")
			if format == database.MySQL {
				first = "1000-01-01"
			}
			odd := glovebox.Dataset{Code: "odd", Unit: glovebox.Unit{Space: "person", Column: "id", MaxRows: 1}, Columns: []glovebox.Column{
				{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier},
				{Name: "n", Type: glovebox.Decimal, Scale: 2, Min: "0", Max: "1234567890123456.78", Class: glovebox.ClassPersonal},
				{Name: "at", Type: glovebox.DateTime, Nullable: true, Class: glovebox.ClassPersonal},
				{Name: "yes", Type: glovebox.Bool, Class: glovebox.ClassPersonal},
				{Name: "day", Type: glovebox.Date, Min: first, Max: "2024-03-18", Class: glovebox.ClassPersonal},
				{Name: "f", Type: glovebox.Float64, Min: "0.1", Max: "1e300", Class: glovebox.ClassPersonal},
				{Name: "text", Type: glovebox.String, Values: []string{"两行\n\"x\", \\N", ""}, Class: glovebox.ClassPersonal},
			}}
			if _, r, err := load(*s, "odd", odd); err != nil || r.Report.Accepted != 2 {
				t.Errorf("odd values: %v", err)
			}
			change := func(f func(*database.Server)) database.Server { c := *s; f(&c); return c }
			_, other := serverDir(t)
			none := "no table of the name"
			if format == database.MySQL { // it does not say what an account may not see
				none = "may not read"
			}
			for _, q := range []struct {
				s           database.Server
				table, want string
			}{
				{*s, "none", none}, {*s, `visits"; DROP TABLE visits; --`, none}, {*s, "hidden", "may not read"},
				{change(func(s *database.Server) { s.Password = "wrong" }), "visits", "does not let this account in"},
				{change(func(s *database.Server) { s.CA = other }), "visits", "certificate is not the one"},
				{change(func(s *database.Server) { s.Host = "127.0.0.1" }), "visits", "certificate is not the one"},
				{change(func(s *database.Server) { s.Port = freePort(t) }), "visits", "does not answer"},
			} {
				if _, _, err := load(q.s, q.table, loadRecord()); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), q.want) {
					t.Errorf("%s: %v", q.want, err)
				}
			}
			// A server that says something else, or nothing more.
			for _, says := range []string{"HTTP/1.1 400 secret\r\n\r\n", "", "S\x00\x00\x00\x00", strings.Repeat("\xff", 1<<16)} {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				go func() {
					if c, err := l.Accept(); err == nil {
						_, _ = io.WriteString(c, says)
						_ = c.Close()
					}
				}()
				_, _, err = load(change(func(s *database.Server) { s.Host, s.Port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port }), "visits", loadRecord())
				if glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), "secret") {
					t.Errorf("a server that says %.10q: %v", says, err)
				}
				_ = l.Close()
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, _, err := Fetch(ctx, *s, glovebox.Source{Format: format, Table: "visits"}); err == nil {
				t.Error("a copy that was called off goes on")
			}
		})
	}
}
