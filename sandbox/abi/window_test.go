package abi

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

var tokenType = &arrow.FixedSizeBinaryType{ByteWidth: 16}

// record builds a batch and releases it when the test ends.
func record(t testing.TB, a memory.Allocator, s *arrow.Schema, fill func(*array.RecordBuilder)) arrow.RecordBatch {
	b := array.NewRecordBuilder(a, s)
	defer b.Release()
	fill(b)
	r := b.NewRecordBatch()
	t.Cleanup(r.Release)
	return r
}

func checked(t testing.TB) memory.Allocator {
	a := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { a.AssertSize(t, 0) })
	return a
}

// smallManifest is the module of TestWindowBytes.
func smallManifest() *Manifest {
	return &Manifest{Pages: 1, Fuel: 1, Functions: []Function{{
		Name: "f", Kind: KindMap,
		Inputs: []Table{{Name: "in", MaxRows: 9, Columns: []Column{
			{"name", glovebox.String, true}, {"n", glovebox.Int32, false}, {"ok", glovebox.Bool, true}}}},
		References: []Table{{Name: "ref", MaxRows: 5, Columns: []Column{{"w", glovebox.Int64, false}}}},
		Params:     []Param{{"limit", "float64", nil}, {"label", "string", "default"}, {"on", "bool", true}},
		Output:     Output{Key: []KeyField{{"k", glovebox.String, 5}}, Metrics: []string{"m", "n"}, MaxRecords: 3},
	}}}
}

