package database

import (
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

func TestParseConnection(t *testing.T) {
	s, ca, err := ParseConnection([]byte("# the city's server\nhost = db.example\nport=6432\n\ndatabase = city\r\nuser = reader\npassword = a = b # c\nca = ca.pem\n"), Postgres)
	if err != nil || s.Host != "db.example" || s.Port != 6432 || s.Database != "city" || s.User != "reader" || s.Password != "a = b # c" || s.Plain || ca != "ca.pem" {
		t.Errorf("%+v, %q, %v", s, ca, err)
	}
	if s, _, err := ParseConnection([]byte("host = localhost\ndatabase = d\nuser = u\ntls = off"), MySQL); err != nil || s.Port != 3306 || !s.Plain {
		t.Errorf("%+v, %v", s, err)
	}
	s, ca, err = ParseConnection([]byte("host = s3.example\nbucket = city\nregion = cn-1\nuser = k\npassword = p\nca = ca.pem\n"), S3)
	if err != nil || s.Port != 443 || s.Database != "city" || s.Region != "cn-1" || s.Plain || ca != "ca.pem" {
		t.Errorf("%+v, %q, %v", s, ca, err)
	}
	for text, want := range map[string]string{"host = h\ndatabase = d": "line 2", "host = h\ntls = off": "line 2", "host = localhost\nbucket = d\nuser = u": "who signed", "host = h": "bucket"} {
		if _, _, err := ParseConnection([]byte(text), S3); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"":                                 "lacks",
		"host = h":                         "lacks",
		"host = h\nhost = i":               "line 2",
		"secret":                           "line 1",
		"host = h\nsecret = x":             "line 2",
		"port = 0":                         "line 1",
		"port = 70000":                     "line 1",
		"password =":                       "line 1",
		"tls = on":                         "line 1",
		"\xff":                             "line 1",
		strings.Repeat("#", 70_000):        "line 1",
		"host = h\ndatabase = d\nuser = u": "neither",
		"host = h\ndatabase = d\nuser = u\ntls = off":               "this machine alone",
		"host = localhost\ndatabase = d\nuser = u\ntls=off\nca = x": "both",
	} {
		_, _, err := ParseConnection([]byte(text), Postgres)
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func FuzzParseConnection(f *testing.F) {
	f.Add([]byte("host = h\nport=1\ndatabase = d\nuser = u\ntls = off\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ca, err := ParseConnection(b, MySQL)
		if err == nil && (s.Host == "" || s.Port < 1 || s.Plain == (ca != "")) {
			t.Errorf("%q: %+v", b, s)
		}
	})
}
