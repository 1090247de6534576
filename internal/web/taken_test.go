package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/worker/jail"
)

// TestTakenOverWebOpensNothing: this binary, sealed as glovebox web is once it
// listens, under the account that owns the directory: whatever an attacker who
// runs there tries, the domain's files are out of reach, and the core is not.
func TestTakenOverWebOpensNothing(t *testing.T) {
	if dir := os.Getenv("GLOVEBOX_TAKEN_OVER"); dir != "" {
		takenOver(dir, os.Getenv("GLOVEBOX_TAKEN_FOR"))
		os.Exit(0)
	}
	dir := t.TempDir()
	for _, f := range []string{"domain.db", "key"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("unix", filepath.Join(dir, "core.sock"))
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })} //nolint:gosec // of this test
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	run := func(what string) (string, error) {
		c := exec.Command(os.Args[0], "-test.run", "^TestTakenOverWebOpensNothing$") //nolint:gosec // itself
		c.Env = append(os.Environ(), "GLOVEBOX_TAKEN_OVER="+dir, "GLOVEBOX_TAKEN_FOR="+what+" "+other.Addr().String())
		out, err := c.CombinedOutput()
		return string(out), err
	}
	out, err := run("all")
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for _, want := range []string{
		"read domain.db: refused", "write key: refused", "list: refused", "make: refused", "remove: refused", "passwd: refused",
		"connect: refused", "listen: refused", "core: answered",
	} {
		if !strings.Contains(out, want+"\n") {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, what := range []string{"exec", "ptrace", "mount"} {
		out, err := run(what)
		e, ok := errors.AsType[*exec.ExitError](err)
		if st, is := e.Sys().(syscall.WaitStatus); !ok || !is || !st.Signaled() || st.Signal() != unix.SIGSYS {
			t.Errorf("%s: %v %s", what, err, out)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "key")); err != nil || string(b) != "secret" {
		t.Errorf("%q %v", b, err)
	}
}

// takenOver is what an attacker tries in a sealed process.
func takenOver(dir, what string) {
	what, other, _ := strings.Cut(what, " ")
	if err := jail.SealFront(false); err != nil {
		fmt.Println(err)
		return
	}
	switch what {
	case "exec":
		_ = unix.Exec("/bin/true", []string{"true"}, nil)
		return
	case "ptrace":
		_ = unix.PtraceAttach(os.Getppid())
		return
	case "mount":
		_ = unix.Mount("none", "/", "tmpfs", 0, "")
		return
	}
	say := func(what string, err error) {
		end := "answered"
		if errors.Is(err, os.ErrPermission) {
			end = "refused"
		} else if err != nil {
			end = err.Error()
		}
		fmt.Println(what + ": " + end)
	}
	_, err := os.ReadFile(filepath.Join(dir, "domain.db"))
	say("read domain.db", err)
	say("write key", os.WriteFile(filepath.Join(dir, "key"), nil, 0o600))
	_, err = os.ReadDir(dir)
	say("list", err)
	say("make", os.Mkdir(filepath.Join(dir, "x"), 0o700))
	say("remove", os.Remove(filepath.Join(dir, "key")))
	_, err = os.ReadFile("/etc/passwd")
	say("passwd", err)
	_, err = net.Dial("tcp", other)
	say("connect", err)
	_, err = net.Listen("tcp", "127.0.0.1:0")
	say("listen", err)
	r, err := client.Socket(filepath.Join(dir, "core.sock")).Get("http://core/")
	if err == nil {
		err = r.Body.Close()
	}
	say("core", err)
}
