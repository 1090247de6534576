package check

import "strconv"

// EqualRanges are ranges whose edges are whole numbers or decimals, in units of
// 10^-places.
var EqualRanges = []EqualRange{
	{0, 1, 120, 0}, {0, 1, 100, 0}, {0, 1000, 150, 0}, {0, 1, 365, 0}, {1900, 1, 130, 0}, {-50, 1, 99, 0},
	{0, 1, 10, 1}, {0, 1, 1000, 1}, {-15, 5, 77, 2}, {0, 1, 1000, 3}, {36, 1, 60, 1},
}

// Decimal is a number of units of 10^-places, as a job file would write it.
func Decimal(units int64, places int) float64 {
	return Must(strconv.ParseFloat(strconv.FormatInt(units, 10)+"e-"+strconv.Itoa(places), 64))
}

// EqualRange is a range of equal bins.
type EqualRange struct {
	First, Step int64
	Bins        int
	Places      int
}

// At is the edge number i.
func (r EqualRange) At(i int) float64 { return Decimal(r.First+int64(i)*r.Step, r.Places) }

// Middle is what lies half way between the edges i and i+1.
func (r EqualRange) Middle(i int) float64 {
	return Decimal(10*r.First+int64(10*i+5)*r.Step, r.Places+1)
}
