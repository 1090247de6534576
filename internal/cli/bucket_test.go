package cli

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/proof/testkit/s3server"
)

// TestExportToABucket exports to a real S3 server over TLS: credentials from
// the environment alone, nothing overwritten, no credential in any output.
func TestExportToABucket(t *testing.T) {
	s := s3server.Start(t, "results")
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for file, pem := range map[string][]byte{"ca.pem": s.CA, "other.pem": s3server.Certificate(t)} {
		if err := os.WriteFile(file, pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SESSION_TOKEN", "")
	run := func(want int, line string) string {
		t.Helper()
		status, out, errs := shell(t, append(strings.Fields(line), "--domain", "city")...)
		if status != want {
			t.Fatalf("%s: status %d, not %d\n%s%s", line, status, want, out, errs)
		}
		if strings.Contains(out+errs, s.SecretKey) {
			t.Fatalf("%s prints the secret", line)
		}
		return out + errs
	}
	id := regexp.MustCompile("r-[0-9a-f]{16}").FindString(run(0, "job run pums/job.yaml --as wang"))
	run(0, "release approve "+id+" --as zhao")
	run(0, "release approve "+id+" --as chen")
	export := "release export " + id + " --as liu --endpoint " + s.Endpoint + " --ca ca.pem --to s3://results/"

	if got := run(2, export+"city"); !strings.Contains(got, "AWS_ACCESS_KEY_ID") {
		t.Errorf("without credentials: %s", got)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", s.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", s.SecretKey)
	if got := run(0, export+"city"); !strings.Contains(got, "exported to s3://results/city @ "+s.Endpoint+": 9 files") {
		t.Errorf("%s", got)
	}
	run(0, export+"city") // the same bytes are there: nothing to do
	// And checked straight from the bucket.
	whole := "s3://results/city/" + id
	look := func(want int, at, says string) {
		t.Helper()
		status, out, errs := shell(t, "verify", at, "--endpoint", s.Endpoint, "--ca", "ca.pem")
		if status != want || !strings.Contains(out+errs, says) || strings.Contains(out+errs, s.SecretKey) {
			t.Errorf("%s: status %d\n%s%s", at, status, out, errs)
		}
	}
	look(0, whole, "verified")
	look(0, whole+"/", "verified")
	look(2, "s3://results/city/r-0000000000000000", "nothing of a bundle")
	look(2, "s3://results/city", "not a bundle's folder")
	look(2, "s3://results", "not a bundle's folder")
	if status, _, errs := shell(t, "verify", whole); status != 2 || !strings.Contains(errs, "--endpoint") {
		t.Errorf("status %d, %s", status, errs)
	}
	if status, _, errs := shell(t, "verify", "out", "--ca", "ca.pem"); status != 2 || !strings.Contains(errs, "for a bucket") {
		t.Errorf("status %d, %s", status, errs)
	}
	run(0, export+"again/city")
	if got := run(2, strings.Replace(export, "s3://results/", "s3://Results/", 1)+"city"); !strings.Contains(got, "not a bucket's name") {
		t.Errorf("%s", got)
	}
	if got := run(1, strings.Replace(export, "ca.pem", "other.pem", 1)+"city"); !strings.Contains(got, "certificate") {
		t.Errorf("%s", got)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong"+s.SecretKey[5:])
	run(1, export+"elsewhere")

	// The environment's credentials are nowhere in the domain.
	err = filepath.WalkDir("city", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && (strings.Contains(string(b), s.SecretKey) || strings.Contains(string(b), s.AccessKey)) {
			t.Errorf("%s holds a credential", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// line stands between a client and a server, and can go dead: what is connected
// then, and what connects, gets no answer and is not closed.
type line struct {
	net.Listener
	to   string
	left atomic.Int64 // bytes that may still go to the server
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	n := &line{Listener: l, to: to}
	go n.serve()
	return n
}

func (l *line) serve() {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", l.to)
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(c, s) }()
		go func() {
			defer s.Close()
			p := make([]byte, 4<<10)
			for {
				n, err := c.Read(p)
				if err != nil {
					return
				}
				for l.left.Add(int64(-n)) < 0 {
					l.left.Add(int64(n))                // not Store: there may be room by now
					<-time.After(10 * time.Millisecond) // dead, until there is room again
				}
				if _, err := s.Write(p[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// TestServerThatFallsSilent: an export to it ends with a message, tells of each
// try, does not show as exported, and goes on where it stopped.
func TestServerThatFallsSilent(t *testing.T) {
	s := s3server.Start(t, "results")
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if err := os.WriteFile("ca.pem", s.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", s.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", s.SecretKey)
	t.Setenv("AWS_SESSION_TOKEN", "")
	silence = 300 * time.Millisecond
	t.Cleanup(func() { silence = 0 })
	run := func(want int, words string) string {
		t.Helper()
		status, out, errs := shell(t, append(strings.Fields(words), "--domain", "city")...)
		if status != want {
			t.Fatalf("%s: status %d, not %d\n%s%s", words, status, want, out, errs)
		}
		return out + errs
	}
	id := regexp.MustCompile("r-[0-9a-f]{16}").FindString(run(0, "job run pums/job.yaml --as wang"))
	run(0, "release approve "+id+" --as zhao")
	run(0, "release approve "+id+" --as chen")
	l := newLine(t, s.Endpoint)
	l.left.Store(20 << 10) // some files
	export := "release export " + id + " --as liu --endpoint " + l.Addr().String() + " --ca ca.pem --to s3://results/city"
	got := run(1, export)
	for _, want := range []string{"the server says nothing; trying again, 2 of 5", "5 of 5", "export failed: s3 ", "goes on where this one stopped"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said:\n%s", want, got)
		}
	}
	if got := run(0, "release show "+id+" --as zhao"); strings.Contains(got, "exported") || !strings.Contains(got, "is unfinished") {
		t.Errorf("%s", got)
	}
	l.left.Store(1 << 40)
	silence = 0 // the product's own: a busy machine is not a silent one
	if got := run(0, export); !strings.Contains(got, "9 files") {
		t.Errorf("%s", got)
	}
	if got := run(0, "release show "+id+" --as zhao"); !strings.Contains(got, "exported to s3://results/city") || strings.Contains(got, "unfinished") {
		t.Errorf("%s", got)
	}
}
