package masking

import (
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// TestGeneraliseTimes: a datetime goes back to the first moment of its month,
// quarter or year, before 1970 too, as package time reckons it.
func TestGeneraliseTimes(t *testing.T) {
	for to, months := range map[string]int{"month": 1, "quarter": 3, "year": 12} {
		m, err := generaliseMask("at", glovebox.Int64, glovebox.Mask{Kind: Generalise, To: to})
		if err != nil {
			t.Fatal(err)
		}
		b := array.NewInt64Builder(memory.DefaultAllocator)
		defer b.Release()
		var want []int64
		for i := range 2000 {
			at := time.Date(1890, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 1003 * time.Hour).Add(7 * time.Microsecond)
			b.Append(at.UnixMicro())
			first := time.Date(at.Year(), (at.Month()-1)/time.Month(months)*time.Month(months)+1, 1, 0, 0, 0, 0, time.UTC)
			want = append(want, first.UnixMicro())
		}
		b.AppendNull()
		in := b.NewInt64Array()
		defer in.Release()
		out, err := m(memory.DefaultAllocator, in, arrow.Array(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer out.Release()
		for i, w := range want {
			if got := out.(*array.Int64).Value(i); got != w {
				t.Fatalf("%s of %d is %d, want %d", to, in.Value(i), got, w)
			}
		}
		if !out.IsNull(len(want)) {
			t.Error("what is missing is there")
		}
	}
}
