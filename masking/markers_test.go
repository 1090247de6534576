package masking

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// TestNoMarkerIsLeft plants markers in every place of a batch that a mask must
// not carry over (values, under nulls, outside the slice, metadata) and searches
// every byte of the masked buffers, spare capacity included. The allocator hands
// out memory that holds a marker already.
func TestNoMarkerIsLeft(t *testing.T) {
	const marker = "MARKER"
	checked := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer checked.AssertSize(t, 0)
	mem := planted{checked, []byte(marker)}
	number := int64(0x52454b52414d) // MARKER in little-endian bytes
	text := "x" + marker + "y"
	token := marker + "1234567890"

	s := array.NewStringBuilder(mem)
	f := array.NewFixedSizeBinaryBuilder(mem, tokenType)
	l := array.NewInt64Builder(mem)
	d := array.NewFloat64Builder(mem)
	for range 6 {
		s.Append(text)
		f.Append([]byte(token))
		l.Append(number)
		d.Append(math.Float64frombits(uint64(number)))
	}
	build := func(b array.Builder) arrow.Array {
		defer b.Release()
		a := b.NewArray()
		defer a.Release()
		// A null in row 2, its bytes left as they were.
		null := memory.NewBufferBytes([]byte{0b111011})
		data := array.NewData(a.DataType(), a.Len(), append([]*memory.Buffer{null}, a.Data().Buffers()[1:]...), nil, 1, 0)
		defer data.Release()
		return array.MakeFromData(data)
	}
	arrs := []arrow.Array{build(s), build(f), build(l), build(d)}
	meta := arrow.NewMetadata([]string{"max"}, []string{marker})
	var fields []arrow.Field
	var cols []arrow.Array
	masks := map[string]glovebox.Mask{}
	kinds := map[arrow.Type][]glovebox.Mask{
		arrow.STRING:            {{Kind: Token, Shared: true}, {Kind: Redact}, {Kind: Redact, KeepFirst: 1, KeepLast: 1}, {Kind: FPE, Form: FormDigits, Shared: true}, {Kind: Redact, Form: FormResident}, {Kind: Constant, Value: "z"}, {Kind: Generalise, Groups: []glovebox.MaskGroup{{Label: "a", Values: []string{"b"}}}}, {Kind: Suppress}},
		arrow.FIXED_SIZE_BINARY: {{Kind: Token, Shared: true}, {Kind: Suppress}},
		arrow.INT64:             {{Kind: Token, Shared: true}, {Kind: Generalise, Step: 1 << 40}, {Kind: Clip, High: "7"}, {Kind: Suppress}},
		arrow.FLOAT64:           {{Kind: Generalise, Step: 1e6}, {Kind: Suppress}},
	}
	for _, a := range arrs {
		for i, m := range kinds[a.DataType().ID()] {
			name := fmt.Sprintf("%s%d", a.DataType().Name(), i)
			masks[name] = m
			fields = append(fields, arrow.Field{Name: name, Type: a.DataType(), Nullable: true, Metadata: meta})
			cols = append(cols, a)
		}
	}
	whole := array.NewRecordBatch(arrow.NewSchema(fields, &meta), cols, 6)
	for _, a := range arrs {
		a.Release()
	}
	defer whole.Release()
	rec := whole.NewSlice(1, 4)
	defer rec.Release()
	tr, err := Compile(rec.Schema(), masks, &Options{TokenKey: testKey(1), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	out, err := tr.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	if !strings.Contains(rec.Schema().String(), marker) || strings.Contains(out.Schema().String(), marker) {
		t.Errorf("schema %s", out.Schema())
	}
	found := func(a arrow.Array) bool {
		for _, b := range a.Data().Buffers() {
			if b != nil && bytes.Contains(b.Buf(), []byte(marker)) {
				return true
			}
		}
		return false
	}
	for i, c := range out.Columns() {
		if !found(rec.Column(i)) {
			t.Errorf("the marker was not planted in %s", out.ColumnName(i))
		}
		if found(c) {
			t.Errorf("%s (%+v) holds the marker", out.ColumnName(i), masks[out.ColumnName(i)])
		}
		if c.Data().Offset() != 0 || c.Len() != 3 {
			t.Errorf("%s is a slice of something larger", out.ColumnName(i))
		}
	}
}

// planted hands out memory that is full of a marker.
type planted struct {
	memory.Allocator
	marker []byte
}

func (p planted) Allocate(n int) []byte {
	b := p.Allocator.Allocate(n)
	for i := 0; i < len(b); i += len(p.marker) {
		copy(b[i:], p.marker)
	}
	return b
}

func (p planted) Reallocate(n int, b []byte) []byte {
	out := p.Allocate(n)
	copy(out, b)
	p.Free(b)
	return out
}
