package abi

import (
	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
)

// typeCode is the number of a column's or parameter's type in the window.
type typeCode uint32

const (
	typeNone typeCode = iota
	typeString
	typeInt32
	typeInt64
	typeFloat64
	typeBool
	typeDate
	typeToken
)

var typeNames = [...]glovebox.Type{"an unsupported type", glovebox.String, glovebox.Int32, glovebox.Int64,
	glovebox.Float64, glovebox.Bool, glovebox.Date, glovebox.Token}

func (t typeCode) String() string { return string(typeNames[t]) }

// width is the bytes of one value; 0 for strings and bools.
func (t typeCode) width() int { return [...]int{0, 0, 4, 8, 8, 0, 4, 16}[t] }

func typeOfName(t glovebox.Type) typeCode {
	for i, n := range typeNames {
		if n == t {
			return typeCode(i)
		}
	}
	return typeNone
}

func typeOf(t arrow.DataType) typeCode {
	switch t.ID() {
	case arrow.STRING:
		return typeString
	case arrow.INT32:
		return typeInt32
	case arrow.INT64:
		return typeInt64
	case arrow.FLOAT64:
		return typeFloat64
	case arrow.BOOL:
		return typeBool
	case arrow.DATE32:
		return typeDate
	case arrow.FIXED_SIZE_BINARY:
		if f, ok := t.(*arrow.FixedSizeBinaryType); ok && f.ByteWidth == 16 {
			return typeToken
		}
	}
	return typeNone
}

// Sizes of the parts of an input window.
const (
	Align       = 64
	headerBytes = 64
	tableBytes  = 16
	columnBytes = 48
	paramBytes  = 16

	magic = "GBX1"

	flagNullable = 1 // of a column: declared nullable
)

// layout says where the parts of a window lie, relative to its start.
type layout struct {
	tables, columns, params, strings int
	prefix                           int // end of header, directory, descriptors, parameters
	unit, unitCap                    int // the unit's buffers, those of units first
	bounds                           int // of one input: where units begin; 0 unless of kind blocks
	refs                             int // the reference tables' buffers
	total                            int
	nColumns                         int
}

func align(n int) int { return (n + Align - 1) &^ (Align - 1) }

// capacity is how many bytes the buffers of rows of a column take at most.
func (c *column) capacity(rows int) int {
	n := 0
	if c.nullable {
		n += align((rows + 7) / 8)
	}
	switch c.typ {
	case typeString:
		return n + align(4*(rows+1)) + align(rows*c.maxBytes)
	case typeBool:
		return n + align((rows+7)/8)
	}
	return n + align(rows*c.typ.width())
}

// place lays out the window and checks that both regions fit the memory that
// the manifest asks for.
func (p *Plan) place(m *Manifest) error {
	l := &p.layout
	for _, list := range [][]table{p.inputs, p.refs} {
		for i := range list {
			l.nColumns += len(list[i].columns)
		}
	}
	l.tables = headerBytes
	l.columns = align(l.tables + tableBytes*(len(p.inputs)+len(p.refs)))
	l.params = l.columns + columnBytes*l.nColumns
	l.strings = l.params + paramBytes*len(p.params)
	l.prefix = l.strings
	for _, v := range p.params {
		if s, ok := v.(string); ok {
			l.prefix += len(s)
		}
	}
	l.unit = align(l.prefix)
	if p.Function.Blocks() {
		l.bounds = align(4 * (p.Function.MaxUnits + 1))
		l.unitCap = l.bounds * len(p.inputs)
	}
	for i := range p.inputs {
		if p.Scalar() {
			break // its rows never lie in the window
		}
		for j := range p.inputs[i].columns {
			l.unitCap += p.inputs[i].columns[j].capacity(p.inputs[i].maxRows)
		}
	}
	l.refs = l.unit + l.unitCap
	l.total = l.refs
	for i := range p.refs {
		for j := range p.refs[i].columns {
			c := &p.refs[i].columns[j]
			l.total += referenceBytes(c, p.batches[i])
		}
	}
	if room := m.Pages * pageBytes; l.total+p.OutBytes() > room {
		e := glovebox.Errorf(glovebox.CodeInvalid, "the input window of %d bytes and the output of %d do not fit the module's memory of %d pages",
			l.total, p.OutBytes(), m.Pages)
		e.Field = "pages"
		return e.WithFix("raise pages, or lower max_rows, max_units or max_records, in the module's manifest")
	}
	return nil
}

const pageBytes = 64 << 10

// referenceBytes is how many bytes the buffers of a reference column take.
func referenceBytes(c *column, batch arrow.RecordBatch) int {
	rows := int(batch.NumRows())
	if c.typ != typeString {
		return c.capacity(rows)
	}
	d := *c
	d.maxBytes = 0
	v := viewOf(batch.Column(c.source))
	return d.capacity(rows) + align(v.stringBytes(0, rows))
}

// InBytes is the size of the input window.
func (p *Plan) InBytes() int { return p.layout.total }

// OutBytes is the size of the output region.
func (p *Plan) OutBytes() int {
	if p.Scalar() {
		return outHeader
	}
	return outHeader + p.Function.Output.MaxRecords*p.Records.Size()
}
