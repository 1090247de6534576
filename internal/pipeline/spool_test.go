package pipeline

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/domain"
)

// TestKeysBeyondMemory: a job whose workers and supervisor have next to no room
// for keys gives every key that it gives with room.
func TestKeysBeyondMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	keys := func(o *Options, more ...string) (out []string) {
		d, file := privateKeys(t, more...)
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
		// A top that is chosen in rounds: the two largest groups have 257 people
		// each, the next one 186. Another one, or none, comes out with a probability
		// below 1e-8: the round costs some rho 0.04.
		top := keys(o, "max_keys_per_unit: 1", "max_keys_per_unit: 20\n  top: {k: 1, by: people}")
		if len(top) != 1 || top[0] != "degree" && top[0] != "some college" {
			t.Errorf("%+v: top %v", o, top)
		}
	}
}

// privateKeys is pumsDomain with keys that are not public, and more changed in
// its job.
func privateKeys(t *testing.T, more ...string) (*domain.Domain, string) {
	t.Helper()
	d, file := pumsDomain(t)
	text := string(read(t, file))
	list := `public: [no diploma, high school, some college, degree]`
	if !strings.Contains(text, list) {
		t.Fatal("the example's job has changed")
	}
	text = strings.Replace(text, list, "private: true", 1)
	text = strings.Replace(text, "rho: 0.125", "rho: 0.125, delta: 1e-7", 1)
	text = strings.NewReplacer(more...).Replace(text)
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
	_, err := New(d, &Options{spoolBytes: 1, spoolMost: 1}).Run(t.Context(), submit(file), user(t, d, "wang"))
	if err == nil || err.Error() != told {
		t.Errorf("what comes back from the disk is too much: %v", err)
	}
	if err := tooMuch(context.Canceled); !errors.Is(err, context.Canceled) || tooMuch(nil) != nil {
		t.Errorf("an interrupted run is told as %v", err)
	}
}
