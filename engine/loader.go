package engine

import (
	"context"
	"encoding/binary"
	"math/bits"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source"
)

const (
	maxPartBytes = 1 << 30 // of one part in memory; Arrow's text columns end at 2 GiB
	maxWriters   = 4       // parts that are written at once
)

// loader takes in the checked rows of a file and writes them out by unit.
type loader struct {
	ds     *glovebox.Dataset
	o      LoadOptions
	report LoadReport
	size   int64 // of the file, at least 1

	stored []storedColumn
	schema *arrow.Schema // of a part buffer
	fixed  int64         // bytes of a row but its texts
	unitID *identifier
	ids    []*identifier // by column; nil for others
	check  []func(string) bool
	key    []int
	keys   *keySet
	keyBuf []byte

	parts     []*partBuffer
	partBytes []int64
	loose     int64 // bytes of rows that are not packed
	packed    int64 // bytes of those that are, and of the keys

	pick    [][]int32 // rows of a batch, by part
	touched []int
}

// storedColumn is a field of a part buffer after the token of the unit.
type storedColumn struct {
	from   int  // column of the record
	kept   bool // the original of an identifier, for the sealed part
	field  arrow.Field
	isText bool
}

func newLoader(ds *glovebox.Dataset, o LoadOptions) *loader {
	l := &loader{
		ds: ds, o: o,
		ids:       make([]*identifier, len(ds.Columns)),
		check:     make([]func(string) bool, len(ds.Columns)),
		partBytes: make([]int64, o.Parts),
		pick:      make([][]int32, o.Parts),
		fixed:     column.TokenBytes,
	}
	fields := []arrow.Field{{Name: column.UnitColumn, Type: column.TokenType}}
	var kept []storedColumn
	for i, c := range ds.Columns {
		l.check[i] = source.Formats[c.Format]
		isUnit := c.Name == ds.Unit.Column
		if c.Class == glovebox.ClassIdentifier {
			id := &identifier{format: c.Format, tokens: array.NewFixedSizeBinaryBuilder(o.Allocator, column.TokenType)}
			if isUnit {
				id.prf, l.unitID = newPRF(o.UnitKey), id
			} else {
				id.prf = newPRF(o.IdentKey(c))
			}
			l.ids[i] = id
			if c.Keep {
				kept = append(kept, storedColumn{from: i, kept: true, field: arrow.Field{Name: c.Name, Type: column.ArrowTypes[c.Type], Nullable: c.Nullable}, isText: c.Type == glovebox.String})
			}
		}
		if !isUnit {
			l.stored = append(l.stored, storedColumn{from: i, field: arrow.Field{Name: c.Name, Type: column.ArrowTypes[c.StoredType()], Nullable: c.Nullable}, isText: c.StoredType() == glovebox.String})
		}
	}
	l.stored = append(l.stored, kept...)
	for _, s := range l.stored {
		f := s.field
		if s.kept {
			f.Name = "kept " + f.Name // a part buffer holds both under one name
		}
		fields = append(fields, f)
		l.fixed += 8
		if s.field.Type == arrow.DataType(column.TokenType) {
			l.fixed += 8
		}
	}
	l.schema = arrow.NewSchema(fields, nil)
	for _, k := range ds.Key {
		l.key = append(l.key, slices.IndexFunc(ds.Columns, func(c glovebox.Column) bool { return c.Name == k }))
	}
	if len(l.key) > 0 {
		l.keys = newKeySet()
	}
	for range o.Parts {
		l.parts = append(l.parts, &partBuffer{rb: array.NewRecordBuilder(o.Allocator, l.schema)})
	}
	return l
}

func (l *loader) release() {
	for _, p := range l.parts {
		p.rb.Release()
	}
	for _, id := range l.ids {
		if id != nil {
			id.tokens.Release()
		}
	}
}

// read takes in the whole file.
func (l *loader) read(ctx context.Context, src *os.File, size int64) error {
	f, err := openFeed(ctx, feedSpec{
		src: src, size: size, def: l.ds.Source, cols: l.ds.Columns, rules: l.ds.Quality, match: source.MatchHeader, memory: l.o.Memory / 4, files: l.o.Scratch,
	})
	if err != nil {
		return err
	}
	defer f.close()
	l.size = max(size, 1)
	l.o.Progress(0, 2*l.size)
	return f.run(ctx, func(s *slot) error {
		if err := l.take(ctx, s); err != nil {
			return err
		}
		l.o.Progress(min(s.chunk.Read, l.size), 2*l.size)
		return l.makeRoom()
	})
}

// take takes in one piece of the file.
func (l *loader) take(ctx context.Context, s *slot) error {
	bad := s.chunk.Bad
	flush := func(before int64) {
		for len(bad) > 0 && bad[0].At.Row < before {
			l.report.reject(bad[0].At, bad[0].Column, bad[0].Source, bad[0].Why)
			bad = bad[1:]
		}
	}
	var at int64
	for s.res != nil && s.res.Next() {
		b := s.res.RecordBatch()
		if at+b.NumRows() > s.n || l.report.Rows > source.MaxRows {
			break
		}
		if err := l.batch(b, func(i int) source.Place {
			p := s.place(at + int64(i))
			flush(p.Row)
			return p
		}); err != nil {
			return err
		}
		at += b.NumRows()
	}
	if s.res != nil && s.res.Err() != nil {
		return duck.ReadError(ctx, s.res.Err())
	}
	if at != s.n {
		return glovebox.Errorf(glovebox.CodeInternal, "DuckDB sees other rows than the splitter, after row %d", l.report.Rows)
	}
	flush(1 << 62)
	return nil
}

