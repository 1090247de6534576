package source

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// pieceBytes is the size of a piece of rows that were typed here, and pieceRows
// how many it has at most.
const (
	pieceBytes = 4 << 20
	pieceRows  = 1 << 16
)

// Numbers of reasons in whyReasons, as a piece holds them beside its values.
const (
	whyType    = 5
	whyRounded = 9
)

// Pieces turns rows of fields into pieces of typed values for the check query,
// with what is wrong with each: files whose values are written in other ways
// than a type's own go through it, and all forms that DuckDB does not read.
type Pieces struct {
	cols    []glovebox.Column
	parsers []*value.Parser
	null    []string
	values  []array.Builder
	why     []*array.Int8Builder
	typ     *arrow.StructType
	bytes   int
	n       int
	// tap, if set, gets the rows in place of the builder; false: no more.
	tap  func([]*rows.Field) bool
	done bool
}

// NewPieces makes the builder of pieces for a record's columns. null are the
// texts that mean "no value".
func NewPieces(cols []glovebox.Column, null []string) (*Pieces, RawSource, error) {
	p, raw := &Pieces{cols: cols, null: null}, RawSource{}
	var fields []arrow.Field
	for i, c := range cols {
		parser, err := value.Compile(c)
		if err != nil {
			return nil, raw, Invalid(fmt.Sprintf("columns[%d].written", i), "%s", err)
		}
		p.parsers = append(p.parsers, parser)
		t := column.ArrowTypes[c.Type.Plain()]
		p.values = append(p.values, array.NewBuilder(memory.DefaultAllocator, t))
		p.why = append(p.why, array.NewInt8Builder(memory.DefaultAllocator))
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("f%d", i), Type: t, Nullable: true}, arrow.Field{Name: fmt.Sprintf("b%d", i), Type: arrow.PrimitiveTypes.Int8})
		raw.cols = append(raw.cols, rawColumn{expr: fmt.Sprintf("r.f%d", i), typed: true, why: fmt.Sprintf("r.b%d", i)})
	}
	p.typ = arrow.StructOf(fields...)
	return p, raw, nil
}

// full says whether the piece is large enough.
func (p *Pieces) full() bool { return p.done || p.bytes >= pieceBytes || p.n >= pieceRows }

// add adds a row: its fields in the order of the record's columns.
func (p *Pieces) add(c *Chunk, at Position, fields []*rows.Field) {
	if p.tap != nil {
		p.done = !p.tap(fields)
		return
	}
	for i, f := range fields {
		if f.Kind == rows.Garbled {
			c.Bad = append(c.Bad, badRow{at, ReasonEncoding, p.cols[i].Name, p.cols[i].SourceName()})
			return
		}
	}
	for i, f := range fields {
		why := int8(0)
		var v value.Value
		missing := f.Kind == rows.Text && p.isNull(f.Text)
		if !missing {
			var fault value.Fault
			v, missing, fault = rows.Cell(p.parsers[i], &p.cols[i], f)
			switch {
			case fault == value.Rounded && v.T != nil: // a text: it is judged with the formats
			case fault == value.Rounded:
				why = whyRounded
			case fault == value.Type:
				why = whyType
			}
		}
		p.why[i].Append(why)
		if missing || why != 0 {
			p.values[i].AppendNull()
			continue
		}
		p.bytes += 8 + len(v.T)
		switch b := p.values[i].(type) {
		case *array.StringBuilder:
			b.BinaryBuilder.Append(p.fit(i, v.T))
		case *array.Int32Builder:
			b.Append(int32(v.I))
		case *array.Int64Builder:
			b.Append(v.I)
		case *array.Float64Builder:
			b.Append(v.F)
		case *array.BooleanBuilder:
			b.Append(v.I != 0)
		case *array.Date32Builder:
			b.Append(arrow.Date32(v.I))
		}
	}
	p.n++
	c.Rows = append(c.Rows, at)
}

// fit returns a text that is worth copying: one that is longer than any that is
// right stands shorter, and is too long still.
func (p *Pieces) fit(i int, t []byte) []byte {
	most := MaxBytes(p.cols[i])
	if len(t) <= most {
		return t
	}
	if p.cols[i].Class == glovebox.ClassIdentifier {
		t = bytes.TrimSpace(t)
	}
	if len(t) > most {
		return bytes.Repeat([]byte("x"), most+1)
	}
	return t
}

func (p *Pieces) isNull(t []byte) bool {
	for _, n := range p.null {
		if string(t) == n {
			return true
		}
	}
	return false
}

// Take returns what was added since it was called last, nil if nothing was; the
// caller releases it.
func (p *Pieces) Take() (*array.Struct, error) {
	if p.n == 0 {
		return nil, nil
	}
	var list []arrow.Array
	for i := range p.values {
		list = append(list, p.values[i].NewArray(), p.why[i].NewArray())
	}
	p.bytes, p.n = 0, 0
	s, err := array.NewStructArrayWithFields(list, p.typ.Fields())
	for _, a := range list {
		a.Release()
	}
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot hand rows to DuckDB")
	}
	return s, nil
}

// Release frees what was not taken.
func (p *Pieces) Release() {
	for i := range p.values {
		p.values[i].Release()
		p.why[i].Release()
	}
}
