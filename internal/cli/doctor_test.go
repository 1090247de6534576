package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDoctorSeesSwap: a place on a disk for memory is told of, compressed memory
// is not one.
func TestDoctorSeesSwap(t *testing.T) {
	const head = "Filename\tType\tSize\tUsed\tPriority\n"
	for text, want := range map[string]string{head: "ok", head + "/dev/zram0 partition 1 0 100\n": "ok", head + "/dev/zram0 partition 1 0 100\n/swapfile file 1 0 -2\n": "warn"} {
		path := filepath.Join(t.TempDir(), "swaps")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := (&app{}).swap(path); got.State != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := (&app{}).swap("/nowhere"); got.State != "warn" {
		t.Errorf("%+v", got)
	}
}

// TestDoctorSeesWhoPasses: a group may pass through a domain directory, as web's
// does; nobody else may, and no group may list it.
func TestDoctorSeesWhoPasses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "city")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{0o700: "ok", 0o710: "ok", 0o711: "fail", 0o750: "fail", 0o730: "fail", 0o701: "fail", 0o755: "fail"} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if got := (&app{}).whoPasses(dir); got.State != want {
			t.Errorf("%04o: %+v", mode, got)
		}
	}
	if got := (&app{}).whoPasses(dir + "/nowhere"); got.State != "fail" {
		t.Errorf("%+v", got)
	}
}
