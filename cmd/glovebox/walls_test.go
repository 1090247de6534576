package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

// noNamespaces makes the test binary the program in a container that permits no
// namespaces.
const noNamespaces = "GLOVEBOX_TEST_NO_NAMESPACES"

// contain answers system calls as a common container's default does to a process
// without privileges, for this process and all that it starts.
func contain() error {
	flags := []uint64{unix.CLONE_NEWUSER, unix.CLONE_NEWNET, unix.CLONE_NEWNS, unix.CLONE_NEWPID, unix.CLONE_NEWIPC, unix.CLONE_NEWUTS, unix.CLONE_NEWCGROUP}
	var clone []seccomp.NameWithConditions
	for _, f := range flags {
		clone = append(clone, seccomp.NameWithConditions{Name: "clone", Conditions: []seccomp.Condition{{Argument: 0, Operation: seccomp.BitsSet, Value: f}}})
	}
	return seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{
			{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
			{Action: seccomp.ActionErrno | seccomp.Action(unix.EPERM), NamesWithCondtions: clone,
				Names: []string{"unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "keyctl", "add_key", "request_key", "userfaultfd", "perf_event_open", "bpf"}},
		},
	}})
}

// containAndRun becomes the program behind the filter. It returns if it cannot.
func containAndRun() error {
	if err := contain(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := errors.Join(os.Unsetenv(noNamespaces), os.Setenv(asProgram, "1")); err != nil {
		return err
	}
	return syscall.Exec(self, append([]string{self}, os.Args[1:]...), os.Environ())
}

// contained runs a command line in the container; _ is a space in a word.
func contained(t *testing.T, dir, line string) (status int, out, errs string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	args := strings.Fields(line)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "_", " ")
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), noNamespaces+"=1", "GLOVEBOX_DOMAIN="+filepath.Join(dir, "dom"), "GLOVEBOX_LANG=en")
	cmd.Stdout, cmd.Stderr = &o, &e
	return exitOf(cmd.Run()), o.String(), e.String()
}

// TestContainerWithoutNamespaces: everything works with the walls that are left,
// row filters (the job has one) included, and doctor names those that are not.
func TestContainerWithoutNamespaces(t *testing.T) {
	dir := t.TempDir()
	pums := filepath.Join("..", "..", "examples", "pums")
	for _, name := range []string{"dataset.yaml", "scenario.yaml", "grant.yaml", "job.yaml", "income.wasm", "pums.csv"} {
		b, err := os.ReadFile(filepath.Join(pums, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{
		"init dom --name t", "user add chen --role provider --org Census_Office", "user add zhao --role authority", "user add liu --role operator", "user add wang --role developer",
		"dataset add dataset.yaml --as chen", "dataset load pums pums.csv --as chen", "scenario add scenario.yaml --as liu", "scenario grant grant.yaml --as zhao",
		"module test income.wasm", "dataset sample pums -o sample.csv", "job check job.yaml --as wang", "job run job.yaml --as wang",
	} {
		if status, out, errs := contained(t, dir, line); status != 0 {
			t.Fatalf("%s: status %d\n%s%s", line, status, out, errs)
		}
	}
	status, out, _ := contained(t, dir, "doctor")
	for _, want := range []string{"load  ", "row filter  "} {
		if !strings.Contains(out, "ok     "+want) {
			t.Errorf("doctor does not say that it works:%s", out)
		}
	}
	if status != 0 || !strings.Contains(out, "warn   wall: users") || !strings.Contains(out, "warn   wall: files") {
		t.Errorf("doctor: status %d, it does not name the walls that are missing:\n%s", status, out)
	}
}
