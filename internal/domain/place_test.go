package domain

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPlaces: a domain has as many places as it says, for all processes
// together, and one that was killed leaves none taken.
func TestPlaces(t *testing.T) {
	d, dir := made(t)
	d.MaxRuns = 2
	other, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.MaxRuns = 2
	take := func(d *Domain, want bool) *Place {
		t.Helper()
		p, err := d.Place()
		if err != nil || (p != nil) != want {
			t.Fatalf("a place: %v, want %v: %v", p != nil, want, err)
		}
		return p
	}
	first, second := take(d, true), take(other, true)
	take(d, false)
	take(other, false)
	brief, stop := context.WithTimeout(t.Context(), 3*pollEvery)
	defer stop()
	if err := d.AwaitPlace(brief); err == nil || !strings.Contains(err.Error(), "gave up waiting for a place") {
		t.Fatalf("a place that is not there: %v", err)
	}
	first.Close()
	take(other, true).Close()
	second.Close()

	child := exec.Command(os.Args[0], "-test.run=^TestPlaceChild$")
	child.Env = append(os.Environ(), placeVar+"="+dir)
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "taken\n" {
		t.Fatalf("the child says %q: %v", line, err)
	}
	take(d, false)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	long, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	if err := d.AwaitPlace(long); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	take(d, true).Close()
}

const placeVar = "GLOVEBOX_TEST_PLACES"

// TestPlaceChild takes all places and waits to be killed.
func TestPlaceChild(t *testing.T) {
	dir := os.Getenv(placeVar)
	if dir == "" {
		t.Skip("not a child")
	}
	d, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.MaxRuns = 2
	for range d.MaxRuns {
		if p, err := d.Place(); err != nil || p == nil {
			t.Fatal(p, err)
		}
	}
	fmt.Println("taken")
	time.Sleep(time.Hour)
}

func TestHowManyRuns(t *testing.T) {
	for _, c := range []struct {
		cores int
		bytes uint64
		want  int
	}{{2, 4 << 30, 2}, {16, 4 << 30, 2}, {16, 64 << 30, 16}, {4, 1 << 30, 1}, {1, 0, 1}, {5000, 1 << 50, MaxRunsBound}} {
		if got := runsFor(c.cores, c.bytes); got != c.want {
			t.Errorf("%d cores and %d bytes: %d runs, want %d", c.cores, c.bytes, got, c.want)
		}
	}
	d, dir := made(t)
	if d.MaxRuns != defaultRuns() || d.MaxRuns < 1 {
		t.Errorf("%d runs where nobody said how many", d.MaxRuns)
	}
	for text, want := range map[string]int{"7": 7, "1001": 0, "-1": 0} {
		path := filepath.Join(dir, configFile)
		if err := os.WriteFile(path, []byte(`{"format": 1, "name": "test", "parts": 8, "max_runs": `+text+`}`), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(t.Context(), dir, nil)
		if (err == nil) != (want > 0) {
			t.Fatalf("max_runs %s: %v", text, err)
		}
		if err == nil {
			if r.MaxRuns != want {
				t.Errorf("max_runs %s: %d runs", text, r.MaxRuns)
			}
			_ = r.Close()
		}
	}
}
