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