var smallSchema = arrow.NewSchema([]arrow.Field{{Name: UnitColumn, Type: tokenType}, {Name: "n", Type: arrow.PrimitiveTypes.Int32},
	{Name: "ok", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}, {Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

var refSchema = arrow.NewSchema([]arrow.Field{{Name: "w", Type: arrow.PrimitiveTypes.Int64, Nullable: false}}, nil)

func smallBinding(t testing.TB, a memory.Allocator) *Binding {
	return &Binding{
		Inputs: []InputBinding{{Name: "in", Schema: smallSchema, MaxRows: 4, MaxBytes: map[string]int{"name": 6}}},
		Params: map[string]any{"limit": 2.5},
		References: map[string]arrow.RecordBatch{"ref": record(t, a, refSchema, func(b *array.RecordBuilder) {
			b.Field(0).(*array.Int64Builder).AppendValues([]int64{7, -1}, nil)
		})},
	}
}

// smallBatch has five rows: ab/10/true, (null)/11/false, ""/12/null, xyz/13/true, q/14/null.
func smallBatch(t testing.TB, a memory.Allocator) arrow.RecordBatch {
	return record(t, a, smallSchema, func(b *array.RecordBuilder) {
		for range 5 {
			b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		}
		b.Field(1).(*array.Int32Builder).AppendValues([]int32{10, 11, 12, 13, 14}, nil)
		b.Field(2).(*array.BooleanBuilder).AppendValues([]bool{true, false, true, true, true}, []bool{true, true, false, true, false})
		b.Field(3).(*array.StringBuilder).AppendValues([]string{"ab", "hidden", "", "xyz", "q"}, []bool{true, false, true, true, true})
	})
}

// TestWindowBytes holds a whole window against docs/formats/guest-abi.md, byte
// by byte, written out by hand from that page.
func TestWindowBytes(t *testing.T) {
	a := checked(t)
	p, err := NewPlan(smallManifest(), smallBinding(t, a))
	if err != nil {
		t.Fatal(err)
	}
	want := make(page, 832)
	// Header: minor, inputs, references, params, where they are, rows, bytes,
	// max_records, record_bytes: a key of 5 padded to 8, two metrics.
	want.text(0, "GBX1")
	want.u32(4, 0, 1, 1, 3, 64, 128, 320, 3, 832, 3, 24)
	// Directory: in has 3 rows and 3 columns from 0, ref 2 rows and 1 column from 3.
	want.u32(64, 3, 3, 0, 0)
	want.u32(80, 2, 1, 3, 0)
	// Descriptors: type, flags, length, null_count, validity, offsets, data, data_len.
	want.u32(128, 1, 1, 3, 1, 384, 448, 512, 3)
	want.u32(176, 2, 0, 3, 0, 0, 0, 576, 12)
	want.u32(224, 5, 1, 3, 1, 640, 0, 704, 1)
	want.u32(272, 3, 0, 2, 0, 0, 0, 768, 16)
	// Parameters: 2.5, a text at 368 of 7 bytes, true.
	want.u32(320, 0, 0x40040000, 4, 0)
	want.u32(336, 368, 7, 1, 0)
	want.u32(352, 1, 0, 5, 0)
	want.text(368, "default")
	// name: missing, empty, xyz. The text under the missing one is not there.
	want.u32(384, 0b110)
	want.u32(448, 0, 0, 0, 3)
	want.text(512, "xyz")
	want.u32(576, 11, 12, 13)
	// ok: false, missing, true. The bit under the missing one is not there.
	want.u32(640, 0b101)
	want.u32(704, 0b100)
	want.u32(768, 7, 0, 0xffffffff, 0xffffffff)

	window := make([]byte, p.InBytes())
	w := p.NewWriter()
	if err := w.Static(window); err != nil {
		t.Fatal(err)
	}
	still := bytes.Clone(window)
	batch := smallBatch(t, a)
	if rows, fits, err := w.Unit(window, [][]Span{{{batch, 1, 4}}}); rows != 3 || !fits || err != nil {
		t.Fatalf("%d rows, %v, %v", rows, fits, err)
	}
	if !bytes.Equal(window, want) {
		t.Fatalf("got\n%swant\n%s", hex.Dump(window), hex.Dump(want))
	}
	if p.OutBytes() != 16+3*24 {
		t.Errorf("output of %d bytes", p.OutBytes())
	}
	// A writer that has written another unit writes this one alike.
	again := bytes.Clone(still)
	if _, _, err := w.Unit(again, [][]Span{{{batch, 0, 2}, {batch, 3, 5}}}); err != nil {
		t.Fatal(err)
	}
	copy(again, still)
	if _, _, err := w.Unit(again, [][]Span{{{batch, 1, 2}, {batch, 2, 2}, {batch, 2, 4}}}); err != nil || !bytes.Equal(again, want) {
		t.Fatalf("written in three spans, after another unit: %v\n%s", err, hex.Dump(again))
	}
}

// TestWindowSpans writes units cut from batches that have, and have not, a
// validity bitmap, and reads them back as an independent reader would.
func TestWindowSpans(t *testing.T) {
	a := checked(t)
	p, err := NewPlan(smallManifest(), smallBinding(t, a))
	if err != nil {
		t.Fatal(err)
	}
	some := smallBatch(t, a)
	cut := some.NewSlice(1, 5)
	defer cut.Release()
	// The same rows 0, 3, 4 without any missing value, and without bitmaps.
	none := func() arrow.RecordBatch {
		raw := func(typ arrow.DataType, n int, bufs ...[]byte) arrow.Array {
			list := []*memory.Buffer{nil}
			for _, b := range bufs {
				list = append(list, memory.NewBufferBytes(b))
			}
			d := array.NewData(typ, n, list, nil, 0, 0)
			defer d.Release()
			return array.MakeFromData(d)
		}
		cols := []arrow.Array{
			raw(tokenType, 3, make([]byte, 48)),
			raw(arrow.PrimitiveTypes.Int32, 3, arrow.Int32Traits.CastToBytes([]int32{10, 13, 14})),
			raw(arrow.FixedWidthTypes.Boolean, 3, []byte{0b11111011}),
			raw(arrow.BinaryTypes.String, 3, arrow.Int32Traits.CastToBytes([]int32{0, 2, 5, 6}), []byte("abxyzq")),
		}
		r := array.NewRecordBatch(smallSchema, cols, 3)
		for _, c := range cols {
			c.Release()
		}
		return r
	}()
	defer none.Release()
	for _, x := range []struct {
		spans []Span
		want  string
	}{
		{nil, ""},
		{[]Span{{none, 0, 3}}, "ab 10 true, xyz 13 true, q 14 false"},
		{[]Span{{some, 0, 2}, {none, 1, 3}}, "ab 10 true, - 11 false, xyz 13 true, q 14 false"},
		{[]Span{{none, 2, 3}, {some, 1, 3}, {none, 0, 1}}, "q 14 false, - 11 false,  12 -, ab 10 true"},
		{[]Span{{cut, 0, 4}}, "- 11 false,  12 -, xyz 13 true, q 14 -"},
		{[]Span{{cut, 1, 2}, {cut, 3, 4}}, " 12 -, q 14 -"},
		{[]Span{{some, 0, 5}, {none, 0, 3}}, "ab 10 true, - 11 false,  12 -, xyz 13 true"}, // max_rows is 4
	} {
		window := make([]byte, p.InBytes())
		w := p.NewWriter()
		if err := w.Static(window); err != nil {
			t.Fatal(err)
		}
		rows, fits, err := w.Unit(window, [][]Span{x.spans})
		if err != nil || !fits {
			t.Fatal(fits, err)
		}
		if got := readBack(window); got != x.want || rows != strings.Count(x.want, " 1") {
			t.Errorf("%d rows: got %q, want %q", rows, got, x.want)
		}
	}
}

// readBack reads the three columns of the small window.
func readBack(b []byte) string {
	u32 := func(at int) int { return int(le.Uint32(b[at:])) }
	cols := u32(24)
	field := func(col, i int) int { return u32(cols + 48*col + 4*i) }
	has := func(col, row int) bool {
		v := field(col, 4)
		return v == 0 || b[v+row/8]>>(row%8)&1 == 1
	}
	var rows []string
	for r := range u32(64) {
		s := "-"
		if has(0, r) {
			o := field(0, 5) + 4*r
			s = string(b[field(0, 6)+u32(o) : field(0, 6)+u32(o+4)])
		}
		ok := "-"
		if has(2, r) {
			ok = fmt.Sprint(b[field(2, 6)+r/8]>>(r%8)&1 == 1)
		}
		rows = append(rows, fmt.Sprintf("%s %d %s", s, u32(field(1, 6)+4*r), ok))
	}
	return strings.Join(rows, ", ")
}

// TestUnitErrors: what a host can do wrong is an error, not a bad window.
func TestUnitErrors(t *testing.T) {
	a := checked(t)
	p, err := NewPlan(smallManifest(), smallBinding(t, a))
	if err != nil {
		t.Fatal(err)
	}
	w := p.NewWriter()
	window := make([]byte, p.InBytes())
	if err := w.Static(window); err != nil {
		t.Fatal(err)
	}
	if err := p.NewWriter().Static(window[1:]); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("short window: %v", err)
	}
	batch := smallBatch(t, a)
	other := record(t, a, refSchema, func(b *array.RecordBuilder) { b.Field(0).(*array.Int64Builder).Append(1) })
	strict := smallManifest()
	strict.Functions[0].Inputs[0].Columns = strict.Functions[0].Inputs[0].Columns[1:2] // n, not nullable
	bind := smallBinding(t, a)
	bind.Inputs[0].Schema = arrow.NewSchema(smallSchema.Fields()[:2], nil)
	missing := record(t, a, bind.Inputs[0].Schema, func(b *array.RecordBuilder) {
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		b.Field(1).AppendNull()
	})
	for name, unit := range map[string][][]Span{
		"too many inputs": {nil, nil}, "no batch": {{{nil, 0, 1}}}, "past the end": {{{batch, 0, 6}}},
		"backwards": {{{batch, 3, 2}}}, "negative": {{{batch, -1, 2}}}, "another schema": {{{other, 0, 1}}},
	} {
		if _, fits, err := w.Unit(window, unit); fits || glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
	p2, err := NewPlan(strict, bind)
	if err != nil {
		t.Fatal(err)
	}
	w2, window2 := p2.NewWriter(), make([]byte, p2.InBytes())
	if err := w2.Static(window2); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w2.Unit(window2, [][]Span{{{missing, 0, 1}}}); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("missing value in a column that is not nullable: %v", err)
	}
	// A string over its bound is the unit's own failure, not the job's.
	long := record(t, a, smallSchema, func(b *array.RecordBuilder) {
		b.Field(0).(*array.FixedSizeBinaryBuilder).Append(make([]byte, 16))
		b.Field(1).(*array.Int32Builder).Append(1)
		b.Field(2).AppendNull()
		b.Field(3).(*array.StringBuilder).Append("seven b")
	})
	if _, fits, err := w.Unit(window, [][]Span{{{long, 0, 1}}}); fits || err != nil {
		t.Errorf("long string: %v, %v", fits, err)
	}
}

// page is a window written by hand.
type page []byte

func (p page) u32(at int, vs ...uint32) {
	for i, v := range vs {
		le.PutUint32(p[at+4*i:], v)
	}
}

func (p page) text(at int, s string) { copy(p[at:], s) }
