package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

var unitSchema = arrow.NewSchema([]arrow.Field{{Name: column.UnitColumn, Type: column.TokenType}, {Name: "row", Type: arrow.PrimitiveTypes.Int64}}, nil)

// unitBatches makes batches of the given sizes; row i is of unit units[i].
func unitBatches(mem memory.Allocator, units []uint64, sizes ...int) []arrow.RecordBatch {
	rb := array.NewRecordBuilder(mem, unitSchema)
	defer rb.Release()
	var out []arrow.RecordBatch
	i := 0
	for _, n := range sizes {
		for range n {
			var tok [column.TokenBytes]byte
			binary.BigEndian.PutUint64(tok[:], units[i]/3)
			binary.BigEndian.PutUint64(tok[8:], units[i]%3) // both halves count
			rb.Field(0).(*array.FixedSizeBinaryBuilder).Append(tok[:])
			rb.Field(1).(*array.Int64Builder).Append(int64(i))
			i++
		}
		out = append(out, rb.NewRecordBatch())
	}
	return out
}

// readerOf owns the batches and checks that nobody uses one too late.
func readerOf(bs []arrow.RecordBatch) array.RecordReader {
	return column.NewStream(unitSchema, func() (arrow.RecordBatch, error) {
		if len(bs) == 0 {
			return nil, nil
		}
		b := bs[0]
		bs = bs[1:]
		return b, nil
	}, func() {
		for _, b := range bs {
			b.Release()
		}
	})
}

func TestUnitsMerge(t *testing.T) {
	mem := rowtest.Checked(t)
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		inputs := 1 + round%4
		want := map[uint64][]string{}
		var readers []array.RecordReader
		for in := range inputs {
			var units []uint64
			for u := range uint64(20) {
				for range []int{0, 0, 1, 1, 2, 7, 40}[r.IntN(7)] {
					units = append(units, u)
				}
			}
			var sizes []int
			for left := len(units); left > 0; {
				n := min(left, []int{0, 1, 2, 5, 30}[r.IntN(5)])
				sizes = append(sizes, n)
				left -= n
			}
			for i, u := range units {
				if want[u] == nil {
					want[u] = make([]string, inputs)
				}
				want[u][in] += fmt.Sprint(" ", i)
			}
			readers = append(readers, readerOf(unitBatches(mem, units, append(sizes, 0)...)))
		}
		last, seen := -1, 0
		err := Units(readers, func(token [column.TokenBytes]byte, rows [][]Span) error {
			u := 3*binary.BigEndian.Uint64(token[:]) + binary.BigEndian.Uint64(token[8:])
			if int(u) <= last || len(rows) != inputs {
				t.Fatalf("unit %d after %d, %d inputs", u, last, len(rows))
			}
			last = int(u)
			seen++
			for in, spans := range rows {
				got := ""
				for _, s := range spans {
					if s.From >= s.To || s.To > int(s.Batch.NumRows()) {
						t.Fatalf("span %d to %d of %d", s.From, s.To, s.Batch.NumRows())
					}
					for i := s.From; i < s.To; i++ {
						got += fmt.Sprint(" ", s.Batch.Column(1).(*array.Int64).Value(i))
					}
				}
				if got != want[u][in] {
					t.Fatalf("unit %d, input %d: rows%s, want%s", u, in, got, want[u][in])
				}
			}
			return nil
		})
		if err != nil || seen != len(want) {
			t.Fatalf("%d of %d units, %v", seen, len(want), err)
		}
		for _, rd := range readers {
			rd.Release()
		}
	}
}

