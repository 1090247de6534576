package database

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// MaxConnection bounds a connection file, in bytes.
const MaxConnection = 64 << 10

// ParseConnection reads a connection file: lines of the form name = value, with
// host, port, database, user, password, ca (the path of a PEM file) and tls (off
// for a connection without encryption, which is for this machine alone); of S3,
// host, port, bucket, region, user, password and ca. # begins
// a comment at the start of a line. ca is the path, to be read by the caller.
func ParseConnection(b []byte, format string) (s *Server, ca string, err error) {
	place, more := "database", "tls"
	if format == S3 {
		place, more = "bucket", "region"
	}
	bad := func(line int) error {
		return glovebox.Errorf(glovebox.CodeInvalid, "line %d of the connection file is not name = value, with a name that it may have", line).
			WithFix("the names are host, port, %s, user, password, ca and %s, each once", place, more)
	}
	s = &Server{Port: map[string]int{Postgres: 5432, MySQL: 3306, S3: 443}[format]}
	if len(b) > MaxConnection || !utf8.Valid(b) {
		return nil, "", bad(1)
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || seen[name] || value == "" || strings.ContainsRune(value, 0) {
			return nil, "", bad(i + 1)
		}
		seen[name] = true
		switch {
		case (name == "database" || name == "bucket") && name != place, (name == "tls" || name == "region") && name != more:
			return nil, "", bad(i + 1)
		}
		switch name {
		case "host":
			s.Host = value
		case "port":
			n, e := strconv.ParseUint(value, 10, 16)
			if e != nil || n == 0 {
				return nil, "", bad(i + 1)
			}
			s.Port = int(n)
		case "region":
			s.Region = value
		case "database", "bucket":
			s.Database = value
		case "user":
			s.User = value
		case "password":
			s.Password = value
		case "ca":
			ca = value
		case "tls":
			if value != "off" {
				return nil, "", bad(i + 1)
			}
			s.Plain = true
		default:
			return nil, "", bad(i + 1)
		}
	}
	switch {
	case s.Host == "" || s.Database == "" || s.User == "":
		return nil, "", glovebox.Errorf(glovebox.CodeInvalid, "the connection file lacks host, %s or user", place).WithFix("write them, each on a line of its own")
	case format == S3 && ca == "":
		return nil, "", glovebox.Errorf(glovebox.CodeInvalid, "the connection file does not say who signed the server's certificate").WithFix("write `ca = FILE.pem`")
	case s.Plain == (ca != ""):
		return nil, "", glovebox.Errorf(glovebox.CodeInvalid, "the connection file says neither who signed the server's certificate nor that there is none, or both").
			WithFix("write `ca = FILE.pem`; or, on this machine alone, `tls = off`")
	case s.Plain && s.Host != "localhost" && s.Host != "127.0.0.1" && s.Host != "::1":
		return nil, "", glovebox.Errorf(glovebox.CodeInvalid, "a connection without encryption is for this machine alone").WithFix("turn TLS on at the server and write `ca = FILE.pem`")
	}
	return s, ca, nil
}
