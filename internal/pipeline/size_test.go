package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// TestWhatNoBundleHoldsIsRefused: a job whose table could never be exported is
// refused by check and run alike, before anything is charged; one whose table just
// fits passes the check.
func TestWhatNoBundleHoldsIsRefused(t *testing.T) {
	d, file := pumsDomain(t)
	var list strings.Builder
	list.WriteString("schooling\n")
	for i := range 100_000 {
		fmt.Fprintf(&list, "k%06d\n", i)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "keys.csv"), []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	good := string(read(t, file))
	bins := func(n int) {
		text := strings.Replace(good, "public: [no diploma, high school, some college, degree]", "public: keys.csv", 1)
		text = strings.Replace(text, "{kind: mean,", fmt.Sprintf("{kind: histogram, bins: %d,", n), 1)
		if !strings.Contains(text, "keys.csv") || !strings.Contains(text, "histogram") {
			t.Fatal("the example's job has changed")
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A count of units takes 45 bytes at most, one of a bin 57, a key and its row 15.
	bins(15)
	_, checked := New(d, nil).Check(t.Context(), submit(file), user(t, d, "wang").User)
	_, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
	for what, err := range map[string]error{"check": checked, "run": err} {
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(fmt.Sprint(err), "could never be exported") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := balance(t, d, "pums").Spent; got != (glovebox.Amount{}) {
		t.Errorf("it cost %v", got)
	}
	bins(8)
	if r, err := New(d, nil).Check(t.Context(), submit(file), user(t, d, "wang").User); err != nil || !r.Decision.Allow {
		t.Errorf("800,000 bins: %v", err)
	}
}

// TestDiskOfAJob: what a job puts on the disk has an end, which is told like any
// other way of having too many keys.
func TestDiskOfAJob(t *testing.T) {
	d, file := privateKeys(t)
	d.MaxRuns, d.MaxDisk = 2, 2<<10
	_, err := New(d, &Options{spoolBytes: 1, pieceBytes: 1}).Run(t.Context(), submit(file), user(t, d, "wang"))
	if err == nil || err.Error() != tooMuch(os.ErrInvalid).Error() {
		t.Errorf("beyond 1 KiB of disk: %v", err)
	}
}
