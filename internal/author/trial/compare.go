package trial

import (
	"reflect"
	"slices"
)

// MaxDifferences is how many differences are listed.
const MaxDifferences = 20

// Difference is one thing that is not as it was.
type Difference struct {
	Unit  string `json:"unit,omitempty"`  // empty: not of one unit
	Block *int   `json:"block,omitempty"` // nil: not of one block
	What  string `json:"what"`            // rows, order, units, outcome, cause, log, records, contribution, outputs, fuel, started, result, function
}

// differences are those that were found so far.
type differences []Difference

func (l *differences) add(d Difference, same bool) {
	if !same && len(*l) < MaxDifferences {
		*l = append(*l, d)
	}
}

// of adds a difference of no unit and no block, unit of a unit, block of a
// block.
func (l *differences) of(what string, same bool) { l.add(Difference{What: what}, same) }

func (l *differences) unit(id, what string, same bool) { l.add(Difference{Unit: id, What: what}, same) }

func (l *differences) block(n int, what string, same bool) {
	l.add(Difference{Block: &n, What: what}, same)
}

// Compare lists what two runs show otherwise of the units that are not the
// changed one, or in mode blocks of the blocks that it is not in, at most
// MaxDifferences things. Of its own block the other units are compared, who
// have to be the same.
func Compare(first, second *Report, changed string) []Difference {
	l := differences{}
	l.of("started", first.Started == second.Started)
	l.units(first, second, changed)
	l.blocks(first, second, changed)
	return l
}

func (l *differences) units(first, second *Report, changed string) {
	others := func(r *Report) []Unit {
		return slices.DeleteFunc(slices.Clone(r.Units), func(u Unit) bool { return u.Unit == changed })
	}
	a, b := others(first), others(second)
	if name := func(u Unit) string { return u.Unit }; !slices.Equal(collect(a, name), collect(b, name)) {
		l.of("order", false)
		return
	}
	for i := range a {
		x, y := &a[i], &b[i]
		add := func(what string, same bool) { l.unit(x.Unit, what, same) }
		compareCalls(&x.Call, &y.Call, add)
		add("contribution", reflect.DeepEqual(x.Contribution, y.Contribution))
	}
}

// compareCalls compares all that can be observed of a call but its time.
func compareCalls(x, y *Call, add func(what string, same bool)) {
	add("outcome", x.Outcome == y.Outcome)
	add("cause", x.Cause == y.Cause)
	add("records", reflect.DeepEqual(x.Records, y.Records))
	add("fuel", x.Fuel == y.Fuel)
	add("log", x.Log == y.Log && x.Printed == y.Printed)
	add("rows", reflect.DeepEqual(x.Rows, y.Rows))
}

func (l *differences) blocks(first, second *Report, changed string) {
	own, known := ownBlock(changed, first, second)
	others := func(r *Report) []Block {
		return slices.DeleteFunc(slices.Clone(r.Blocks), func(b Block) bool { return known && b.Block == own })
	}
	a, b := others(first), others(second)
	if number := func(b Block) int { return b.Block }; !slices.Equal(collect(a, number), collect(b, number)) {
		l.of("order", false)
		return
	}
	for i := range a {
		x, y := &a[i], &b[i]
		add := func(what string, same bool) { l.block(x.Block, what, same) }
		add("units", slices.Equal(x.Units, y.Units) && reflect.DeepEqual(x.Starts, y.Starts))
		compareCalls(&x.Call, &y.Call, add)
		add("outputs", reflect.DeepEqual(x.Outputs, y.Outputs))
	}
	mates := func(r *Report) (list []string) {
		for i := range r.Blocks {
			if known && r.Blocks[i].Block == own {
				list = slices.DeleteFunc(slices.Clone(r.Blocks[i].Units), func(u string) bool { return u == changed })
			}
		}
		return list
	}
	if !slices.Equal(mates(first), mates(second)) {
		l.block(own, "units", false)
	}
}

// ownBlock is the block that a unit is in, in one of the two runs at least.
func ownBlock(unit string, runs ...*Report) (block int, known bool) {
	for _, r := range runs {
		for i := range r.Blocks {
			if slices.Contains(r.Blocks[i].Units, unit) {
				return r.Blocks[i].Block, true
			}
		}
	}
	return 0, false
}

// Compare lists what a report gives otherwise than a golden file says, at most
// MaxDifferences things. Where the rows are others it says so and no more:
// then nothing can be compared.
func (g *Golden) Compare(r *Report) ([]Difference, error) {
	now, err := r.Golden().Encode()
	if err != nil {
		return nil, err
	}
	got, err := DecodeGolden(now) // both sides the same way
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(g.Rows, got.Rows) || g.Seed != got.Seed {
		return []Difference{{What: "rows"}}, nil
	}
	var l differences
	l.of("function", g.Function == got.Function)
	l.of("started", g.Started == got.Started)
	id := func(u GoldenUnit) string { return u.Unit }
	number := func(b GoldenBlock) int { return b.Block }
	if !slices.Equal(collect(g.Units, id), collect(got.Units, id)) || !slices.Equal(collect(g.Blocks, number), collect(got.Blocks, number)) {
		l.of("order", false)
		return l, nil
	}
	for i, want := range g.Units {
		u := got.Units[i]
		l.unit(u.Unit, "outcome", u.Outcome == want.Outcome)
		l.unit(u.Unit, "cause", u.Cause == want.Cause)
		l.unit(u.Unit, "log", u.Log == want.Log)
		l.unit(u.Unit, "records", reflect.DeepEqual(u.Records, want.Records))
		l.unit(u.Unit, "contribution", reflect.DeepEqual(u.Contribution, want.Contribution))
	}
	for i, want := range g.Blocks {
		b := got.Blocks[i]
		l.block(b.Block, "units", slices.Equal(b.Units, want.Units))
		l.block(b.Block, "outcome", b.Outcome == want.Outcome)
		l.block(b.Block, "cause", b.Cause == want.Cause)
		l.block(b.Block, "log", b.Log == want.Log)
		l.block(b.Block, "records", reflect.DeepEqual(b.Records, want.Records))
		l.block(b.Block, "outputs", reflect.DeepEqual(b.Outputs, want.Outputs))
	}
	l.of("result", reflect.DeepEqual(g.Result, got.Result) && reflect.DeepEqual(g.Combined, got.Combined))
	return l, nil
}

func collect[T, V any](list []T, of func(T) V) []V {
	out := make([]V, 0, len(list))
	for _, x := range list {
		out = append(out, of(x))
	}
	return out
}
