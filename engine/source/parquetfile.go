package source

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// Bounds on a Parquet file. What is larger is refused before it is read.
const (
	maxFooter       = 64 << 20 // bytes
	maxParquetNodes = 10_000   // columns at any depth
)

// parquetFile is a provider's Parquet file. Its bytes are decoded by arrow-go,
// in Go: every value comes out exactly as it is stored, so that what becomes
// of it is decided here and not by a reader's own conversions.
type parquetFile struct {
	src  *os.File
	size int64
	r    *file.Reader
	cols []parquetColumn // by column of the record
	vals *stepValues
}

// parquetColumn is a column of the record in a file.
type parquetColumn struct {
	name string // in the file
	leaf int    // its number among the file's leaves; the first one of a group
	as   reading
	unit decimalUnit // of a decimal
	kind parquetClass

	isUnsigned bool // of an integer
}

// reading is a way to read a column of a file as a declared type.
type reading int

const (
	readNot     reading = iota // there is none
	readNull                   // it holds no value
	readText                   // text, and then as CSV is read
	readInt                    // INT32 or INT64, signed
	readUint                   // INT32 or INT64, unsigned
	readIntText                // a decimal without a fraction, to digits
	readFloat                  // any number, to float64
	readDecimal                // a decimal, to float64
	readBool
	readDate
	readCell // what package value reads, to a text in the type's own form
)

// openParquet opens a file and compares its columns with the record.
func openParquet(src *os.File, size int64, def glovebox.Source, cols []glovebox.Column) (p *parquetFile, err error) {
	defer damageOnPanic(&err)
	if err := refuseParquet(src, size); err != nil {
		return nil, err
	}
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled = true // a chunk of a column may be as large as the file
	r, err := file.NewParquetReader(io.NewSectionReader(src, 0, size), file.WithReadProps(props))
	if err != nil {
		return nil, damagedParquet("its footer cannot be read")
	}
	p = &parquetFile{src: src, size: size, r: r, vals: &stepValues{}}
	md := r.MetaData()
	if md.NumColumns() > maxParquetNodes || md.Schema.Root().NumFields() > maxParquetNodes {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Parquet file has more than %d columns", maxParquetNodes).
			WithFix("export no more than the record declares")
	}
	if err := p.checkGroups(); err != nil {
		return nil, err
	}
	root := md.Schema.Root()
	var names []string
	for i := range root.NumFields() {
		names = append(names, root.Field(i).Name())
	}
	l, err := Locate(names, def, cols)
	if err != nil {
		return nil, err
	}
	for i, col := range cols {
		at := l.At[i]
		c, err := p.match(root.Field(at), col)
		if err != nil {
			return nil, err
		}
		if c.as == readNot {
			is, fix := parquetTypeName(root.Field(at))
			e := Invalid(fmt.Sprintf("columns[%d].type", i), "the file's column %s is %s, and the record declares %s", col.SourceName(), is, col.Type)
			return nil, e.WithFix("%s", fix)
		}
		p.cols = append(p.cols, c)
	}
	return p, p.checkStored()
}

// compressions are those that can be read.
var compressions = []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Gzip, compress.Codecs.Brotli, compress.Codecs.Zstd, compress.Codecs.Lz4Raw}

// encodings are those of values that can be read, by physical type. Levels
// are stored in the first two.
var encodings = func() map[parquet.Type][]parquet.Encoding {
	e, t := parquet.Encodings, parquet.Types
	all := []parquet.Encoding{e.RLE, e.BitPacked, e.Plain, e.PlainDict, e.RLEDict}
	with := func(more ...parquet.Encoding) []parquet.Encoding { return append(slices.Clone(all), more...) }
	return map[parquet.Type][]parquet.Encoding{
		t.Boolean: all, t.Int32: with(e.DeltaBinaryPacked, e.ByteStreamSplit), t.Int64: with(e.DeltaBinaryPacked, e.ByteStreamSplit),
		t.Float: with(e.ByteStreamSplit), t.Double: with(e.ByteStreamSplit),
		t.ByteArray: with(e.DeltaLengthByteArray, e.DeltaByteArray), t.FixedLenByteArray: with(e.ByteStreamSplit),
	}
}()

