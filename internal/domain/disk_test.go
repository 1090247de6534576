package domain

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDiskOfRuns: all runs together stay within max_disk, however many run.
func TestDiskOfRuns(t *testing.T) {
	for bytes, want := range map[uint64]int64{8 << 30: 2 << 30, 1 << 40: DefaultDisk, 0: 0, 1 << 60: DefaultDisk} {
		if got := diskFor(bytes); got != want {
			t.Errorf("of %d bytes runs take %d, want %d", bytes, got, want)
		}
	}
	for bytes, want := range map[uint64]int64{16 << 30: 1 << 30, 1 << 40: DefaultStored, 1 << 60: DefaultStored} {
		if got := storedFor(bytes); got != want {
			t.Errorf("of %d bytes a developer stores %d, want %d", bytes, got, want)
		}
	}
	_, dir := made(t)
	for text, want := range map[string]int64{`"max_runs": 4, "max_disk": 10`: 10 << 28, `"max_runs": 1, "max_disk": 1`: 1 << 30, `"max_disk": -1`: 0, `"max_disk": 1048577`: 0} {
		if err := os.WriteFile(filepath.Join(dir, configFile), []byte(`{"format": 1, "name": "test", "parts": 8, `+text+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(t.Context(), dir, nil)
		if (err == nil) != (want > 0) {
			t.Fatalf("%s: %v", text, err)
		}
		if err != nil {
			continue
		}
		if got := d.RunDisk(); got != want || got*int64(d.MaxRuns) > d.MaxDisk {
			t.Errorf("%s: a run takes %d bytes, want %d", text, got, want)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestBoundsOfStored: settings of what developers have stored are read, and those
// that cannot be are refused.
func TestBoundsOfStored(t *testing.T) {
	_, dir := made(t)
	for text, want := range map[string][2]int64{
		`"max_runs": 1`:                          {DefaultReleases, defaultStored(dir)},
		`"max_releases": 7, "max_stored": 3`:     {7, 3 << 30},
		`"max_releases": -1`:                     {},
		`"max_releases": 1000001`:                {},
		`"max_stored": -1`:                       {},
		`"max_stored": 1048577`:                  {},
		`"max_stored": 1048576`:                  {DefaultReleases, 1 << 50},
		`"max_releases": 1000000, "max_runs": 1`: {1_000_000, defaultStored(dir)},
	} {
		if err := os.WriteFile(filepath.Join(dir, configFile), []byte(`{"format": 1, "name": "test", "parts": 8, `+text+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := Open(t.Context(), dir, nil)
		if (err == nil) != (want[0] > 0) {
			t.Fatalf("%s: %v", text, err)
		}
		if err != nil {
			continue
		}
		if got := [2]int64{int64(d.MaxReleases), d.MaxStored}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
