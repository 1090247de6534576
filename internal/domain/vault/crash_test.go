package vault

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"glovebox.example/glovebox"
)

// crashDir, when set, makes TestCrashHelper the process that gets killed.
const crashDir = "GLOVEBOX_VAULT_CRASH_DIR"

// TestCrashHelper loads version 2 and destroys version 1. In the binary that
// TestKilledAnywhere builds it is killed at the point that GLOVEBOX_FAULT
// names; elsewhere it has nothing to do.
func TestCrashHelper(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("run by TestKilledAnywhere")
	}
	v := reopen(t, dir)
	store(t, v, "a", 2, map[string][]byte{"part-0000.parquet": []byte("new"), "part-0001.parquet": []byte("new")})
	if err := v.DestroySnapshot("a", 1); err != nil {
		t.Fatal(err)
	}
}

// TestKilledAnywhere kills a process in the middle of a load and of a
// destruction: each snapshot is there as a whole or not at all.
func TestKilledAnywhere(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "crash.test")
	if out, err := exec.Command("go", "test", "-c", "-tags", "glovebox_fault", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		point      string
		killed     bool
		one, two   bool // readable afterwards
		oneIsNoise bool
	}{
		{"vault-part", true, true, false, false},
		{"vault-key", true, true, false, false},
		{"vault-destroy", true, false, true, true},
		{"none", false, false, true, false},
	} {
		dir, v := fresh(t)
		store(t, v, "a", 1, map[string][]byte{"part-0000.parquet": []byte("old")})
		cmd := exec.Command(bin, "-test.run", "^TestCrashHelper$", "-test.v")
		cmd.Env = append(os.Environ(), crashDir+"="+dir, "GLOVEBOX_FAULT="+c.point)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		exit, isExit := errors.AsType[*exec.ExitError](err)
		killed := isExit && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
		if killed != c.killed || (!killed && err != nil) {
			t.Fatalf("%s: %v\n%s", c.point, err, out.String())
		}
		v = reopen(t, dir)
		check := func(when string) {
			t.Helper()
			one, err1 := read(v, "a", 1, "part-0000.parquet")
			two, err2 := read(v, "a", 2, "part-0001.parquet")
			if (err1 == nil) != c.one || (err2 == nil) != c.two || (c.one && string(one) != "old") || (c.two && string(two) != "new") {
				t.Errorf("%s, %s: version 1 %q (%v), version 2 %q (%v)", c.point, when, one, err1, two, err2)
			}
			if want := glovebox.CodeConflict; c.oneIsNoise && glovebox.CodeOf(err1) != want {
				t.Errorf("%s, %s: %v", c.point, when, err1)
			}
		}
		check("before cleaning")
		if err := v.Clean(nil); err != nil {
			t.Fatal(err)
		}
		check("after cleaning")
		for _, d := range []string{"vault/tmp"} {
			if left, err := os.ReadDir(filepath.Join(dir, d)); err != nil || len(left) != 0 {
				t.Errorf("%s: %s holds %v (%v)", c.point, d, left, err)
			}
		}
		keys, err := os.ReadDir(filepath.Join(dir, "vault/keys"))
		if err != nil || len(keys) != 1 {
			t.Errorf("%s: keys are %v (%v)", c.point, keys, err)
		}
		// The step can be done again.
		if !c.two {
			store(t, v, "a", 2, map[string][]byte{"part-0000.parquet": []byte("again")})
		}
		if !c.one && c.killed {
			if err := v.DestroySnapshot("a", 1); err != nil {
				t.Errorf("%s: %v", c.point, err)
			}
		}
	}
}