// batch takes in one batch of checked rows. where is called for every row, in
// order.
func (l *loader) batch(b arrow.RecordBatch, where func(int) source.Place) error {
	why, ok1 := b.Column(0).(*array.Int32)
	rule, ok2 := b.Column(1).(*array.Int32)
	if !ok1 || !ok2 || int(b.NumCols()) != len(l.ds.Columns)+2 {
		return glovebox.Errorf(glovebox.CodeInternal, "the check query returned other columns")
	}
	cols := b.Columns()[2:]
	for i, c := range l.ds.Columns {
		if !arrow.TypeEqual(cols[i].DataType(), column.ArrowTypes[c.Type]) {
			return glovebox.Errorf(glovebox.CodeInternal, "the check query returned another type for column %s", c.Name)
		}
		if l.ids[i] != nil {
			l.ids[i].normalise(cols[i])
		}
	}
	for _, p := range l.touched {
		l.pick[p] = l.pick[p][:0]
	}
	l.touched = l.touched[:0]
	shift := 32 - bits.Len(uint(l.o.Parts-1))
	for i := range int(b.NumRows()) {
		at := where(i)
		name, reason := l.judge(cols, i, why.Value(i), rule.Value(i))
		for _, id := range l.ids {
			if id != nil {
				id.append(i, reason == "")
			}
		}
		if reason != "" {
			from := name
			if c, ok := l.ds.Column(name); ok && reason != source.ReasonQuality {
				from = c.SourceName()
			}
			l.report.reject(at, name, from, reason)
			continue
		}
		l.report.accept(at)
		p := int(uint64(binary.BigEndian.Uint32(l.unitID.last())) >> shift)
		if len(l.pick[p]) == 0 {
			l.touched = append(l.touched, p)
		}
		l.pick[p] = append(l.pick[p], int32(i))
		size := l.rowBytes(cols, i)
		l.loose += size
		if l.partBytes[p] += size; l.partBytes[p] > maxPartBytes {
			return glovebox.Errorf(glovebox.CodeInvalid, "a part has more than %d bytes", maxPartBytes).
				WithFix("load the dataset with more parts")
		}
	}
	return l.spread(cols)
}

// judge returns why a row is rejected, "" if it is not.
func (l *loader) judge(cols []arrow.Array, i int, why, rule int32) (column string, reason source.Reason) {
	if why != 0 {
		return source.DecodeWhy(why, l.ds.Columns)
	}
	for c, col := range cols {
		name := l.ds.Columns[c].Name
		if id := l.ids[c]; id != nil {
			if id.ids[i] == "" {
				if !l.ds.Columns[c].Nullable {
					return name, source.ReasonNull
				}
			} else if l.check[c] != nil && !l.check[c](id.ids[i]) {
				return name, source.ReasonFormat
			}
		} else if l.check[c] != nil && col.IsValid(i) && !l.check[c](col.(*array.String).Value(i)) {
			return name, source.ReasonFormat
		}
	}
	if rule != 0 {
		return l.ds.Quality[rule-1].Name, source.ReasonQuality
	}
	if l.keys != nil && !l.keys.add(l.keyBytes(cols, i)) {
		return "", source.ReasonDuplicate
	}
	return "", ""
}

// keyBytes returns an unambiguous encoding of a row's key. Missing values are
// equal to one another.
func (l *loader) keyBytes(cols []arrow.Array, i int) []byte {
	l.keyBuf = l.keyBuf[:0]
	for _, c := range l.key {
		if id := l.ids[c]; id != nil {
			l.keyBuf = binary.LittleEndian.AppendUint32(l.keyBuf, uint32(len(id.ids[i])))
			l.keyBuf = append(l.keyBuf, id.ids[i]...)
		} else {
			l.keyBuf = column.AppendValue(l.keyBuf, cols[c], i)
		}
	}
	return l.keyBuf
}

func (l *loader) rowBytes(cols []arrow.Array, i int) int64 {
	n := l.fixed
	for _, s := range l.stored {
		if s.isText {
			n += int64(cols[s.from].(*array.String).ValueLen(i))
		}
	}
	return n
}

// spread appends the picked rows of a batch to their parts.
func (l *loader) spread(cols []arrow.Array) error {
	fields := make([]arrow.Array, 1+len(l.stored))
	tok := make([]arrow.Array, len(l.ids))
	for i, id := range l.ids {
		if id != nil {
			tok[i] = id.tokens.NewArray()
			defer tok[i].Release()
			if id == l.unitID {
				fields[0] = tok[i]
			}
		}
	}
	for i, s := range l.stored {
		fields[i+1] = cols[s.from]
		if !s.kept && l.ids[s.from] != nil {
			fields[i+1] = tok[s.from]
		}
	}
	for _, p := range l.touched {
		for i, f := range fields {
			column.Append(l.parts[p].rb.Field(i), f, l.pick[p])
		}
	}
	return nil
}

// makeRoom compresses what was taken in once it is a quarter of the memory.
func (l *loader) makeRoom() error {
	if l.loose < l.o.Memory/4 {
		return nil
	}
	l.loose, l.packed = 0, 0
	for _, p := range l.parts {
		if err := p.pack(l.o.Allocator); err != nil {
			return err
		}
		for _, b := range p.packed {
			l.packed += int64(len(b))
		}
	}
	if l.keys != nil {
		l.packed += l.keys.bytes()
	}
	if l.packed > l.o.Memory/2 {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file needs more memory than the load may use, %d bytes", l.o.Memory).
			WithFix("raise the memory limit; data never spills to a disk")
	}
	return nil
}
