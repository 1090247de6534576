package masking

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
)

func TestSchema(t *testing.T) {
	fsb := tokenType
	meta := arrow.NewMetadata([]string{"min"}, []string{"110101199003070033"})
	in := arrow.NewSchema([]arrow.Field{
		{Name: UnitColumn, Type: fsb, Metadata: meta},
		{Name: "id", Type: fsb},
		{Name: "name", Type: arrow.BinaryTypes.String, Metadata: meta},
		{Name: "phone", Type: arrow.BinaryTypes.String},
		{Name: "born", Type: arrow.FixedWidthTypes.Date32},
		{Name: "n32", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "n64", Type: arrow.PrimitiveTypes.Int64},
		{Name: "f", Type: arrow.PrimitiveTypes.Float64},
		{Name: "b", Type: arrow.FixedWidthTypes.Boolean},
	}, &meta)
	tr, err := Compile(in, map[string]glovebox.Mask{
		"id": {Kind: Token, Shared: true}, "name": {Kind: Redact}, "phone": {Kind: Token, Shared: true}, "born": {Kind: Generalise, To: "year"},
		"n32": {Kind: Token, Shared: true}, "n64": {Kind: Generalise, Step: 5}, "f": {Kind: None}, "b": {Kind: Suppress},
	}, &Options{TokenKey: testKey(1)})
	if err != nil {
		t.Fatal(err)
	}
	want := arrow.NewSchema([]arrow.Field{
		{Name: UnitColumn, Type: fsb},
		{Name: "id", Type: fsb},
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "phone", Type: fsb},
		{Name: "born", Type: arrow.FixedWidthTypes.Date32},
		{Name: "n32", Type: fsb, Nullable: true},
		{Name: "n64", Type: arrow.PrimitiveTypes.Int64},
		{Name: "f", Type: arrow.PrimitiveTypes.Float64},
		{Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	}, nil)
	if got := tr.Schema(); !got.Equal(want) || got.HasMetadata() || got.Field(0).HasMetadata() || got.Field(2).HasMetadata() {
		t.Errorf("got %s", got)
	}
}

