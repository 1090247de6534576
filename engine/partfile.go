package engine

import (
	"errors"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
)

// partFile is a Parquet file that is being written.
type partFile struct {
	fw     *fileWriter
	out    io.WriteCloser
	w      *pqarrow.FileWriter // nil before the first row group
	mem    memory.Allocator
	schema *arrow.Schema
	sealed bool
	name   string
	err    error
}

// newPartFile begins a file.
func newPartFile(mem memory.Allocator, create func(string) (io.WriteCloser, error), name string, fields []arrow.Field, sealed bool) (*partFile, error) {
	out, err := create(name)
	if err != nil {
		return nil, err
	}
	return &partFile{fw: newFileWriter(out), out: out, mem: mem, schema: arrow.NewSchema(fields, nil), sealed: sealed, name: name}, nil
}

// begin decides by the first row group how columns are encoded. Tokens are
// random and, like the originals of a sealed file, seldom the same in many rows:
// neither has a dictionary, and nor does a column whose values are mostly
// different ones.
func (f *partFile) begin(cols []arrow.Array) (err error) {
	opts := []parquet.WriterProperty{
		parquet.WithAllocator(f.mem), parquet.WithCreatedBy(createdBy),
		parquet.WithCompression(compress.Codecs.Snappy), parquet.WithStats(false),
		parquet.WithMaxRowGroupLength(rowGroupRows), parquet.WithDictionaryPageSizeLimit(dictBytes),
	}
	for i, c := range f.schema.Fields() {
		token := c.Type.ID() == arrow.FIXED_SIZE_BINARY
		if token || f.sealed || cols != nil && mostlyDistinct(cols[i]) {
			opts = append(opts, parquet.WithDictionaryFor(c.Name, false))
		}
		if token {
			opts = append(opts, parquet.WithCompressionFor(c.Name, compress.Codecs.Uncompressed))
		}
	}
	f.w, err = pqarrow.NewFileWriter(f.schema, struct{ io.Writer }{f.fw}, parquet.NewWriterProperties(opts...), pqarrow.NewArrowWriterProperties(pqarrow.WithAllocator(f.mem)))
	return err
}

// mostlyDistinct looks at some rows and says whether the values of a column are
// so different that a dictionary would not pay.
func mostlyDistinct(col arrow.Array) bool {
	const look, most = 512, 256
	if col.Len() < 2*look {
		return false
	}
	seen := make(map[string]bool, look)
	var buf []byte
	for i := range look {
		buf = column.AppendValue(buf[:0], col, i*(col.Len()/look))
		seen[string(buf)] = true
	}
	return len(seen) > most
}

func (f *partFile) failed() error {
	return glovebox.Errorf(glovebox.CodeInternal, "cannot write snapshot part %s", f.name).Because(f.fw.err)
}

// write writes a row group.
func (f *partFile) write(cols []arrow.Array, n int) error {
	if f.w == nil {
		if f.err = f.begin(cols); f.err != nil {
			return f.failed()
		}
	}
	b := array.NewRecordBatch(f.schema, cols, int64(n))
	defer b.Release()
	if f.err = errors.Join(f.w.Write(b), f.fw.err); f.err != nil {
		return f.failed()
	}
	return nil
}

// end completes the file, or closes what there is of it.
func (f *partFile) end() (File, error) {
	if f.w == nil && f.err == nil {
		f.err = f.begin(nil)
	}
	err := f.err
	if f.w != nil {
		err = errors.Join(err, f.w.Close())
	}
	f.fw.err = errors.Join(f.fw.err, f.out.Close())
	if err != nil || f.fw.err != nil {
		return File{}, f.failed()
	}
	return f.fw.file(f.name), nil
}
