package vault

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

// TestSpool: what goes in comes out, again and again; nothing of it can be
// found on the disk, in the open or by name.
func TestSpool(t *testing.T) {
	_, v := fresh(t)
	s, err := v.NewSpool()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var want [][]byte
	for i := range 100 {
		want = append(want, bytes.Repeat([]byte("planted-record"), i*i))
		if err := s.Append(want[i]); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		n := 0
		if err := s.Each(func(b []byte) error {
			if !bytes.Equal(b, want[n]) {
				t.Fatalf("record %d differs", n)
			}
			n++
			return nil
		}); err != nil || n != len(want) {
			t.Fatal(n, err)
		}
	}
	stop := errors.New("stop")
	if err := s.Each(func([]byte) error { return stop }); err != stop {
		t.Fatal(err)
	}
	if err := s.Append(nil); err == nil {
		t.Fatal("appended after reading")
	}
	raw := make([]byte, s.size+1<<20)
	n, _ := s.file.ReadAt(raw, 0)
	if int64(n) < s.size || bytes.Contains(raw[:n], []byte("planted")) {
		t.Fatalf("%d bytes on the disk, in the open or too few", n)
	}
	left, err := os.ReadDir(v.path(tmpDir))
	if err != nil || len(left) != 0 {
		t.Fatalf("%v %v", left, err)
	}
}

// TestSpoolWhileOthersClean: a run works without the domain's lock, and each
// command that opens the domain cleans up what killed loads left.
func TestSpoolWhileOthersClean(t *testing.T) {
	_, v := fresh(t)
	done := make(chan struct{})
	cleaned := make(chan error, 1)
	go func() {
		for {
			select {
			case <-done:
				cleaned <- nil
				return
			default:
				if err := v.Clean(func(string, int) bool { return true }); err != nil {
					cleaned <- err
					return
				}
			}
		}
	}()
	for i := range 2000 {
		s, err := v.NewSpool()
		if err != nil {
			t.Errorf("spool %d: %v", i, err)
			break
		}
		if err := s.Close(); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	if err := <-cleaned; err != nil {
		t.Error(err)
	}
}
