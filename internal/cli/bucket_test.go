package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

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
