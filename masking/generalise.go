package masking

import (
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// maxWholeStep bounds the step of an integer column: whole numbers up to here
// are exact as float64.
const maxWholeStep = 1 << 53

// groupMonths are the months of each group that a date is generalised to.
var groupMonths = map[string]int{"year": 12, "quarter": 3, "month": 1}

func generaliseMask(column string, t glovebox.Type, m glovebox.Mask) (mask, error) {
	switch t {
	case glovebox.String:
		return groupMask(column, m)
	case glovebox.Date:
		months := groupMonths[m.To]
		if months == 0 {
			return nil, invalid(column, "mask generalise of a date goes to %q", m.To).WithFix("set to: year, quarter or month")
		}
		return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
			return dates(mem, a.(*array.Date32), months), nil
		}, nil
	case glovebox.Float64:
		if !(m.Step > 0) || math.IsInf(m.Step, 0) {
			return nil, invalid(column, "mask generalise has no step above 0").WithFix("set step to the width of a group")
		}
		steps := glovebox.NewSteps(m.Step)
		return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
			return floats(mem, a.(*array.Float64), &steps), nil
		}, nil
	}
	if months := groupMonths[m.To]; t == glovebox.Int64 && months != 0 { // a datetime
		return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
			return times(mem, a.(*array.Int64), months), nil
		}, nil
	}
	if !(m.Step >= 1 && m.Step <= maxWholeStep) || m.Step != math.Trunc(m.Step) {
		return nil, invalid(column, "mask generalise of an integer has no whole step from 1 to 2^53").WithFix("set step to the width of a group")
	}
	step := int64(m.Step)
	return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
		if a, ok := a.(*array.Int32); ok {
			return integers(mem, a, a.Int32Values(), arrow.Int32Traits.CastFromBytes, step, math.MinInt32), nil
		}
		b := a.(*array.Int64)
		return integers(mem, b, b.Int64Values(), arrow.Int64Traits.CastFromBytes, step, math.MinInt64), nil
	}, nil
}

// integers goes down to a multiple of step, towards minus infinity. Where the
// type cannot hold that multiple it is the smallest one that it can.
func integers[T int32 | int64](mem memory.Allocator, a arrow.Array, values []T, cast func([]byte) []T, step, least int64) arrow.Array {
	out := newColumn(mem, a, a.DataType().(arrow.FixedWidthDataType).Bytes(), 0)
	dst := cast(out.slots.Bytes())
	for i, v := range values {
		if a.IsNull(i) {
			continue
		}
		rest := int64(v) % step
		if rest < 0 {
			rest += step
		}
		if int64(v) < least+rest {
			rest -= step
		}
		dst[i] = T(int64(v) - rest)
	}
	return out.array(a.DataType())
}

// floats goes down to a multiple of the step as it is written, towards minus
// infinity: 0.3 in steps of 0.1 stays 0.3. The result is computed from the number
// of the group alone, so that no low digit of a value shows in it. A value so
// large that its own spacing is wider than the step is its own group.
func floats(mem memory.Allocator, a *array.Float64, steps *glovebox.Steps) arrow.Array {
	out := newColumn(mem, a, 8, 0)
	dst := arrow.Float64Traits.CastFromBytes(out.slots.Bytes())
	for i, v := range a.Float64Values() {
		if a.IsNull(i) {
			continue
		}
		if dst[i] = steps.Floor(v); math.IsNaN(v) {
			dst[i] = math.NaN() // one payload
		}
	}
	return out.array(a.DataType())
}

// dates goes back to the first day of a group of months.
func dates(mem memory.Allocator, a *array.Date32, months int) arrow.Array {
	out := newColumn(mem, a, 4, 0)
	dst := arrow.Date32Traits.CastFromBytes(out.slots.Bytes())
	for i, v := range a.Date32Values() {
		if a.IsValid(i) {
			dst[i] = firstDay(v, months)
		}
	}
	return out.array(a.DataType())
}

// times goes back to the first moment of a group of months; the column's numbers
// are microseconds on its own clock.
func times(mem memory.Allocator, a *array.Int64, months int) arrow.Array {
	const day = daySeconds * 1_000_000
	out := newColumn(mem, a, 8, 0)
	dst := arrow.Int64Traits.CastFromBytes(out.slots.Bytes())
	for i, v := range a.Int64Values() {
		if a.IsNull(i) {
			continue
		}
		days := v / day
		if v%day < 0 {
			days--
		}
		days = min(max(days, math.MinInt32), math.MaxInt32)
		dst[i] = int64(firstDay(arrow.Date32(days), months)) * day
	}
	return out.array(a.DataType())
}

// dayOf reads a day, YYYY-MM-DD, as days since 1970-01-01.
func dayOf(s string) (arrow.Date32, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return arrow.Date32(t.Unix() / daySeconds), err == nil
}

const daySeconds = 24 * 60 * 60

func firstDay(d arrow.Date32, months int) arrow.Date32 {
	y, m, _ := time.Unix(int64(d)*daySeconds, 0).UTC().Date()
	m = (m-1)/time.Month(months)*time.Month(months) + 1
	first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
	return arrow.Date32(max(first, math.MinInt32))
}
