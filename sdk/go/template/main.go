// What patients cost, by ward and decade of birth. The same example is there in
// every language; manifest.json says what goes in and what comes out.
package main

import "{{name}}/gbx"

const ( // tables of visits, as in the manifest
	person = iota
	stays
	rates
)

const born = 0 // columns of person

const ( // columns of visits
	ward = iota
	hours
	day
	urgent
	fee
	doctor
)

const ( // columns of rates
	rateWard = iota
	rateRate
)

const ( // parameters
	since = iota
	typicalHours
	urgentOnly
	skip
)

const (
	width = 12 // the key's bytes
	most  = 8  // wards of one person
)

// group is what is known of one ward.
type group struct {
	hours, cost, handovers float64
	last                   gbx.Token // the doctor of the last visit
}

// rate is the price of an hour in a ward; 0 if nobody lists it.
func rate(name string) float64 {
	t := gbx.Tab(rates)
	wards, prices := t.Strings(rateWard), t.Int64s(rateRate)
	for i := range t.Rows() {
		if wards.At(i) == name {
			return float64(prices[i])
		}
	}
	return 0
}

// One record for each ward that the person was in. Called once for each
// person, with this person's rows only.
//
//go:wasmexport visits
func visits(_ int32) int32 {
	people, t := gbx.Tab(person), gbx.Tab(stays)
	if people.Rows() != 1 {
		return 1 // anything but 0: this person does not count
	}
	decade := int64(people.Int32s(born)[0] / 10 * 10)
	names, named := t.Strings(ward), t.Valid(ward)
	days, fees, doctors := t.Dates(day), t.Int64s(fee), t.Tokens(doctor)
	times, timed, urgents := t.Float64s(hours), t.Valid(hours), t.Bools(urgent)
	first, skipped, only := gbx.ParamInt64(since), gbx.ParamString(skip), gbx.ParamBool(urgentOnly)

	wards := gbx.Groups[string]{Most: most}
	var groups [most]group
	for i := range t.Rows() {
		name := names.At(i)
		if !named.At(i) || int64(days[i]) < first || name == skipped {
			continue
		}
		// A missing value reads as zero: here, as not urgent.
		if only && !urgents.At(i) {
			continue
		}
		before := len(wards.Keys)
		n := wards.Find(name)
		if n < 0 {
			return 1
		}
		g := &groups[n]
		h := times[i]
		if !timed.At(i) {
			h = gbx.ParamFloat64(typicalHours)
		}
		g.hours += h
		g.cost += rate(name)*h + float64(fees[i])
		if len(wards.Keys) == before && doctors[i] != g.last {
			g.handovers++
		}
		g.last = doctors[i]
	}
	for n, name := range wards.Keys {
		g := &groups[n]
		gbx.Emit().KeyString(name, width).KeyInt64(decade).Metric(g.hours).Metric(g.cost).Metric(g.handovers)
	}
	return 0
}

const bills = 0 // tables of totals

const ( // columns of bills
	year = iota
	cost
)

const ( // parameters of totals
	from = iota
	to
)

// One record: all costs, and those of some years. Whole columns at once.
//
//go:wasmexport totals
func totals(_ int32) int32 {
	t := gbx.Tab(bills)
	years, costs := t.Int32s(year), t.Float64s(cost)
	a, b := int32(gbx.ParamInt64(from)), int32(gbx.ParamInt64(to))
	gbx.Emit().
		Metric(gbx.Sum(costs)).
		Metric(gbx.SumWhere(costs, years, a, b)).
		Metric(float64(gbx.CountWhere(years, a, b)))
	return 0
}

func main() {} // Go wants one; it is never called
