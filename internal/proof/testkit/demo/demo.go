// Package demo runs glovebox commands in a test, on a domain of its own, the
// way a person types them. It promises that a command that fails unexpectedly
// fails the test with what it printed. Only tests import it.
package demo

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/cli"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// Domain is a domain in a temporary folder, with the five people of the
// examples but its providers: zhao (authority), liu (operator), wang
// (developer), sun (auditor).
type Domain struct {
	t   testing.TB
	Dir string
}

// Main is the body of TestMain in every package whose tests run jobs: workers
// are the test binary, started again. It does not return.
func Main(m *testing.M) {
	jail.Main(role.All(), trial.Roles())
	os.Exit(m.Run())
}

// New makes a domain.
func New(t testing.TB) *Domain {
	t.Helper()
	d := &Domain{t, filepath.Join(t.TempDir(), "dom")}
	d.OK("init", d.Dir, "--name", "demo")
	d.User("zhao", "authority", "")
	d.User("liu", "operator", "")
	d.User("wang", "developer", "")
	d.User("sun", "auditor", "")
	return d
}

// User registers a person.
func (d *Domain) User(name, role, org string) {
	d.t.Helper()
	args := []string{"user", "add", name, "--role", role}
	if org != "" {
		args = append(args, "--org", org)
	}
	d.OK(args...)
}

// Do runs a command, in English unless it says otherwise, and returns its exit
// status and what it printed.
func (d *Domain) Do(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	all := append([]string{"--domain", d.Dir}, args...)
	if !slices.Contains(args, "--lang") {
		all = append(all, "--lang", "en")
	}
	status = cli.Main(all, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &err})
	return status, out.String(), err.String()
}

// OK runs a command that has to succeed and returns what it printed.
func (d *Domain) OK(args ...string) string {
	d.t.Helper()
	status, out, errs := d.Do(args...)
	if status != 0 {
		d.t.Fatalf("glovebox %s: exit %d\n%s%s", strings.Join(args, " "), status, out, errs)
	}
	return out
}

// JSON runs a command with --json and decodes what it prints.
func (d *Domain) JSON(v any, args ...string) {
	d.t.Helper()
	out := d.OK(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		d.t.Fatalf("glovebox %s --json: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// Outcome is a job's answer as --json prints it.
type Outcome struct {
	Job      string
	Repeated bool
	Release  struct{ ID, State string }
	Rows     [][]any
	Raw      string
}

// Run runs a job as wang.
func (d *Domain) Run(job string) Outcome {
	d.t.Helper()
	var v struct {
		Outcome
		Content struct{ Rows [][]any }
	}
	d.JSON(&v, "job", "run", job, "--as", "wang")
	v.Outcome.Rows = v.Content.Rows
	raw, err := json.Marshal(v.Content)
	if err != nil {
		d.t.Fatal(err)
	}
	v.Outcome.Raw = string(raw)
	return v.Outcome
}

// CSV reads a CSV file with a header.
func CSV(t testing.TB, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			m[name] = r[i]
		}
		out = append(out, m)
	}
	return out
}

// Int reads a whole number.
func Int(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
