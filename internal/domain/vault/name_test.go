package vault

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"testing"
)

// Names of equal manifests have nothing in common, in a vault and across vaults;
// of one snapshot the name is always the same, and depends on the manifest.
func TestNamesOfSnapshots(t *testing.T) {
	manifest := []byte("a manifest")
	seen := map[string]bool{fmt.Sprintf("sha256:%x", sha256.Sum256(manifest)): true}
	form := regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	for range 2 {
		_, v := fresh(t)
		for version := 1; version <= 3; version++ {
			w, err := v.NewSnapshot("people", version)
			if err != nil {
				t.Fatal(err)
			}
			name, err := w.Name(manifest)
			again, err2 := w.Name(manifest)
			other, err3 := w.Name([]byte("another"))
			if err != nil || err2 != nil || err3 != nil || name != again || name == other || seen[name] || !form.MatchString(name) {
				t.Errorf("%s, %s, %s: %v %v %v", name, again, other, err, err2, err3)
			}
			seen[name] = true
			if err := w.Commit(manifest); err != nil {
				t.Fatal(err)
			}
		}
		// A version that is written again has another key, and so another name.
		if err := v.DestroySnapshot("people", 3); err != nil {
			t.Fatal(err)
		}
		w, err := v.NewSnapshot("people", 3)
		if err != nil {
			t.Fatal(err)
		}
		if name, err := w.Name(manifest); err != nil || seen[name] {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.Abort(); err != nil {
			t.Fatal(err)
		}
	}
}
