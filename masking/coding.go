package masking

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// Bounds of a supplied hierarchy.
const (
	MaxGroups      = 1000
	MaxGroupValues = 10_000 // in all groups
	MaxLabel       = 256    // bytes
)

// clipMask is top and bottom coding: a value below low is low, one above high is
// high. Either may be left out. Of decimals and times the bounds are the whole
// numbers that stand for them, of days the days since 1970.
func clipMask(column string, t glovebox.Type, m glovebox.Mask) (mask, error) {
	wrong := func() error {
		return invalid(column, "mask clip has no bound that is a value of the column, or the lower one is above the other").WithFix("set low, high or both to values of the column")
	}
	if m.Low == "" && m.High == "" {
		return nil, wrong()
	}
	if t == glovebox.Float64 {
		lo, hi := math.Inf(-1), math.Inf(1)
		var err error
		if m.Low != "" {
			lo, err = strconv.ParseFloat(string(m.Low), 64)
		}
		if m.High != "" && err == nil {
			hi, err = strconv.ParseFloat(string(m.High), 64)
		}
		if err != nil || !(lo <= hi) {
			return nil, wrong()
		}
		return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
			return clipped(mem, a, a.(*array.Float64).Float64Values(), arrow.Float64Traits.CastFromBytes, lo, hi), nil
		}, nil
	}
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	if t == glovebox.Int32 || t == glovebox.Date {
		lo, hi = math.MinInt32, math.MaxInt32
	}
	read := func(b glovebox.Bound, other int64) (int64, bool) {
		if b == "" {
			return other, true
		}
		if t == glovebox.Date {
			n, ok := dayOf(string(b))
			return int64(n), ok
		}
		n, err := strconv.ParseInt(string(b), 10, 64)
		return n, err == nil && n >= lo && n <= hi
	}
	low, ok1 := read(m.Low, lo)
	high, ok2 := read(m.High, hi)
	if !ok1 || !ok2 || low > high {
		return nil, wrong()
	}
	return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
		switch a := a.(type) {
		case *array.Int32:
			return clipped(mem, a, a.Int32Values(), arrow.Int32Traits.CastFromBytes, int32(low), int32(high)), nil
		case *array.Date32:
			return clipped(mem, a, a.Date32Values(), arrow.Date32Traits.CastFromBytes, arrow.Date32(low), arrow.Date32(high)), nil
		}
		b := a.(*array.Int64)
		return clipped(mem, b, b.Int64Values(), arrow.Int64Traits.CastFromBytes, low, high), nil
	}, nil
}

func clipped[T int32 | int64 | float64 | arrow.Date32](mem memory.Allocator, a arrow.Array, values []T, cast func([]byte) []T, low, high T) arrow.Array {
	out := newColumn(mem, a, a.DataType().(arrow.FixedWidthDataType).Bytes(), 0)
	dst := cast(out.slots.Bytes())
	for i, v := range values {
		switch {
		case a.IsNull(i):
		case v != v: // not a number stays one, with one payload
			dst[i] = T(math.NaN())
		default:
			dst[i] = min(max(v, low), high)
		}
	}
	return out.array(a.DataType())
}

// constantMask makes every text that is there the same.
func constantMask(column string, m glovebox.Mask) (mask, error) {
	if m.Value == "" || len(m.Value) > MaxLabel || !utf8.ValidString(m.Value) {
		return nil, invalid(column, "mask constant has no value of 1 to %d bytes", MaxLabel).WithFix("set value to the text that stands in place of all")
	}
	return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
		if a.Len()*len(m.Value) > math.MaxInt32 {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a batch of %d rows is too large to redact", a.Len())
		}
		ends := make([]int32, a.Len())
		n := 0
		for i := range ends {
			if a.IsValid(i) {
				n++
			}
			ends[i] = int32(n * len(m.Value))
		}
		return texts(mem, a, ends, bytes.Repeat([]byte(m.Value), n)), nil
	}, nil
}

// groupMask generalises a text by a supplied hierarchy: each value becomes the
// label of its group; one that is in none becomes the label for the others, or
// null where there is none.
func groupMask(column string, m glovebox.Mask) (mask, error) {
	wrong := func() error {
		return invalid(column, "mask generalise has groups that are none: a label and its values, each value in one group").WithFix("list at most %d groups with %d values in all", MaxGroups, MaxGroupValues)
	}
	if len(m.Groups) == 0 || len(m.Groups) > MaxGroups || len(m.Other) > MaxLabel {
		return nil, wrong()
	}
	labels := make([]string, len(m.Groups)+1)
	labels[0] = m.Other
	of := map[string]int{}
	for i, g := range m.Groups {
		if g.Label == "" || len(g.Label) > MaxLabel || len(g.Values) == 0 || len(of)+len(g.Values) > MaxGroupValues {
			return nil, wrong()
		}
		labels[i+1] = g.Label
		for _, v := range g.Values {
			if _, twice := of[v]; twice {
				return nil, wrong()
			}
			of[v] = i + 1
		}
	}
	return func(mem memory.Allocator, in, _ arrow.Array) (arrow.Array, error) {
		a := in.(*array.String)
		var text []byte
		ends := make([]int32, a.Len())
		bad := make([]bool, a.Len())
		last, group := "", -1
		for i := range ends {
			if a.IsValid(i) {
				s := a.Value(i)
				if group < 0 || s != last { // a value that comes again is looked up once
					last, group = s, of[s]
				}
				text = append(text, labels[group]...)
				bad[i] = group == 0 && m.Other == ""
			}
			if len(text) > math.MaxInt32 {
				return nil, glovebox.Errorf(glovebox.CodeInternal, "a batch of %d rows is too large to redact", a.Len())
			}
			ends[i] = int32(len(text))
		}
		return textsWithout(mem, a, ends, text, bad), nil
	}, nil
}
