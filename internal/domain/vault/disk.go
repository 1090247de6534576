package vault

import (
	"sync/atomic"

	"glovebox.example/glovebox"
)

// Disk is the room on the disk that the spools of one job share. It is safe for
// concurrent use.
type Disk struct {
	v    *Vault
	most int64
	used atomic.Int64
}

// NewDisk makes the room of a job: most bytes, of records, for all its spools
// together. What encryption adds, 16 bytes for each 64 KiB, is not counted.
func (v *Vault) NewDisk(most int64) *Disk { return &Disk{v: v, most: most} }

// NewSpool makes an empty spool in this room, which is bounded by what the room
// has left too: Append fails with CodeInvalid beyond it. Close gives it back.
func (d *Disk) NewSpool() (*Spool, error) {
	s, err := d.v.NewSpool()
	if err == nil {
		s.disk = d
	}
	return s, err
}

// take reserves n bytes.
func (d *Disk) take(n int64) error {
	if d == nil {
		return nil
	}
	if d.used.Add(n) > d.most {
		d.used.Add(-n)
		return glovebox.Errorf(glovebox.CodeInvalid, "the job has more distinct keys than the %d MiB of disk of a run hold", d.most>>20).
			WithFix("use public keys, coarser ones, or fewer keys per unit")
	}
	return nil
}

// free gives n bytes back.
func (d *Disk) free(n int64) {
	if d != nil {
		d.used.Add(-n)
	}
}
