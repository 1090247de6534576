package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// asProgram makes the test binary the program.
const asProgram = "GLOVEBOX_TEST_PROGRAM"

func TestMain(m *testing.M) {
	jail.Main(role.All(), trial.Roles())
	if os.Getenv(noNamespaces) != "" {
		fmt.Fprintln(os.Stderr, containAndRun())
		os.Exit(99)
	}
	if dir := os.Getenv(readOnlyDir); dir != "" {
		fmt.Fprintln(os.Stderr, mountAndRun(dir))
		os.Exit(99)
	}
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program prepares a process of the product; dir is its domain. script is run by
// a shell, with the program as $0.
func program(dir, script string, args ...string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, "/proc/self/exe"}, args...)...)
	self, err := os.Executable()
	if err == nil {
		cmd.Args[3] = self
	}
	cmd.Env = append(os.Environ(), asProgram+"=1", "GLOVEBOX_DOMAIN="+dir, "LC_ALL=C", "GLOVEBOX_LANG=en")
	return cmd
}

func exitOf(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// TestStdoutThatTakesNothing: a full disk, no stdout at all, a reader that went
// away. Each is status 1 and a message.
func TestStdoutThatTakesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dom")
	if err := program(dir, `exec "$0" init "$GLOVEBOX_DOMAIN" --name t`).Run(); err != nil {
		t.Fatal(err)
	}
	if err := program(dir, `exec "$0" user add sun --role auditor`).Run(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"user list", "user list --json", "audit list --as sun", "audit verify", "--help", "--version", "completion bash"} {
		args := strings.Fields(line)
		for how, script := range map[string]string{"full": `exec "$0" "$@" >/dev/full`, "closed": `exec "$0" "$@" >&-`, "all closed": `exec "$0" "$@" <&- >&-`} {
			cmd := program(dir, script, args...)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			if got := exitOf(cmd.Run()); got != 1 || !strings.Contains(errs.String(), "the output is lost") {
				t.Errorf("%s, stdout %s: status %d, %q", line, how, got, errs.String())
			}
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		cmd := program(dir, `exec "$0" "$@"`, args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &errs
		if got := exitOf(cmd.Run()); got != 1 || !strings.Contains(errs.String(), "the output is lost") {
			t.Errorf("%s, nobody reads stdout: status %d, %q", line, got, errs.String())
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if out, err := program(dir, `exec "$0" "$@" 2>&-`, args...).Output(); err != nil || len(out) == 0 {
			t.Errorf("%s without stderr: %v, %d bytes", line, err, len(out))
		}
	}
}

// TestNothingToSay: a command that prints nothing does not miss stdout, and a
// failure keeps its own status.
func TestNothingToSay(t *testing.T) {
	if got := exitOf(program("", `exec "$0" user list >&- 2>/dev/null`).Run()); got != 2 {
		t.Errorf("no domain, no stdout: status %d", got)
	}
}

// TestNothingOfLibrariesOnStderr: what a library hands to the standard logger,
// such as net/http's words on a server that says too much, shows nowhere.
func TestNothingOfLibrariesOnStderr(t *testing.T) {
	if os.Getenv(libraryLogs) != "" {
		quiet()
		log.Print("Unsolicited response")
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestNothingOfLibrariesOnStderr$")
	cmd.Env = append(os.Environ(), libraryLogs+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "Unsolicited") {
		t.Errorf("%v: %s", err, out)
	}
}

const libraryLogs = "GLOVEBOX_TEST_LIBRARY_LOGS"
