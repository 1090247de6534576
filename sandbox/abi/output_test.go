package abi

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

var sampleOutput = Output{
	Key:     []KeyField{{"ward", glovebox.String, 5}, {"year", glovebox.Int64, 0}, {"code", glovebox.String, 8}},
	Metrics: []string{"a", "b"}, MaxRecords: 3,
}

func rec(ward string, year int64, code string, ms ...float64) []byte {
	b := make([]byte, 8, 40)
	copy(b, ward)
	b = binary.LittleEndian.AppendUint64(b, uint64(year))
	b = append(append(b, code...), make([]byte, 8-len(code))...)
	for _, m := range ms {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(m))
	}
	return b
}

func region(count uint32, recs ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, count)
	b = append(b, make([]byte, 12)...)
	b = append(b, bytes.Join(recs, nil)...)
	return append(b, make([]byte, 16+3*40-len(b))...)
}

func TestRecords(t *testing.T) {
	r, err := NewRecords(&sampleOutput)
	if err != nil {
		t.Fatal(err)
	}
	if r.Size() != 40 || r.KeySize() != 24 {
		t.Fatalf("record of %d bytes, key of %d", r.Size(), r.KeySize())
	}
	in := region(2, rec("ab", -7, "12345678", 1.5, math.Copysign(0, -1)), rec("", math.MinInt64, "é", -math.MaxFloat64, math.SmallestNonzeroFloat64))
	out, n, ok := r.Read(nil, in)
	if !ok || n != 2 || len(out) != 80 {
		t.Fatal(n, ok)
	}
	first, second := out[:40], out[40:]
	if r.Key(first, 0) != "ab" || r.Key(first, 1) != int64(-7) || r.Key(first, 2) != "12345678" || r.Key(second, 2) != "é" || r.Key(second, 0) != "" {
		t.Error("keys")
	}
	if r.Metric(first, 0) != 1.5 || math.Float64bits(r.Metric(first, 1)) != 0 || r.Metric(second, 0) != -math.MaxFloat64 {
		t.Error("metrics")
	}
	// What follows the records is not read; the buffer is used again.
	in[16+2*40] = 0xff
	again, n, ok := r.Read(out, in)
	if !ok || n != 2 || &again[0] != &out[0] {
		t.Error("second read")
	}
	for name, bad := range map[string][]byte{
		"no header":       in[:15],
		"count":           region(4),
		"count of 2^32-1": region(math.MaxUint32),
		"short region":    region(3)[:16+3*40-1],
		"reserved byte":   append([]byte{0, 0, 0, 0, 0, 0, 0, 1}, region(0)[8:]...),
		"infinite":        region(1, rec("a", 1, "b", 1, math.Inf(-1))),
		"NaN":             region(1, rec("a", 1, "b", math.NaN(), 1)),
		"six bytes":       region(1, rec("abcdef", 1, "b", 1, 1)),
		"not UTF-8":       region(1, rec("a", 1, "\xc3", 1, 1)),
		"hidden":          region(1, rec("a\x00b", 1, "b", 1, 1)),
		"second record":   region(2, rec("a", 1, "b", 1, 1), rec("a", 1, "b", math.NaN(), 1)),
	} {
		if out, n, ok := r.Read(nil, bad); ok || n != 0 || len(out) != 0 {
			t.Errorf("%s: taken, %d records", name, n)
		}
	}
}

// TestRecordsWithoutBytes: a job that only counts units needs no key and no
// metric. A record then has no bytes, and the count alone must bound them.
func TestRecordsWithoutBytes(t *testing.T) {
	r, err := NewRecords(&Output{MaxRecords: 2})
	if err != nil || r.Size() != 0 {
		t.Fatal(err)
	}
	if _, n, ok := r.Read(nil, region(2)[:16]); !ok || n != 2 {
		t.Error("two records of two")
	}
	if _, _, ok := r.Read(nil, region(3)[:16]); ok {
		t.Error("three records of two")
	}
}

func TestTooManyRecordBytes(t *testing.T) {
	o := Output{Metrics: make([]string, 64), MaxRecords: 65_536}
	if _, err := NewRecords(&o); glovebox.CodeOf(err) != glovebox.CodeModule {
		t.Fatalf("32 MiB of records: %v", err)
	}
}

// FuzzOutput: whatever a guest leaves, what is taken is what the page on the
// ABI allows.
func FuzzOutput(f *testing.F) {
	f.Add(region(2, rec("ab", -7, "12345678", 1.5, math.Copysign(0, -1)), rec("", 1, "é", 2, 3)))
	f.Add(region(4))
	f.Add(region(1, rec("abcdef", 1, "b", 1, 1)))
	r, err := NewRecords(&sampleOutput)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bytes.Clone(data)
		out, n, ok := r.Read(nil, data)
		if !bytes.Equal(in, data) {
			t.Fatal("the region was written to")
		}
		if !ok {
			return
		}
		if n > 3 || len(out) != n*40 || uint32(n) != binary.LittleEndian.Uint32(data) {
			t.Fatalf("%d records in %d bytes", n, len(out))
		}
		for i := range n {
			x := out[i*40:][:40]
			a, b := r.Key(x, 0).(string), r.Key(x, 2).(string)
			if len(a) > 5 || !utf8.ValidString(a) || !utf8.ValidString(b) {
				t.Fatal("key")
			}
			if !bytes.Equal(x[:24], rec(a, r.Key(x, 1).(int64), b)) {
				t.Fatal("a key is not what its fields say")
			}
			for m := range 2 {
				if v := r.Metric(x, m); math.IsNaN(v) || math.IsInf(v, 0) || (v == 0 && math.Signbit(v)) {
					t.Fatal("metric")
				}
			}
		}
	})
}
