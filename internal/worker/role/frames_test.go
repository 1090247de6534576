package role

import (
	"bytes"
	"errors"
	"testing"

	"glovebox.example/glovebox/internal/worker/jail"
)

// TestARoleSendsItsFramesAlone: of every role, no frame of another role's table
// is read, and none that is longer than its own says.
func TestARoleSendsItsFramesAlone(t *testing.T) {
	send := func(kind jail.Kind, size uint32) *bytes.Reader { // the head is enough: what is refused is not waited for
		return bytes.NewReader([]byte{byte(size), byte(size >> 8), byte(size >> 16), byte(size >> 24), 1, byte(kind), 0, 0})
	}
	all := jail.Frames{}
	for role := range All() {
		if len(Frames(role)) == 0 {
			t.Errorf("role %s has no frames", role)
		}
		for kind, size := range Frames(role) {
			all[kind] = size
		}
	}
	for role := range All() {
		own := Frames(role)
		for kind, size := range all {
			if _, mine := own[kind]; !mine {
				if f, err := jail.ReadFrame(send(kind, 0), own); !errors.Is(err, jail.ErrFrame) {
					t.Errorf("role %s: kind %d of another role was read: %v, %v", role, kind, f, err)
				}
				continue
			}
			if _, err := jail.ReadFrame(send(kind, uint32(size.Most)+1), own); !errors.Is(err, jail.ErrFrame) {
				t.Errorf("role %s: a frame of kind %d longer than %d: %v", role, kind, size.Most, err)
			}
		}
	}
	if Frames("no such role") != nil {
		t.Error("a role that is not there may send frames")
	}
}
