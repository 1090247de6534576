package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// readOnlyDir names a directory that the program shall find on read-only media.
const readOnlyDir = "GLOVEBOX_TEST_READ_ONLY"

// mountAndRun runs in a mount namespace of its own: it makes the directory
// read-only for this process and becomes the program. It returns if it cannot.
func mountAndRun(dir string) error {
	for _, step := range []struct {
		from  string
		flags uintptr
	}{{dir, unix.MS_BIND}, {"none", unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV}} {
		if err := unix.Mount(step.from, dir, "", step.flags, ""); err != nil {
			return fmt.Errorf("mount: %w", err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Unsetenv(readOnlyDir); err != nil {
		return err
	}
	if err := os.Setenv(asProgram, "1"); err != nil {
		return err
	}
	return syscall.Exec(self, append([]string{self}, os.Args[1:]...), os.Environ())
}

// onMedia runs a command line with its domain on read-only media.
func onMedia(t *testing.T, dir, line string) (status int, out, errs string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	cmd := exec.Command(self, strings.Fields(line)...)
	cmd.Env = append(os.Environ(), readOnlyDir+"="+dir, "GLOVEBOX_DOMAIN="+dir, "GLOVEBOX_LANG=en")
	cmd.Stdout, cmd.Stderr = &o, &e
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN}}
	if err := cmd.Start(); err != nil {
		t.Skipf("no namespaces to mount in on this machine: %v", err)
	}
	status = exitOf(cmd.Wait())
	if status == 99 {
		t.Skipf("nothing can be mounted on this machine: %s", e.String())
	}
	return status, o.String(), e.String()
}

// TestReadOnlyMedia: whatever only reads works on a copy that cannot be written,
// also after a writer was killed there, if what it left can be read; what writes
// says why it cannot.
func TestReadOnlyMedia(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dom")
	for _, line := range []string{"init " + dir + " --name t", "user add sun --role auditor", "user add wang --role developer"} {
		if out, err := program(dir, `exec "$0" "$@"`, strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	for _, line := range []string{"user list", "dataset list", "scenario list", "job list --as wang", "release list --as sun", "budget show --as sun", "audit list --as sun", "audit show 0 --as sun", "audit verify", "doctor"} {
		if status, out, errs := onMedia(t, dir, line); status != 0 || out == "" {
			t.Errorf("%s: status %d, %s%s", line, status, out, errs)
		}
	}
	status, _, errs := onMedia(t, dir, "user add liu --role operator")
	if status != 2 || !strings.Contains(errs, "read-only media") {
		t.Errorf("a command that writes: status %d, %s", status, errs)
	}
	// Changes that wait beside the file are not left out without a word.
	wal := filepath.Join(dir, "domain.db-wal")
	if err := os.WriteFile(wal, []byte("changes"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, _, errs = onMedia(t, dir, "user list")
	if status == 0 || !strings.Contains(errs, "changes wait in this file") {
		t.Errorf("with changes that wait: status %d, %s", status, errs)
	}
}