func TestUnitsErrors(t *testing.T) {
	mem := rowtest.Checked(t)
	boom := errors.New("boom")
	for name, q := range map[string]struct {
		units []uint64
		sizes []int
		yield error
		want  string
	}{
		"descends in a batch":      {[]uint64{5, 6, 4}, []int{3}, nil, "sorted"},
		"descends between batches": {[]uint64{5, 6, 4}, []int{2, 1}, nil, "sorted"},
		"descends after a run":     {[]uint64{5, 5, 5, 4}, []int{2, 2}, nil, "sorted"},
		"yield":                    {[]uint64{5, 5, 6}, []int{1, 2}, boom, "boom"},
	} {
		rd := readerOf(unitBatches(mem, q.units, q.sizes...))
		err := Units([]array.RecordReader{rd}, func([column.TokenBytes]byte, [][]Span) error { return q.yield })
		rd.Release()
		if err == nil || !strings.Contains(err.Error(), q.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	fail := column.NewStream(unitSchema, func() (arrow.RecordBatch, error) { return nil, boom }, func() {})
	if err := Units([]array.RecordReader{fail}, nil); !errors.Is(err, boom) {
		t.Errorf("a reader's error: %v", err)
	}
	wrong := arrow.NewSchema([]arrow.Field{{Name: column.UnitColumn, Type: arrow.PrimitiveTypes.Int64}}, nil)
	rb := array.NewRecordBuilder(mem, wrong)
	defer rb.Release()
	rb.Field(0).(*array.Int64Builder).Append(1)
	b := rb.NewRecordBatch()
	done := false
	rd := column.NewStream(wrong, func() (arrow.RecordBatch, error) {
		if done {
			return nil, nil
		}
		done = true
		return b, nil
	}, func() {})
	defer rd.Release()
	if err := Units([]array.RecordReader{rd}, nil); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("no tokens: %v", err)
	}
	if err := Units(nil, nil); err != nil {
		t.Errorf("no readers: %v", err)
	}
}

func TestCap(t *testing.T) {
	mem := rowtest.Checked(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		limit := 1 + r.IntN(5)
		var units []uint64
		var want []string
		for u := range uint64(15) {
			n := r.IntN(9)
			for i := range n {
				if i < limit {
					want = append(want, fmt.Sprint(len(units)))
				}
				units = append(units, u)
			}
		}
		var sizes []int
		for left := len(units); left > 0; {
			n := min(left, 1+r.IntN(12))
			sizes = append(sizes, n)
			left -= n
		}
		rd := Cap(readerOf(unitBatches(mem, units, sizes...)), limit)
		var got []string
		for _, row := range rowtest.Texts(t, rd) {
			got = append(got, row[strings.IndexByte(row, '|')+1:])
		}
		rd.Release()
		if !slices.Equal(got, want) {
			t.Fatalf("limit %d: got %v, want %v", limit, got, want)
		}
	}
	// Released before its end.
	rd := Cap(readerOf(unitBatches(mem, []uint64{1, 1, 2}, 2, 1)), 1)
	rd.Next()
	rd.Release()
}

func TestUnitsDoesNotAllocatePerUnit(t *testing.T) {
	units := make([]uint64, 30000)
	for i := range units {
		units[i] = uint64(i / 3)
	}
	bs := unitBatches(memory.NewGoAllocator(), units, 10000, 10000, 10000)
	n := testing.AllocsPerRun(3, func() {
		for _, b := range bs {
			b.Retain()
		}
		if err := Units([]array.RecordReader{readerOf(slices.Clone(bs))}, func([column.TokenBytes]byte, [][]Span) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
	if n > 40 {
		t.Fatalf("%g allocations for 10000 units", n)
	}
}

// BenchmarkUnits walks 4 million rows in units of 1, 4 and 50 rows.
func BenchmarkUnits(b *testing.B) {
	for _, per := range []int{1, 4, 50} {
		for _, inputs := range []int{1, 3} {
			b.Run(fmt.Sprintf("rows=%d/inputs=%d", per, inputs), func(b *testing.B) {
				const n = 1 << 20
				units := make([]uint64, n)
				for i := range units {
					units[i] = 3 * uint64(i/per)
				}
				var sizes []int
				for range n / batchRows {
					sizes = append(sizes, batchRows)
				}
				bs := unitBatches(memory.NewGoAllocator(), units, sizes...)
				rows := 0
				for b.Loop() {
					var rs []array.RecordReader
					for range inputs {
						for _, x := range bs {
							x.Retain()
						}
						rs = append(rs, readerOf(slices.Clone(bs)))
					}
					if err := Units(rs, func(_ [column.TokenBytes]byte, in [][]Span) error {
						for _, spans := range in {
							for _, s := range spans {
								rows += s.To - s.From
							}
						}
						return nil
					}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrow/s")
			})
		}
	}
}
