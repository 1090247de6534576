package vault

import "testing"

// TestNoiseKey: it is of the job and of every snapshot, the same for another
// process, and ends with any of the snapshots.
func TestNoiseKey(t *testing.T) {
	dir, v := fresh(t)
	for version := range 2 {
		store(t, v, "a", version+1, nil)
	}
	store(t, v, "b", 1, nil)
	both := map[string]int{"a": 1, "b": 1}
	seen := map[[KeySize]byte]bool{}
	for _, c := range []struct {
		job      string
		versions map[string]int
	}{{"j-1", both}, {"j-2", both}, {"j-1", map[string]int{"a": 1}}, {"j-1", map[string]int{"b": 1}}, {"j-1", map[string]int{"a": 2, "b": 1}}} {
		k, err := v.NoiseKey(c.job, c.versions)
		if err != nil {
			t.Fatal(err)
		}
		if seen[k.Bytes()] {
			t.Errorf("%+v has another's key", c)
		}
		seen[k.Bytes()] = true
	}
	again, err := reopen(t, dir).NoiseKey("j-1", both)
	if err != nil || !seen[again.Bytes()] {
		t.Errorf("the key changed (%v)", err)
	}
	if err := v.DestroySnapshot("b", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := v.NoiseKey("j-1", both); err == nil {
		t.Error("the key outlives a snapshot")
	}
}
