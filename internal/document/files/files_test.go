package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
)

func TestAFileThatAJobNamesLiesBesideIt(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret.csv")
	jobs := filepath.Join(dir, "jobs")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(jobs, 0o700); err != nil {
		t.Fatal(err)
	}
	write(secret, "secret")
	write(filepath.Join(jobs, "list.csv"), "list")
	for _, link := range [][2]string{{secret, "link.csv"}, {"../secret.csv", "up.csv"}, {dir, "updir"}, {"list.csv", "alias.csv"}} {
		if err := os.Symlink(link[0], filepath.Join(jobs, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	job := filepath.Join(jobs, "job.yaml")
	for _, ok := range []string{"list.csv", "./list.csv", "alias.csv"} {
		if b, err := ReadIn(Folder(filepath.Dir(job)), job, ok, 10, ""); err != nil || string(b) != "list" {
			t.Errorf("%s: %q, %v", ok, b, err)
		}
	}
	for _, bad := range []string{secret, "../secret.csv", "link.csv", "up.csv", "updir/secret.csv", "x/../../secret.csv", "/proc/self/environ", ".", ""} {
		if b, err := ReadIn(Folder(filepath.Dir(job)), job, bad, 10, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid || b != nil {
			t.Errorf("%s: %q, %v", bad, b, err)
		}
	}
}

// TestAPipeNeverBlocks would hang, and so fail, if it did.
func TestAPipeNeverBlocks(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(pipe); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("opened: %v", err)
	}
	if _, err := Read(pipe, 10, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("read: %v", err)
	}
	if _, err := ReadIn(Folder(dir), filepath.Join(dir, "job.yaml"), "pipe", 10, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("read beside: %v", err)
	}
	if _, err := Read("/dev/zero", 10, ""); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("a device: %v", err)
	}
}

func TestTooLargeSaysWhatToDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(path, make([]byte, 11), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, 10, "make it small"); err == nil || !strings.Contains(err.Error(), "make it small") {
		t.Fatal(err)
	}
	if b, err := Read(path, 11, ""); err != nil || len(b) != 11 {
		t.Fatalf("%d, %v", len(b), err)
	}
}
