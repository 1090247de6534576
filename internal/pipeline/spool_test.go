package pipeline

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"glovebox/internal/domain"
)

// TestKeysBeyondMemory: a job whose workers and supervisor have next to no room
// for keys gives every key that it gives with room.
func TestKeysBeyondMemory(t *testing.T) {
	keys := func(o *Options) (out []string) {
		d, file := privateKeys(t)
		for _, row := range run(t, New(d, o), file, "wang").Content.Rows {
			out = append(out, row[0].(string))
		}
		return out
	}
	// The smallest of the four groups has some 180 people, and a key is missed
	// with a probability below 1e-9.
	want := []string{"degree", "high school", "no diploma", "some college"}
	for _, o := range []*Options{nil, {spoolBytes: 1, pieceBytes: 1}, {spoolBytes: 5000}} {
		if got := keys(o); !slices.Equal(got, want) {
			t.Errorf("%+v: %v", o, got)
		}
	}
}

// privateKeys is pumsDomain with keys that are not public.
func privateKeys(t *testing.T) (*domain.Domain, string) {
	t.Helper()
	d, file := pumsDomain(t)
	text := string(read(t, file))
	list := `public: [no diploma, high school, some college, degree]`
	if !strings.Contains(text, list) {
		t.Fatal("the example's job has changed")
	}
	text = strings.Replace(text, list, "private: true", 1)
	text = strings.Replace(text, "rho: 0.125", "rho: 0.125, delta: 1e-7", 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return d, file
}

// TestChannelTooMuch: where answers of workers cannot be added up it is told in
// one way, wherever that shows.
func TestChannelTooMuch(t *testing.T) {
	told := tooMuch(errors.New("anything")).Error()
	d, file := privateKeys(t)
	_, err := New(d, &Options{spoolBytes: 1, spoolMost: 1}).Run(t.Context(), file, user(t, d, "wang"))
	if err == nil || err.Error() != told {
		t.Errorf("what comes back from the disk is too much: %v", err)
	}
	if err := tooMuch(context.Canceled); !errors.Is(err, context.Canceled) || tooMuch(nil) != nil {
		t.Errorf("an interrupted run is told as %v", err)
	}
}