// checkStored refuses by name what cannot be unpacked.
func (p *parquetFile) checkStored() error {
	for g := range p.r.NumRowGroups() {
		for _, c := range p.cols {
			if c.as == readNull {
				continue
			}
			chunk, err := p.r.MetaData().RowGroup(g).ColumnChunk(c.leaf)
			if err != nil {
				return damagedParquet("a column has no description")
			}
			if !slices.Contains(compressions, chunk.Compression()) {
				return glovebox.Errorf(glovebox.CodeInvalid, "the file's column %s is compressed by %s, which cannot be read", c.name, chunk.Compression()).
					WithFix("export it with Snappy, GZIP, Brotli, ZSTD or LZ4_RAW, or without compression")
			}
			for _, e := range chunk.Encodings() {
				if !slices.Contains(encodings[chunk.Type()], e) {
					return glovebox.Errorf(glovebox.CodeInvalid, "the file's column %s has the encoding %s, which cannot be read for its type", c.name, e).
						WithFix("export it with the encoding PLAIN, or with a dictionary")
				}
			}
		}
	}
	return nil
}

// checkGroups makes sure that the footer's counts can be true.
func (p *parquetFile) checkGroups() error {
	md := p.r.MetaData()
	rows := int64(0)
	for i := range md.NumRowGroups() {
		g := md.RowGroup(i)
		if n := g.NumRows(); n < 0 || n > MaxRows || g.NumColumns() != md.NumColumns() {
			return damagedParquet("a row group does not fit its footer")
		}
		if rows += g.NumRows(); rows > MaxRows {
			return damagedParquet("a row group does not fit its footer")
		}
	}
	if rows != md.GetNumRows() {
		return damagedParquet("a row group does not fit its footer")
	}
	return nil
}

// rows is how many rows the file has.
func (p *parquetFile) rows() int64 { return p.r.MetaData().GetNumRows() }

// match says how a column of the file is read as a column of the record.
func (p *parquetFile) match(n schema.Node, col glovebox.Column) (parquetColumn, error) {
	c := parquetColumn{name: col.SourceName(), leaf: p.firstLeaf(n)}
	if c.leaf < 0 {
		return c, nil
	}
	if leaf, ok := n.(*schema.PrimitiveNode); ok && n.RepetitionType() != parquet.Repetitions.Repeated {
		class, unit := classOf(leaf)
		c.as, c.unit, c.kind, c.isUnsigned = readingOf(class, unit, col), unit, class, class == classUint
		if class == classNull && p.rows() == 0 {
			c.as = readNull
		}
	}
	if c.as != readNot {
		return c, nil
	}
	// What has no value has no type that could be wrong: writers give such a
	// column any type.
	empty, err := p.holdsNothing(c.leaf)
	if empty {
		c.as = readNull
	}
	return c, err
}

// firstLeaf is the number of the first leaf in a top-level column, -1 if it
// has none.
func (p *parquetFile) firstLeaf(n schema.Node) int {
	s := p.r.MetaData().Schema
	for i := range s.NumColumns() {
		if s.ColumnRoot(i) == n {
			return i
		}
	}
	return -1
}

// readingOf is how a flat column is read as a declared type.
func readingOf(class parquetClass, unit decimalUnit, col glovebox.Column) reading {
	t := col.Type
	integer := t == glovebox.Int32 || t == glovebox.Int64
	switch {
	case class == classText && !value.Plain(col),
		class == classTime && (t == glovebox.DateTime || t == glovebox.Date), class == classInstant && t == glovebox.DateTime,
		class == classDate && t == glovebox.DateTime,
		t == glovebox.Decimal && (class == classDecimal || class == classInt || class == classUint || class == classFloat):
		return readCell
	case class == classText:
		return readText
	case class == classBool && t == glovebox.Bool:
		return readBool
	case class == classDate && t == glovebox.Date:
		return readDate
	case class == classInt && integer:
		return readInt
	case class == classUint && integer:
		return readUint
	case class == classDecimal && integer && unit.scale == 0:
		return readIntText
	case class == classDecimal && t == glovebox.Float64:
		return readDecimal
	case (class == classInt || class == classUint || class == classFloat) && t == glovebox.Float64:
		return readFloat
	}
	return readNot
}

// damagedParquet blames the file; what is one of a few constant texts.
func damagedParquet(what string) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the Parquet file is damaged: %s", what).
		WithFix("copy or export it again, without encryption")
}

// damageOnPanic turns a panic of the decoder, which is one on foreign bytes,
// into an error about the file.
func damageOnPanic(err *error) {
	if r := recover(); r != nil {
		*err = damagedParquet("it cannot be decoded")
	}
}

// decodeError is an error of the decoder without its text, which may quote
// the file.
func decodeError(err error) error {
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		return e
	}
	if strings.Contains(err.Error(), "exceeds configured limit") {
		return glovebox.Errorf(glovebox.CodeInvalid, "a page of the Parquet file is larger than %d bytes, or %d when it is unpacked", parquet.DefaultMaxCompressedPageSize, parquet.DefaultMaxUncompressedPageSize).
			WithFix("export it with pages of about 1 MiB")
	}
	return damagedParquet("it cannot be decoded")
}