func TestImpossibleMasks(t *testing.T) {
	types := map[string]arrow.DataType{
		"s": arrow.BinaryTypes.String, "i": arrow.PrimitiveTypes.Int32, "l": arrow.PrimitiveTypes.Int64,
		"f": arrow.PrimitiveTypes.Float64, "b": arrow.FixedWidthTypes.Boolean, "d": arrow.FixedWidthTypes.Date32,
		"t": tokenType, "wide": &arrow.FixedSizeBinaryType{ByteWidth: 32}, "dict": &arrow.DictionaryType{
			IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String,
		}, "view": arrow.BinaryTypes.StringView, UnitColumn: tokenType,
	}
	for _, c := range []struct {
		column string
		mask   glovebox.Mask
		says   string
	}{
		{"s", glovebox.Mask{Kind: Generalise, Step: 1}, "groups"},
		{"i", glovebox.Mask{Kind: Redact}, "none, token, generalise, clip, suppress"},
		{"f", glovebox.Mask{Kind: Token, Shared: true}, "none, generalise, clip, suppress"},
		{"b", glovebox.Mask{Kind: Generalise, To: "year"}, "none, suppress"},
		{"d", glovebox.Mask{Kind: Token, Shared: true}, "none, generalise, clip, suppress"},
		{"t", glovebox.Mask{Kind: Redact, KeepFirst: 1}, "none, token, suppress"},
		{"s", glovebox.Mask{Kind: "blur"}, "none, token, fpe, redact, generalise, constant, suppress"},
		{"s", glovebox.Mask{}, "none, token, fpe, redact, generalise, constant, suppress"},
		{"s", glovebox.Mask{Kind: Redact, KeepFirst: -1}, "0 to 64"},
		{"s", glovebox.Mask{Kind: Redact, KeepLast: 65}, "0 to 64"},
		{"i", glovebox.Mask{Kind: Generalise}, "step"},
		{"i", glovebox.Mask{Kind: Generalise, Step: 0.5}, "step"},
		{"l", glovebox.Mask{Kind: Generalise, Step: -5}, "step"},
		{"l", glovebox.Mask{Kind: Generalise, Step: 1 << 54}, "step"},
		{"l", glovebox.Mask{Kind: Generalise, Step: math.NaN()}, "step"},
		{"f", glovebox.Mask{Kind: Generalise, Step: math.Inf(1)}, "step"},
		{"f", glovebox.Mask{Kind: Generalise, To: "year"}, "step"},
		{"d", glovebox.Mask{Kind: Generalise, Step: 10}, "year, quarter or month"},
		{"d", glovebox.Mask{Kind: Generalise, To: "week"}, "year, quarter or month"},
		{"s", glovebox.Mask{Kind: FPE, Shared: true}, "no form"},
		{"s", glovebox.Mask{Kind: FPE, Shared: true, Form: "name"}, "no form"},
		{"s", glovebox.Mask{Kind: FPE, Shared: true, Form: FormMobile, Check: CheckValid}, "check"},
		{"s", glovebox.Mask{Kind: FPE, Shared: true, Form: FormResident, Check: "none"}, "check"},
		{"s", glovebox.Mask{Kind: FPE, Shared: true, Form: FormResident, KeepFirst: 12}, "fewer than 1000000"},
		{"s", glovebox.Mask{Kind: FPE, Shared: true, Form: FormDigits, KeepFirst: 65}, "0 to 64"},
		{"s", glovebox.Mask{Kind: Redact, Form: FormMobile}, "no form"},
		{"s", glovebox.Mask{Kind: Constant}, "value"},
		{"s", glovebox.Mask{Kind: Generalise, Groups: []glovebox.MaskGroup{{Label: "a", Values: []string{"x"}}, {Label: "b", Values: []string{"x"}}}}, "groups"},
		{"s", glovebox.Mask{Kind: Token, Shared: true, Hash: "md5"}, "sm3"},
		{"i", glovebox.Mask{Kind: Clip}, "bound"},
		{"i", glovebox.Mask{Kind: Clip, Low: "5", High: "4"}, "bound"},
		{"i", glovebox.Mask{Kind: Clip, Low: "3000000000"}, "bound"},
		{"f", glovebox.Mask{Kind: Clip, Low: "NaN"}, "bound"},
		{"d", glovebox.Mask{Kind: Clip, High: "2024-02-30"}, "bound"},
		{"wide", glovebox.Mask{Kind: None}, "no dataset has"},
		{"dict", glovebox.Mask{Kind: None}, "no dataset has"},
		{"view", glovebox.Mask{Kind: None}, "no dataset has"},
		{UnitColumn, glovebox.Mask{Kind: None}, "takes no mask"},
	} {
		schema := arrow.NewSchema([]arrow.Field{{Name: c.column, Type: types[c.column]}}, nil)
		_, err := Compile(schema, map[string]glovebox.Mask{c.column: c.mask}, &Options{TokenKey: testKey(1)})
		var e *glovebox.Error
		if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid || e.Field != c.column || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%s %+v: %v", c.column, c.mask, err)
		}
	}
	one := arrow.NewSchema([]arrow.Field{{Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	twice := arrow.NewSchema([]arrow.Field{one.Field(0), one.Field(0)}, nil)
	none := glovebox.Mask{Kind: None}
	for name, c := range map[string]struct {
		schema *arrow.Schema
		masks  map[string]glovebox.Mask
		field  string
	}{
		"no mask":   {one, nil, "s"},
		"no column": {one, map[string]glovebox.Mask{"s": none, "x": none}, "x"},
		"twice":     {twice, map[string]glovebox.Mask{"s": none}, "s"},
	} {
		_, err := Compile(c.schema, c.masks, nil)
		var e *glovebox.Error
		if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid || e.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Compile(one, map[string]glovebox.Mask{"s": {Kind: Token, Shared: true}}, nil); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("tokens without a key: %v", err)
	}
}

// TestPolicyHasTheSameList compares the masks that fit a type with those that the
// policy library lets pass.
func TestPolicyHasTheSameList(t *testing.T) {
	source, err := os.ReadFile("../policy/rego/tables.rego")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(source), "fits := {")
	if !ok {
		t.Fatal("the policy has no list")
	}
	table, _, _ = strings.Cut(table, "\n}")
	rows := regexp.MustCompile(`(?m)^\s*"([a-z0-9]+)": \{(.*)\},$`).FindAllStringSubmatch(table, -1)
	if len(rows) != len(fits) {
		t.Fatalf("the policy lists %d types, there are %d", len(rows), len(fits))
	}
	for _, r := range rows {
		got := strings.Split(strings.ReplaceAll(r[2], `"`, ""), ", ")
		if want := fits[glovebox.Type(r[1])]; !slices.Equal(got, want) {
			t.Errorf("%s: policy %v, masking %v", r[1], got, want)
		}
	}
}

func TestApplyRefusesOtherBatches(t *testing.T) {
	mem := checked(t)
	rec := batch(t, mem, col{"a", arrow.BinaryTypes.String, []any{"x"}}, col{"b", arrow.PrimitiveTypes.Int64, []any{1}})
	defer rec.Release()
	masks := map[string]glovebox.Mask{"a": {Kind: Token, Shared: true}, "b": {Kind: Token, Shared: true}}
	tr, err := Compile(rec.Schema(), masks, &Options{TokenKey: testKey(1), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]arrow.RecordBatch{
		"fewer":   batch(t, mem, col{"a", arrow.BinaryTypes.String, []any{"marker"}}),
		"renamed": batch(t, mem, col{"a", arrow.BinaryTypes.String, []any{"marker"}}, col{"c", arrow.PrimitiveTypes.Int64, []any{1}}),
		"retyped": batch(t, mem, col{"a", arrow.BinaryTypes.String, []any{"marker"}}, col{"b", arrow.PrimitiveTypes.Int32, []any{1}}),
	} {
		if _, err := tr.Apply(other); glovebox.CodeOf(err) != glovebox.CodeInternal || strings.Contains(err.Error(), "marker") {
			t.Errorf("%s: %v", name, err)
		}
		other.Release()
	}
}

// TestSlicesAndNulls masks every slice of a batch and compares with the slice of
// the masked batch: offsets, validity and lengths in every alignment.
func TestSlicesAndNulls(t *testing.T) {
	mem := checked(t)
	const n = 19
	cols := []col{
		{UnitColumn, tokenType, nil}, {"id", tokenType, nil}, {"name", arrow.BinaryTypes.String, nil},
		{"phone", arrow.BinaryTypes.String, nil}, {"i", arrow.PrimitiveTypes.Int32, nil}, {"l", arrow.PrimitiveTypes.Int64, nil},
		{"f", arrow.PrimitiveTypes.Float64, nil}, {"d", arrow.FixedWidthTypes.Date32, nil},
		{"gone", arrow.BinaryTypes.String, nil}, {"gone2", arrow.FixedWidthTypes.Boolean, nil}, {"same", arrow.FixedWidthTypes.Boolean, nil},
	}
	for i := range n {
		vs := []any{
			fmt.Sprintf("%016d", i), fmt.Sprintf("%016d", i+100), strings.Repeat("王", i%4) + "小明", fmt.Sprintf("138%08d", i),
			i*7 - 50, i*7 - 50, float64(i) * 1.7, fmt.Sprintf("19%d-0%d-1%d", 50+i, 1+i%9, i%9), "gone", true, i%3 == 0,
		}
		for j := range cols {
			if j > 0 && (i+j)%5 == 0 {
				vs[j] = nil
			}
			cols[j].vals = append(cols[j].vals, vs[j])
		}
	}
	rec := batch(t, mem, cols...)
	defer rec.Release()
	tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{
		"id": {Kind: Token, Shared: true}, "name": {Kind: Redact, KeepFirst: 1}, "phone": {Kind: Token, Shared: true}, "i": {Kind: Generalise, Step: 10},
		"l": {Kind: Token, Shared: true}, "f": {Kind: Generalise, Step: 2.5}, "d": {Kind: Generalise, To: "quarter"},
		"gone": {Kind: Suppress}, "gone2": {Kind: Suppress}, "same": {Kind: None},
	}, &Options{TokenKey: testKey(3), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := tr.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Release()
	if a, b := rec.Column(0), whole.Column(0); !array.Equal(a, b) {
		t.Error("the unit's column was touched")
	}
	for from := range n + 1 {
		for to := from; to <= n; to++ {
			in, want := rec.NewSlice(int64(from), int64(to)), whole.NewSlice(int64(from), int64(to))
			got, err := tr.Apply(in)
			if err != nil {
				t.Fatal(err)
			}
			if !array.RecordEqual(got, want) {
				t.Errorf("rows %d to %d:\n%v\n%v", from, to, got, want)
			}
			for i := range int(got.NumCols()) {
				if got.Column(i).NullN() != want.Column(i).NullN() {
					t.Errorf("rows %d to %d, column %d: %d nulls", from, to, i, got.Column(i).NullN())
				}
			}
			got.Release()
			in.Release()
			want.Release()
		}
	}
}

func TestNothingButNulls(t *testing.T) {
	for _, c := range []struct {
		typ  arrow.DataType
		mask glovebox.Mask
	}{
		{arrow.BinaryTypes.String, glovebox.Mask{Kind: Token, Shared: true}},
		{arrow.BinaryTypes.String, glovebox.Mask{Kind: Redact, KeepFirst: 1, KeepLast: 1}},
		{arrow.BinaryTypes.String, glovebox.Mask{Kind: Suppress}},
		{tokenType, glovebox.Mask{Kind: Token, Shared: true}},
		{arrow.PrimitiveTypes.Int32, glovebox.Mask{Kind: Generalise, Step: 3}},
		{arrow.PrimitiveTypes.Int64, glovebox.Mask{Kind: Token, Shared: true}},
		{arrow.PrimitiveTypes.Float64, glovebox.Mask{Kind: Generalise, Step: 3}},
		{arrow.FixedWidthTypes.Date32, glovebox.Mask{Kind: Generalise, To: "year"}},
		{arrow.FixedWidthTypes.Boolean, glovebox.Mask{Kind: Suppress}},
	} {
		for _, n := range []int{0, 1, 9} {
			if got := apply(t, col{"c", c.typ, make([]any, n)}, c.mask); !slices.Equal(got, make([]any, n)) {
				t.Errorf("%s %s: %v", c.typ, c.mask.Kind, got)
			}
		}
	}
	if got := apply(t, col{"c", arrow.FixedWidthTypes.Boolean, []any{true, false, nil}}, glovebox.Mask{Kind: Suppress}); !slices.Equal(got, make([]any, 3)) {
		t.Errorf("suppressed: %v", got)
	}
}

func TestReader(t *testing.T) {
	mem := checked(t)
	a := batch(t, mem, col{"name", arrow.BinaryTypes.String, []any{"王小明", nil}})
	b := batch(t, mem, col{"name", arrow.BinaryTypes.String, []any{"李四"}})
	defer a.Release()
	defer b.Release()
	from, err := array.NewRecordReader(a.Schema(), []arrow.RecordBatch{a, b})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := Compile(a.Schema(), map[string]glovebox.Mask{"name": {Kind: Redact, KeepFirst: 1}}, &Options{Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	r := tr.Reader(from)
	from.Release()
	r.Retain()
	r.Release()
	defer r.Release()
	var got []any
	for r.Next() {
		got = append(got, values(t, r.RecordBatch().Column(0))...)
		if r.Record() != r.RecordBatch() {
			t.Error("Record is another batch")
		}
	}
	if r.Err() != nil || !slices.Equal(got, []any{"王***", nil, "李***"}) || !r.Schema().Equal(tr.Schema()) {
		t.Errorf("%v %v", got, r.Err())
	}

	// A batch of another schema ends the reading with an error.
	other := batch(t, mem, col{"name", arrow.PrimitiveTypes.Int64, []any{1}})
	defer other.Release()
	bad, err := array.NewRecordReader(other.Schema(), []arrow.RecordBatch{other})
	if err != nil {
		t.Fatal(err)
	}
	r2 := tr.Reader(bad)
	bad.Release()
	defer r2.Release()
	if r2.Next() || glovebox.CodeOf(r2.Err()) != glovebox.CodeInternal || r2.Next() {
		t.Errorf("%v", r2.Err())
	}
}

func TestConcurrentApply(t *testing.T) {
	mem := checked(t)
	rec := batch(t, mem, col{"s", arrow.BinaryTypes.String, []any{"13812345678", nil, "x"}}, col{"t", tokenType, []any{"0123456789abcdef", "0123456789abcdee", nil}})
	defer rec.Release()
	tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"s": {Kind: Token, Shared: true}, "t": {Kind: Token, Shared: true}}, &Options{TokenKey: testKey(1), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	want, err := tr.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer want.Release()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				got, err := tr.Apply(rec)
				if err != nil || !array.RecordEqual(got, want) {
					t.Errorf("%v", err)
					return
				}
				got.Release()
			}
		})
	}
	wg.Wait()
}
