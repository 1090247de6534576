package source

import (
	"os"

	"glovebox.example/glovebox"
)

// VerifyAllPages opens a Parquet file and holds each row group to its pages.
// unread says that the file was refused before.
func VerifyAllPages(f *os.File, size int64, cols []glovebox.Column) (bad error, unread bool) {
	p, err := openParquet(f, size, glovebox.Source{}, cols)
	if err != nil {
		return err, true
	}
	for g := range p.r.NumRowGroups() {
		if err := p.verifyPages(g); err != nil {
			return err, false
		}
	}
	return nil, false
}
