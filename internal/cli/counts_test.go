package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestChannelNumberOfUnits: the exact numbers of units and rows of a dataset,
// and of those that a job read, show in nothing but the report of the load to
// its provider: not in any command of a developer, an auditor, an operator or
// the authority, not in the log, not in the database.
func TestChannelNumberOfUnits(t *testing.T) {
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "pums", "pums.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(raw), "\n")
	old := 0 // those that the filter of the job leaves
	for _, l := range lines[1:888] {
		if l[:2] >= "25" && l[2] == ',' {
			old++
		}
	}
	if old < 500 || old >= 887 {
		t.Fatalf("%d persons pass the filter", old)
	}
	few := filepath.Join(dir, "few.csv")
	if err := os.WriteFile(few, []byte(strings.Join(lines[:888], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := regexp.MustCompile(`(^|[^0-9a-zA-Z.])(887|` + strconv.Itoa(old) + `)([^0-9a-zA-Z.]|$)`)
	t.Chdir(dir)
	run := func(line string) string {
		t.Helper()
		status, out, errs := shell(t, append(strings.Fields(line), "--domain", "city")...)
		if status != 0 {
			t.Fatalf("%s: status %d\n%s%s", line, status, out, errs)
		}
		return out + errs
	}
	if out := run("dataset load pums few.csv --as chen"); !secret.MatchString(out) {
		t.Fatalf("the provider's report does not say how many rows there are: %s", out)
	}
	look := func(line string) string {
		t.Helper()
		out := run(line)
		if secret.MatchString(out) {
			t.Errorf("%s tells a number of units or rows:\n%s", line, out)
		}
		return out
	}
	release := regexp.MustCompile(`r-[0-9a-f]{16}`).FindString(look("job run pums/job.yaml --as wang"))
	for _, form := range []string{"", " --json"} {
		look("job check pums/job.yaml --as wang" + form)
		for _, who := range []string{"wang", "sun", "zhao", "liu"} {
			for _, line := range []string{"job list", "job show j-" + release[2:], "release list", "release show " + release, "budget show", "budget history",
				"dataset list", "dataset show pums", "scenario list"} {
				look(line + " --as " + who + form)
			}
		}
		look("audit list --as sun" + form)
		look("audit verify" + form)
		look("doctor" + form)
	}
	err = filepath.WalkDir("city", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if ext := filepath.Ext(path); (strings.Contains(path, "/log/tile/entries/") || ext == ".json" || ext == ".db") && secret.Match(b) {
			t.Errorf("%s holds a number of units or rows", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
