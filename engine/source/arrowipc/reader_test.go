package arrowipc

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

// table writes a batch of a field as a file or stream.
func table(t testing.TB, stream bool, types []arrow.DataType, json string, o ...ipc.Option) []byte {
	t.Helper()
	var fields []arrow.Field
	for i, typ := range types {
		fields = append(fields, arrow.Field{Name: string(rune('a' + i)), Type: typ, Nullable: true})
	}
	s := arrow.NewSchema(fields, nil)
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, s, strings.NewReader(json))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	var out bytes.Buffer
	o = append(o, ipc.WithSchema(s))
	if stream {
		w := ipc.NewWriter(&out, o...)
		err = errors.Join(w.Write(b), w.Close())
	} else {
		var w *ipc.FileWriter
		if w, err = ipc.NewFileWriter(&out, o...); err == nil {
			err = errors.Join(w.Write(b), w.Close())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readAll(b []byte) (out [][]rows.Field, err error) {
	r, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if row == nil || err != nil {
			return out, err
		}
		fields := make([]rows.Field, len(row.Fields))
		copy(fields, row.Fields)
		for i := range fields {
			fields[i].Text = bytes.Clone(fields[i].Text)
		}
		out = append(out, fields)
	}
}

func TestReader(t *testing.T) {
	types := []arrow.DataType{arrow.BinaryTypes.String, arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Boolean, arrow.FixedWidthTypes.Date32,
		&arrow.TimestampType{Unit: arrow.Nanosecond}, &arrow.TimestampType{Unit: arrow.Second, TimeZone: "UTC"}, &arrow.Decimal128Type{Precision: 20, Scale: 2},
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, arrow.ListOf(arrow.PrimitiveTypes.Int8)}
	const data = `[{"a": "还地桥镇", "b": 18446744073709551615, "c": 1.5, "d": true, "e": "2024-03-18", "f": "2024-03-18 09:30:00.000001", "g": "2024-03-18 01:30:00Z", "h": "123.45", "i": "x", "j": [1]},
		{"f": "2024-03-18 09:30:00.000000001"}]`
	for _, stream := range []bool{false, true} {
		for name, o := range map[string][]ipc.Option{"plain": nil, "zstd": {ipc.WithZstd()}, "lz4": {ipc.WithLZ4()}} {
			got, err := readAll(table(t, stream, types, data, o...))
			if err != nil || len(got) != 2 {
				t.Fatalf("%s: %d rows, %v", name, len(got), err)
			}
			want := []rows.Field{{Kind: rows.Text, Text: []byte("还地桥镇")}, {Kind: rows.Number, Text: []byte("18446744073709551615")}, {Kind: rows.Float, Float: 1.5}, {Kind: rows.Bool, Int: 1}, {Kind: rows.Day, Int: 19800},
				{Kind: rows.Time, Int: 1710754200000001}, {Kind: rows.Instant, Int: 1710725400000000}, {Kind: rows.Number, Text: []byte("123.45")}, {Kind: rows.Text, Text: []byte("x")}, {Kind: rows.Other}}
			for i, w := range want {
				f := got[0][i]
				if f.Kind != w.Kind || f.Int != w.Int || f.Float != w.Float || !bytes.Equal(f.Text, w.Text) {
					t.Errorf("%s: field %d is %+v, want %+v", name, i, f, w)
				}
				if k := got[1][i].Kind; k != rows.Missing && i != 5 || i == 5 && k != rows.Other {
					t.Errorf("%s: field %d of row 2 is of kind %d", name, i, k)
				}
			}
		}
	}
}

// body is where the values of a stream of one small batch lie: behind its schema
// and the batch's own head. Damage before it is the library's to notice, which
// takes memory as a hostile schema says: the jail's matter, not a test's.
func body(b []byte, secret string) int { return bytes.Index(b, []byte(secret)) - 128 }

// TestDamaged changes values and cuts files in every place: there are rows or an
// error of ours, and a file that is cut is always noticed.
func TestDamaged(t *testing.T) {
	const secret = "HIDDEN-VALUE"
	for _, stream := range []bool{false, true} {
		b := table(t, stream, []arrow.DataType{arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64}, `[{"a": "`+secret+`", "b": 1}, {"a": "y", "b": 2}]`)
		failed := 0
		for at := range b {
			if at >= body(b, secret) {
				bad := bytes.Clone(b)
				bad[at] ^= 0xff
				if _, err := readAll(bad); err != nil {
					if failed++; glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), secret) {
						t.Errorf("byte %d: %v", at, err)
					}
				}
			}
			if _, err := readAll(b[:at]); !stream && glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Errorf("a file cut after %d bytes: %v", at, err)
			}
		}
		if failed < 8 {
			t.Errorf("only %d changes were noticed: the test sees nothing", failed)
		}
	}
}

func FuzzReader(f *testing.F) {
	const secret = "HIDDEN-VALUE"
	whole := table(f, true, []arrow.DataType{arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64}, `[{"a": "`+secret+`", "b": 1}]`)
	head := whole[:body(whole, secret)]
	f.Add(whole[len(head):])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := readAll(append(bytes.Clone(head), b...)); err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Error(err)
		}
	})
}
