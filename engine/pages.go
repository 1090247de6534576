package engine

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"glovebox.example/glovebox"
)

// pages reads some columns of one Parquet file.
type pages struct {
	name  string
	file  *file.Reader
	rr    pqarrow.RecordReader
	at    map[string]int
	batch arrow.RecordBatch // owned by rr
	pos   int
	left  int64 // rows that the manifest still promises
}

func openPages(ctx context.Context, f *os.File, want File, rows int64, names []string, mem memory.Allocator) (*pages, error) {
	if err := VerifyPart(f, want); err != nil {
		return nil, err
	}
	p := &pages{name: want.Name, at: map[string]int{}, left: rows}
	if p.open(ctx, &fileAt{f: f, size: want.Bytes}, names, mem) != nil {
		p.free()
		return nil, p.broken()
	}
	return p, nil
}

// open fails with errors that are not for the user. The Parquet reader panics
// on some damage; the digest has kept all of it out but for a changed manifest.
func (p *pages) open(ctx context.Context, f *fileAt, names []string, mem memory.Allocator) (err error) {
	defer func() {
		if recover() != nil {
			err = errPages
		}
	}()
	if p.file, err = file.NewParquetReader(f, file.WithReadProps(parquet.NewReaderProperties(mem))); err != nil {
		return err
	}
	fr, err := pqarrow.NewFileReader(p.file, pqarrow.ArrowReadProperties{BatchSize: batchRows}, mem)
	if err != nil || p.file.NumRows() != p.left {
		return errPages
	}
	var idx []int
	for _, n := range names {
		i := p.file.MetaData().Schema.ColumnIndexByName(n)
		if i < 0 {
			return errPages
		}
		idx = append(idx, i)
	}
	slices.Sort(idx)
	if p.rr, err = fr.GetRecordReader(ctx, idx, nil); err != nil {
		return err
	}
	for i, f := range p.rr.Schema().Fields() {
		p.at[f.Name] = i
	}
	return nil
}

var errPages = errors.New("damaged")

func (p *pages) free() {
	if p.rr != nil {
		p.rr.Release()
	}
	if p.file != nil {
		_ = p.file.Close() // closes nothing: fileAt has no Close
	}
}

// broken is the error of a part that has the right digest and yet cannot be
// read.
func (p *pages) broken() error {
	return glovebox.Errorf(glovebox.CodeInternal, "snapshot part %s does not hold what the manifest says", p.name)
}

// ready returns how many rows are at hand, 0 at the end.
func (p *pages) ready() (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, p.broken()
		}
	}()
	for p.batch == nil || p.pos == int(p.batch.NumRows()) {
		if !p.rr.Next() {
			p.batch = nil
			if p.rr.Err() != nil || p.left != 0 {
				return 0, p.broken()
			}
			return 0, nil
		}
		p.batch, p.pos = p.rr.RecordBatch(), 0
		p.left -= p.batch.NumRows()
	}
	return int(p.batch.NumRows()) - p.pos, nil
}

// column returns the next n rows of a column; the caller releases it.
func (p *pages) column(name string, n int) arrow.Array {
	return array.NewSlice(p.batch.Column(p.at[name]), int64(p.pos), int64(p.pos+n))
}
