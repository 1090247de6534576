package domain

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestChannelCallLog: a call is on disk before it returns; a day that is over
// becomes an entry with the digest of its calls, once, also where the machine
// stopped half way or cut a line; and nobody adds a call to a closed day unseen.
func TestChannelCallLog(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "city")
	if _, err := Init(ctx, dir, InitOptions{Parts: 1}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 15, 59, 0, 0, time.UTC) // 23:59 in Beijing
	d, err := Open(ctx, dir, &Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	call := Call{User: "wei", Org: "Bank", Product: "hotspots", Release: "r-0123456789abcdef", Form: "csv", Bytes: 9, SHA256: strings.Repeat("0", 64)}
	note := func() {
		t.Helper()
		if err := d.NoteCall(ctx, call); err != nil {
			t.Fatal(err)
		}
	}
	every := func(string) bool { return true }
	day := func(name string) *CallDay {
		t.Helper()
		x, err := d.CallsOf(ctx, name, every)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	note()
	file := filepath.Join(dir, callsDir, "2026-03-01")
	cut, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cut.WriteString(`{"at":"2026-`); err != nil {
		t.Fatal(err)
	}
	_ = cut.Close()
	note()
	if x := day(""); x.Calls != 2 || x.Damaged != 1 || x.Digest != "" || x.Entries[1].At != "2026-03-01T15:59:00Z" {
		t.Errorf("today: %+v", x)
	}
	held, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	note()
	if x := day("2026-03-01"); x.Calls != 2 || x.Products["hotspots"] != 2 || x.Damaged != 1 || x.Digest == "" {
		t.Errorf("yesterday: %+v", x)
	}
	if x := day(""); x.Day != "2026-03-02" || x.Calls != 1 {
		t.Errorf("today: %+v", x)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file of a closed day is there: %v", err)
	}
	// Closed, and the machine stopped before the file went: nothing more is recorded.
	if err := os.WriteFile(file, held, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.CloseCalls(ctx); err != nil {
		t.Fatal(err)
	}
	// A call that somebody adds to a closed day.
	if err := os.WriteFile(file, append(held, held...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.NoteCall(ctx, call); err == nil || !strings.Contains(err.Error(), "is closed") {
		t.Errorf("a closed day grows: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if x, err := d.CallsOf(ctx, "2026-03-01", func(code string) bool { return code == "other" }); err != nil || len(x.Entries) > 0 || x.Calls > 0 || len(x.Products) > 0 {
		t.Errorf("another's calls show: %+v %v", x, err)
	}
	v, err := d.Verify(ctx)
	if err != nil || len(v.Problems) > 0 {
		t.Errorf("%v %v", err, v)
	}
}
