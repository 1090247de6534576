package crew

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/database"
	"glovebox.example/glovebox/internal/proof/testkit/s3server"
	"glovebox.example/glovebox/internal/spread/storage/s3store"
)

// TestChannelObjects: an object of a real S3 server, copied by a worker that has
// the one connection, gives byte for byte what the file gives, whatever its form;
// what the server refuses, and one that is none, has a name.
func TestChannelObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("starts an S3 server")
	}
	up := s3server.Start(t, "city")
	store, err := s3store.Open(s3store.Place{Endpoint: up.Endpoint, Bucket: "city", CA: up.CA, AccessKey: up.AccessKey, SecretKey: up.SecretKey, Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(up.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	s := database.Server{Host: host, Port: n, Database: "city", User: up.AccessKey, Password: up.SecretKey, CA: up.CA, Region: "us-east-1"}
	get := func(s database.Server, key string) ([]byte, glovebox.Source, error) {
		f, def, err := Fetch(t.Context(), s, glovebox.Source{Format: "parquet", Object: key})
		if err != nil {
			return nil, def, err
		}
		defer f.Close()
		b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<40))
		return b, def, err
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 300_000) // several frames
	for name, b := range map[string]string{"rents/visits": string(formFiles(t)["sqlite"]), "rents/large": string(large), "rents/nothing": ""} {
		if err := store.Put(t.Context(), name, strings.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
		got, def, err := get(s, name)
		if err != nil || string(got) != b || fmt.Sprint(def) != fmt.Sprint(glovebox.Source{Format: "parquet"}) {
			t.Errorf("%s: %d of %d bytes, %+v, %v", name, len(got), len(b), def, err)
		}
	}
	change := func(f func(*database.Server)) database.Server { c := s; f(&c); return c }
	_, other := serverDir(t)
	for _, q := range []struct {
		s         database.Server
		key, want string
	}{
		{s, "none", "no object of the name"}, {s, "../../etc/passwd", ""},
		{change(func(s *database.Server) { s.Password = "wrong" }), "rents/large", "does not let this account"},
		{change(func(s *database.Server) { s.Database = "village" }), "rents/large", ""},
		{change(func(s *database.Server) { s.CA = other }), "rents/large", "certificate is not the one"},
		{change(func(s *database.Server) { s.CA = nil }), "rents/large", "no certificate"},
		{change(func(s *database.Server) { s.Database = "../city" }), "rents/large", ""},
	} {
		b, _, err := get(q.s, q.key)
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), q.want) || b != nil {
			t.Errorf("%s: %v", q.want, err)
		}
	}
	// A server that says something else, or nothing more.
	for _, says := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsecret", "", strings.Repeat("\xff", 1<<16)} {
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
		_, _, err = get(change(func(s *database.Server) { s.Host, s.Port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port }), "rents/large")
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), "secret") {
			t.Errorf("a server that says %.10q: %v", says, err)
		}
		_ = l.Close()
	}
}
