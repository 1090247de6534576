package vault

import (
	"os"
	"testing"
)

// TestAside: what is put aside has no name and can be read by a descriptor that
// cannot write.
func TestAside(t *testing.T) {
	_, v := fresh(t)
	w, r, err := v.NewAside()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	if _, err := w.Write([]byte("sealed")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 6)
	if _, err := r.ReadAt(b, 0); err != nil || string(b) != "sealed" {
		t.Fatalf("%q, %v", b, err)
	}
	if _, err := r.WriteAt([]byte("x"), 0); err == nil {
		t.Error("the descriptor to read can write")
	}
	if left, err := os.ReadDir(v.path(tmpDir)); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}
