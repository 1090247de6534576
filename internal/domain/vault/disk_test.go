package vault

import (
	"testing"

	"glovebox.example/glovebox"
)

// TestDisk: the spools of a job share one room, and give back what they took.
func TestDisk(t *testing.T) {
	_, v := fresh(t)
	room := v.NewDisk(2100)
	spool := func() *Spool {
		s, err := room.NewSpool()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := spool(), spool()
	record := make([]byte, 992) // 1000 with its length
	if err := a.Append(record); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(record); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*Spool{"the first": a, "the second": b} {
		if err := s.Append(record); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s spool goes beyond the room: %v", name, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Append(record); err != nil {
		t.Errorf("the room of a closed spool is not given back: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if used := room.used.Load(); used != 0 {
		t.Errorf("%d bytes are taken by nobody", used)
	}
}
