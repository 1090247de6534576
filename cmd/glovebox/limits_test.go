package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// insides is what Go's runtime prints when it gives up.
var insides = regexp.MustCompile(`goroutine|fatal error|panic|SIGABRT|SIGSEGV|runtime stack`)

// TestLimits: under limits of memory and threads a command works, or ends with
// status 1 and a message: never with 2, which blames the input, and never with
// the insides of the runtime.
func TestLimits(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"dataset.yaml", "pums.csv", "income.wasm"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "examples", "pums", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{{"init", at("dom"), "--name", "t"}, {"user", "add", "chen", "--role", "provider", "--org", "Census Office"}, {"dataset", "add", at("dataset.yaml"), "--as", "chen"}} {
		if out, err := program(at("dom"), `exec "$0" "$@"`, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	ended := 0
	for _, limit := range []string{"ulimit -v 1500000", "ulimit -v 1000000", "ulimit -v 700000", "ulimit -d 100000"} {
		for _, args := range [][]string{{"user", "list", "--json"}, {"module", "test", at("income.wasm")}, {"dataset", "load", "pums", at("pums.csv"), "--as", "chen"}} {
			var out, errs bytes.Buffer
			cmd := program(at("dom"), limit+` && exec "$0" "$@"`, args...)
			cmd.Stdout, cmd.Stderr = &out, &errs
			got := exitOf(cmd.Run())
			if got != 0 && got != 1 || insides.MatchString(out.String()+errs.String()) || got == 1 && errs.Len() == 0 {
				t.Errorf("%s, %s %s: status %d\n%s%.2000s", limit, args[0], args[1], got, out.String(), errs.String())
			}
			if got == 1 {
				ended++
				if args[len(args)-1] == "--json" && json.Unmarshal(errs.Bytes(), &struct{}{}) != nil {
					t.Errorf("%s: no JSON: %s", limit, errs.String())
				}
			}
		}
	}
	if ended == 0 {
		t.Error("no limit was small enough: the test shows nothing")
	}
}

// TestLimitsChangeNothing: under limits that are large enough, statuses, both
// streams and signals are those of the program.
func TestLimitsChangeNothing(t *testing.T) {
	const large = `ulimit -v 16000000 && exec "$0" "$@"`
	for _, c := range []struct {
		args   []string
		status int
		out    string
		errs   string
	}{
		{[]string{"--version"}, 0, "glovebox ", ""},
		{[]string{"user", "list"}, 2, "", "glovebox: no domain given"},
		{[]string{"user", "list", "--json"}, 2, "", `{"error":`},
		{[]string{"nonsense"}, 2, "", "glovebox: "},
	} {
		var out, errs bytes.Buffer
		cmd := program("", large, c.args...)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if got := exitOf(cmd.Run()); got != c.status || !strings.HasPrefix(out.String(), c.out) || !strings.HasPrefix(errs.String(), c.errs) || c.errs == "" && errs.Len() > 0 {
			t.Errorf("%v: status %d, %q, %q", c.args, got, out.String(), errs.String())
		}
	}
	// A signal to the process that was started reaches the program, which waits
	// for the domain that another holds.
	dir := filepath.Join(t.TempDir(), "dom")
	if out, err := program(dir, `exec "$0" init "$GLOVEBOX_DOMAIN" --name t`).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	held, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := syscall.Flock(int(held.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	cmd := program(dir, large, "user", "add", "sun", "--role", "auditor")
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 200)
	n, err := errs.Read(line)
	if err != nil || !strings.Contains(string(line[:n]), "waiting for another") {
		t.Fatalf("%q %v", line[:n], err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest := new(bytes.Buffer)
	if _, err := rest.ReadFrom(errs); err != nil {
		t.Fatal(err)
	}
	if got := exitOf(cmd.Wait()); got != 1 || !strings.Contains(rest.String(), "gave up waiting") && !strings.Contains(rest.String(), "interrupted") {
		t.Errorf("after the signal: status %d, %s", got, rest.String())
	}
}
