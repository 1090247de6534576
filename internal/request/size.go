package request

import (
	"encoding/json"

	"glovebox.example/glovebox/exporter/bundle"
)

// fitsBundle says whether the table of a job can be exported, whatever it says: a
// release that no bundle holds would be charged, made and approved for nothing. The rows of private keys are bounded when they are made.
func (r *Request) fitsBundle() error {
	rows, _ := r.Mode.Bytes()
	if n := rows + r.HeadBytes(); n > bundle.MaxFile {
		return r.Invalid("output", "the table can take %d MiB, and a file of a bundle holds %d MiB: this release could never be exported", (n+1<<20-1)>>20, bundle.MaxFile>>20).
			WithFix("use fewer public keys, or fewer metrics, bins or values of vectors; or ask for a top")
	}
	return nil
}

// RoomBytes bounds what the job's release takes in the domain.
func (r *Request) RoomBytes() int64 {
	rows, _ := r.Mode.Bytes()
	if rows == 0 { // known only when it is made
		return bundle.MaxFile
	}
	return rows + r.HeadBytes()
}

// HeadBytes bounds what a bundle says beside the rows: the columns, and how the
// rows were made.
func (r *Request) HeadBytes() int64 {
	const other = 256 << 10 // names, digests, masks and prices
	_, n := r.Mode.Bytes()
	n += other
	for _, v := range []any{r.Job, r.Mode.Facts()} {
		b, err := json.Marshal(v)
		if err != nil {
			return bundle.MaxFile // it cannot be stored either
		}
		n += int64(len(b))
	}
	return n
}
