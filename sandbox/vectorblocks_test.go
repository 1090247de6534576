package sandbox

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox/sandbox/abi"
)

// customer is a unit of the example's block: rows of person and of bills.
type customer struct {
	born  []int32
	bills []*float64 // nil: missing
}

type spendingCase struct {
	name      string
	customers []customer
	from      *int64 // the parameter; nil: its default, 1900
}

// spending is the example's function spending, told once more in Go.
func spending(c *spendingCase) (out []byte, ok bool) {
	from := int64(1900)
	if c.from != nil {
		from = *c.from
	}
	all, top, people, without := 0.0, 0.0, 0, 0
	for _, x := range c.customers {
		if len(x.born) == 0 || int64(x.born[0]) < from {
			continue
		}
		var costs []float64
		for _, v := range x.bills {
			if v == nil {
				v = new(float64)
			}
			costs = append(costs, *v)
		}
		sum := inLanes(costs)
		people++
		if len(costs) == 0 {
			without++
		}
		all += sum
		top = max(top, sum)
	}
	if people == 0 {
		return nil, false
	}
	share := 0.0
	if all > 0 {
		share = top / all
	}
	for _, m := range []float64{all / float64(people), share, float64(without) / float64(people)} {
		out = le.AppendUint64(out, math.Float64bits(m))
	}
	return out, true
}

func spendingCases() []spendingCase {
	v := func(list ...float64) (out []*float64) {
		for _, x := range list {
			out = append(out, &x)
		}
		return out
	}
	who := func(born int32, bills ...*float64) customer { return customer{[]int32{born}, bills} }
	year := func(n int64) *int64 { return &n }
	many := func(n int, of func(i int) customer) (list []customer) {
		for i := range n {
			list = append(list, of(i))
		}
		return list
	}
	cases := []spendingCase{
		{name: "one customer", customers: []customer{who(1950, v(1, 2, 3.5)...)}},
		{name: "one customer without bills", customers: []customer{who(1950)}},
		{name: "nobody has a row in person: the block fails", customers: []customer{{bills: v(1, 2)}, {bills: v(3)}}},
		{name: "somebody without a row in person does not count", customers: []customer{who(1950, v(1)...), {bills: v(100)}, who(1960, v(3)...)}},
		{name: "the first row in person counts", customers: []customer{{born: []int32{1950, 1800}, bills: v(2)}, {born: []int32{1800, 1950}, bills: v(9)}}},
		{name: "born in that year", customers: []customer{who(1960, v(2)...), who(1959, v(9)...)}, from: year(1960)},
		{name: "all born before it: the block fails", customers: []customer{who(1960, v(2)...)}, from: year(1961)},
		{name: "a year beyond any", customers: []customer{who(math.MaxInt32, v(2)...)}, from: year(math.MaxInt32)},
		{name: "a year before any", customers: []customer{who(math.MinInt32, v(2)...)}, from: year(math.MinInt64)},
		{name: "a missing cost is a bill of 0", customers: []customer{who(1950, nil), who(1950, nil, v(4)[0], nil)}},
		{name: "customers without bills first and last", customers: []customer{who(1950), who(1950, v(1, 2)...), who(1950), who(1950, v(3)...), who(1950)}},
		{name: "no bills at all", customers: many(9, func(int) customer { return who(1950) })},
		{name: "sums that are not above 0 have no share", customers: []customer{who(1950, v(-2)...), who(1950, v(1)...)}},
		{name: "sums that cancel", customers: []customer{who(1950, v(2.5)...), who(1950, v(-2.5)...)}},
		{name: "bills that cancel", customers: []customer{who(1950, v(1e300, 1, -1e300)...), who(1950, v(1, 1e-300)...)}},
		{name: "a customer's bills are added in lanes", customers: []customer{who(1950, v(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)...), who(1950, v(0.7, 0.6, 0.5, 0.4, 0.3, 0.2)...)}},
		{name: "as many units as may be", customers: many(250, func(i int) customer { return who(int32(1900+i%100), v(float64(i%7)/3)...) })},
		{name: "as many rows as may be", customers: many(250, func(i int) customer { return who(int32(1900+i%100), v(1, 2, 3, 4, 5, 6, 7, float64(i)/8)...) })},
		{name: "all bills are one customer's", customers: append(many(20, func(int) customer { return who(1950) }), who(1960, v(make([]float64, 2000)...)...), who(1970))},
	}
	r := rand.New(rand.NewPCG(8, 8))
	for i := range 16 {
		c := spendingCase{name: fmt.Sprint("random ", i)}
		if i%3 == 1 {
			c.from = year(1900 + r.Int64N(60))
		}
		c.customers = many(1+r.IntN(40), func(int) (x customer) {
			for range []int{0, 1, 1, 1, 2}[r.IntN(5)] {
				x.born = append(x.born, 1900+r.Int32N(120))
			}
			for range r.IntN(12) {
				if r.IntN(6) == 0 {
					x.bills = append(x.bills, nil)
					continue
				}
				x.bills = append(x.bills, v(r.NormFloat64()*100+60)...)
			}
			return x
		})
		cases = append(cases, c)
	}
	return cases
}

var billSchema = arrow.NewSchema([]arrow.Field{tokenField(), {Name: "cost", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)

// block makes the block of a case.
func (c *spendingCase) block(t testing.TB) *Block {
	b := &Block{Starts: [][]uint32{{0}, {0}}}
	var born []int32
	var bills []*float64
	for _, x := range c.customers {
		born, bills = append(born, x.born...), append(bills, x.bills...)
		b.Starts[0], b.Starts[1] = append(b.Starts[0], uint32(len(born))), append(b.Starts[1], uint32(len(bills)))
	}
	a := allocator(t)
	costs := batchOf(t, a, billSchema, len(bills), func(b *array.RecordBuilder) {
		for _, v := range bills {
			opt(b.Field(1).(*array.Float64Builder), v)
		}
	})
	people := batchOf(t, a, personSchema, len(born), func(b *array.RecordBuilder) { b.Field(1).(*array.Int32Builder).AppendValues(born, nil) })
	b.Rows = [][]Span{{{Batch: people, To: len(born)}}, {{Batch: costs, To: len(bills)}}}
	return b
}

// spendingBinding binds the example's inputs.
func spendingBinding(from *int64) *Binding {
	b := &Binding{Inputs: []InputBinding{{Name: "person", Schema: personSchema}, {Name: "bills", Schema: billSchema}}}
	if from != nil {
		b.Params = map[string]any{"born_from": *from}
	}
	return b
}

func spendingVectors(t *testing.T) *vectorFile {
	v := &vectorFile{Format: vectorFormat, Module: "spending", Function: "spending", Kind: abi.KindBlocks, Manifest: exampleManifest(t, abi.KindBlocks)}
	for _, s := range spendingCases() {
		c := vectorCase{Name: s.name}
		block := s.block(t)
		v.fill(t, &c, spendingBinding(s.from), block.Rows, block)
		c.Starts = map[string][]uint32{"person": block.Starts[0], "bills": block.Starts[1]}
		out, ok := spending(&s)
		v.result(t, &c, out, 1, ok)
		v.Cases = append(v.Cases, c)
	}
	return v
}
