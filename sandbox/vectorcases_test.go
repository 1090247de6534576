package sandbox

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox/sandbox/abi"
)

// exampleManifest is the manifest that new projects start with.
func exampleManifest(t *testing.T, kind string) []byte {
	t.Helper()
	return []byte(strings.NewReplacer("{{name}}", "example", "{{pages}}", "4", "{{fuel}}", "10000000", "{{wasi}}", "false").
		Replace(string(read(t, "../sdk/template/"+kind+"/manifest.json"))))
}

// stay is a row of the example's table visits; nil: missing.
type stay struct {
	ward   *string
	hours  *float64
	day    int32
	urgent *bool
	fee    int64
	doctor byte
}

type stayCase struct {
	name   string
	born   []int32
	visits []stay
	wards  []string
	rates  []int64
	params map[string]any
}

// stays is the example's function visits, told once more in Go.
func stays(c *stayCase, records *abi.Records) (out []byte, n int, ok bool) {
	param := func(name string, def any) any {
		if v, ok := c.params[name]; ok {
			return v
		}
		return def
	}
	since, typical := param("since", int64(0)).(int64), param("typical_hours", 0.5).(float64)
	urgentOnly, skip := param("urgent_only", false).(bool), param("skip_ward", "none").(string)
	if len(c.born) != 1 {
		return nil, 0, false
	}
	type group struct {
		ward                   string
		hours, cost, handovers float64
		last                   byte
	}
	var groups []*group
	for _, v := range c.visits {
		if v.ward == nil || int64(v.day) < since || *v.ward == skip || (urgentOnly && (v.urgent == nil || !*v.urgent)) {
			continue
		}
		var g *group
		for _, x := range groups {
			if x.ward == *v.ward {
				g = x
			}
		}
		if g == nil {
			g = &group{ward: *v.ward, last: v.doctor}
			groups = append(groups, g)
		}
		h := typical
		if v.hours != nil {
			h = *v.hours
		}
		rate := int64(0)
		for i, w := range c.wards {
			if w == *v.ward {
				rate = c.rates[i]
				break
			}
		}
		g.hours += h
		product := float64(rate) * h // rounded on its own: there is no fused operation in WebAssembly
		g.cost += product + float64(v.fee)
		if v.doctor != g.last {
			g.handovers++
		}
		g.last = v.doctor
	}
	if len(groups) > 8 {
		return nil, 0, false
	}
	for _, g := range groups {
		if len(g.ward) > 12 {
			return nil, 0, false
		}
		rec := make([]byte, records.Size())
		copy(rec, g.ward)
		le.PutUint64(rec[16:], uint64(int64(c.born[0]/10*10)))
		for i, m := range []float64{g.hours, g.cost, g.handovers} {
			le.PutUint64(rec[24+8*i:], math.Float64bits(m))
		}
		out = append(out, rec...)
	}
	return out, len(groups), true
}

func stayCases() []stayCase {
	s := func(v string) *string { return &v }
	h := func(v float64) *float64 { return &v }
	yes, no := new(true), new(false)
	wards, rates := []string{"north", "south", "老城", "north"}, []int64{12, 30, 7, 99}
	plain := stay{ward: s("north"), hours: h(2.5), day: 18300, urgent: yes, fee: 120, doctor: 1}
	with := func(edit func(*stay)) stay { v := plain; edit(&v); return v }
	many := func(n int, edit func(int, *stay)) (list []stay) {
		for i := range n {
			list = append(list, with(func(v *stay) { edit(i, v) }))
		}
		return list
	}
	cases := []stayCase{
		{name: "one visit", visits: []stay{plain}},
		{name: "no visits"},
		{name: "nobody: the unit fails", born: []int32{}, visits: []stay{plain}},
		{name: "no reference rows: every rate is 0", visits: []stay{plain}, wards: []string{}, rates: []int64{}},
		{name: "the first of two rates counts", visits: []stay{plain}},
		{name: "a ward without a rate", visits: []stay{with(func(v *stay) { v.ward = s("west") })}},
		{name: "groups in order of appearance", visits: many(6, func(i int, v *stay) { v.ward = s([]string{"south", "north", "老城"}[i%3]) })},
		{name: "missing ward", visits: []stay{with(func(v *stay) { v.ward = nil }), plain}},
		{name: "missing hours take the parameter", visits: []stay{with(func(v *stay) { v.hours = nil })}, params: map[string]any{"typical_hours": 7.25}},
		{name: "missing hours take the default", visits: []stay{with(func(v *stay) { v.hours = nil })}},
		{name: "missing in every column that may", visits: []stay{with(func(v *stay) { v.ward, v.hours, v.urgent = nil, nil, nil })}},
		{name: "missing urgent is not urgent", visits: []stay{with(func(v *stay) { v.urgent = nil }), plain, with(func(v *stay) { v.urgent = no })}, params: map[string]any{"urgent_only": true}},
		{name: "validity beyond one byte", visits: many(20, func(i int, v *stay) {
			if i%3 == 0 {
				v.hours = nil
			}
			if i == 9 || i == 17 {
				v.ward = nil
			}
		})},
		{name: "bools beyond one byte", visits: many(19, func(i int, v *stay) {
			if i%5 != 0 {
				v.urgent = no
			}
		}), params: map[string]any{"urgent_only": true}},
		{name: "the day itself counts", visits: many(5, func(i int, v *stay) { v.day = int32(i) }), params: map[string]any{"since": int64(3)}},
		{name: "days before 1970", visits: many(5, func(i int, v *stay) { v.day = int32(i - 20000) }), params: map[string]any{"since": int64(-19998)}},
		{name: "a day far away", visits: []stay{plain}, params: map[string]any{"since": int64(math.MaxInt64)}},
		{name: "a skipped ward", visits: many(4, func(i int, v *stay) { v.ward = s([]string{"south", "north"}[i%2]) }), params: map[string]any{"skip_ward": "south"}},
		{name: "the default skips a ward", visits: []stay{with(func(v *stay) { v.ward = s("none") })}},
		{name: "a skipped ward in Chinese", visits: many(4, func(i int, v *stay) { v.ward = s([]string{"老城", "老"}[i%2]) }), params: map[string]any{"skip_ward": "老"}},
		{name: "an empty text is a value", visits: []stay{with(func(v *stay) { v.ward = s("") })}},
		{name: "an empty parameter skips the empty text", visits: []stay{with(func(v *stay) { v.ward = s("") }), plain}, params: map[string]any{"skip_ward": ""}},
		{name: "a prefix is another text", visits: many(3, func(i int, v *stay) { v.ward = s("northern"[:3+2*i]) })},
		{name: "a key of full width", visits: []stay{with(func(v *stay) { v.ward = s("twelve bytes") })}},
		{name: "a key beyond its width: the unit fails", visits: []stay{with(func(v *stay) { v.ward = s("thirteen byte") })}},
		{name: "a key beyond its width in a visit that does not count", visits: []stay{with(func(v *stay) { v.ward, v.day = s("thirteen byte"), -1 })}},
		{name: "as many groups as may be", visits: many(16, func(i int, v *stay) { v.ward = s(fmt.Sprint("w", i%8)) })},
		{name: "one group too many: the unit fails", visits: many(9, func(i int, v *stay) { v.ward = s(fmt.Sprint("w", i)) })},
		{name: "the most rows", visits: many(64, func(i int, v *stay) { v.ward, v.doctor = s(fmt.Sprint("w", i%7)), byte(i/20) })},
		{name: "doctors change and come back", visits: many(6, func(i int, v *stay) { v.doctor = []byte{1, 1, 2, 1, 1, 3}[i] })},
		{name: "doctors change in each ward on its own", visits: many(6, func(i int, v *stay) { v.ward, v.doctor = s([]string{"south", "north"}[i%2]), byte(i%2) })},
		{name: "a fee that no double holds", visits: []stay{with(func(v *stay) { v.fee = 1<<53 + 1 })}},
		{name: "the largest fee", visits: []stay{with(func(v *stay) { v.fee = math.MaxInt64 })}},
		{name: "the smallest fee", visits: []stay{with(func(v *stay) { v.fee = math.MinInt64 })}},
		{name: "product and sum are rounded each", visits: many(3, func(i int, v *stay) { v.hours, v.fee = h(0.1+float64(i)), 3 })},
		{name: "hours that cancel", visits: []stay{plain, with(func(v *stay) { v.hours = h(-2.5) })}},
		{name: "tiny and huge hours", visits: []stay{with(func(v *stay) { v.hours = h(5e-324) }), with(func(v *stay) { v.hours = h(1e300) })}},
		{name: "born before year 0", born: []int32{-15}, visits: []stay{plain}},
		{name: "the last year there is", born: []int32{math.MaxInt32}, visits: []stay{plain}},
	}
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 20 {
		c := stayCase{name: fmt.Sprint("random ", i), born: []int32{1900 + r.Int32N(120)}, params: map[string]any{
			"since": r.Int64N(40), "typical_hours": float64(r.IntN(100)) / 7, "urgent_only": r.IntN(3) == 0}}
		c.visits = many(r.IntN(40), func(_ int, v *stay) {
			*v = stay{day: r.Int32N(100), fee: r.Int64N(2000) - 500, doctor: byte(r.IntN(4))}
			if r.IntN(6) > 0 {
				v.ward = s([]string{"north", "south", "老城", "", "none", "west-side"}[r.IntN(6)])
			}
			if r.IntN(4) > 0 {
				v.hours = h(r.Float64() * 10)
			}
			if k := r.IntN(3); k > 0 {
				v.urgent = []*bool{yes, no}[k-1]
			}
		})
		cases = append(cases, c)
	}
	for i := range cases {
		if c := &cases[i]; c.born == nil {
			c.born = []int32{1958}
		}
		if cases[i].wards == nil {
			cases[i].wards, cases[i].rates = wards, rates
		}
	}
	return cases
}

var (
	staysSchema = arrow.NewSchema([]arrow.Field{tokenField(),
		{Name: "ward", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "hours", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "day", Type: arrow.FixedWidthTypes.Date32},
		{Name: "urgent", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "fee", Type: arrow.PrimitiveTypes.Int64},
		{Name: "doctor", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}}}, nil)
	pricesSchema = arrow.NewSchema([]arrow.Field{{Name: "ward", Type: arrow.BinaryTypes.String}, {Name: "rate", Type: arrow.PrimitiveTypes.Int64}}, nil)
	costsSchema  = arrow.NewSchema([]arrow.Field{tokenField(), {Name: "year", Type: arrow.PrimitiveTypes.Int32},
		{Name: "cost", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
)

// fill writes the window of a case as the host does, with a unit or a block,
// and the case's rows for people.
func (v *vectorFile) fill(t *testing.T, c *vectorCase, b *Binding, unit [][]Span, block ...*Block) {
	t.Helper()
	man, err := abi.DecodeManifest(v.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	b.Function = v.Function
	plan, err := abi.NewPlan(man, b)
	if err != nil {
		t.Fatal(err)
	}
	w, window := plan.NewWriter(), make([]byte, plan.InBytes())
	if err := w.Static(window); err != nil {
		t.Fatal(err)
	}
	rows, fits, err := 0, false, error(nil)
	if len(block) > 0 {
		rows, fits, err = w.Block(window, block[0])
	} else {
		rows, fits, err = w.Unit(window, unit)
	}
	if err != nil || !fits {
		t.Fatalf("%s: %v", c.Name, err)
	}
	c.Rows, c.In, c.Out, c.Window = rows, plan.InBytes(), plan.OutBytes(), pieces(window)
	c.Params = b.Params
	c.Tables = map[string][]row{}
	add := func(name string, batch arrow.RecordBatch, first int) {
		list := []row{}
		for i := range int(batch.NumRows()) {
			var line row
			for k := first; k < int(batch.NumCols()); k++ {
				col := batch.Column(k)
				switch {
				case col.IsNull(i):
					line = append(line, nil)
				default:
					line = append(line, cell(col, i))
				}
			}
			list = append(list, line)
		}
		c.Tables[name] = list
	}
	for i := range b.Inputs {
		add(b.Inputs[i].Name, unit[i][0].Batch, 1)
	}
	for name, batch := range b.References {
		add(name, batch, 0)
	}
}

// cell is a value for people; int64 as text, since many readers of JSON round.
func cell(col arrow.Array, i int) any {
	switch x := col.(type) {
	case *array.String:
		return x.Value(i)
	case *array.Int32:
		return x.Value(i)
	case *array.Int64:
		return strconv.FormatInt(x.Value(i), 10)
	case *array.Float64:
		return x.Value(i)
	case *array.Boolean:
		return x.Value(i)
	case *array.Date32:
		return int32(x.Value(i))
	case *array.FixedSizeBinary:
		return hex.EncodeToString(x.Value(i))
	}
	panic(col.DataType())
}

func (v *vectorFile) result(t *testing.T, c *vectorCase, records []byte, n int, ok bool) {
	t.Helper()
	man, err := abi.DecodeManifest(v.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := man.Function(v.Function)
	r, err := abi.NewRecords(&f.Output)
	if err != nil {
		t.Fatal(err)
	}
	if c.Fails = !ok; ok {
		c.Count, c.Records, c.Expect = n, hex.EncodeToString(records), show(r, f, records, n)
	}
}

func stayVectors(t *testing.T) *vectorFile {
	v := &vectorFile{Format: vectorFormat, Module: "visits", Function: "visits", Kind: abi.KindMap, Manifest: exampleManifest(t, abi.KindMap)}
	a := allocator(t)
	man, err := abi.DecodeManifest(v.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	records, err := abi.NewRecords(&man.Functions[0].Output)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stayCases() {
		person := bornBatch(t, a, s.born...)
		visits := batchOf(t, a, staysSchema, len(s.visits), func(b *array.RecordBuilder) {
			for _, x := range s.visits {
				opt(b.Field(1).(*array.StringBuilder), x.ward)
				opt(b.Field(2).(*array.Float64Builder), x.hours)
				b.Field(3).(*array.Date32Builder).Append(arrow.Date32(x.day))
				opt(b.Field(4).(*array.BooleanBuilder), x.urgent)
				b.Field(5).(*array.Int64Builder).Append(x.fee)
				// Tokens that differ in their first, their last or a middle byte.
				b.Field(6).(*array.FixedSizeBinaryBuilder).Append(append(bytes.Repeat([]byte{0xee}, int(x.doctor)*5%16), append([]byte{x.doctor}, bytes.Repeat([]byte{0xee}, 15-int(x.doctor)*5%16)...)...))
			}
		})
		rates := batchOf(t, a, pricesSchema, len(s.wards), func(b *array.RecordBuilder) {
			b.Field(0).(*array.StringBuilder).AppendValues(s.wards, nil)
			b.Field(1).(*array.Int64Builder).AppendValues(s.rates, nil)
		})
		c := vectorCase{Name: s.name}
		v.fill(t, &c, &Binding{
			Inputs: []InputBinding{{Name: "person", Schema: personSchema},
				{Name: "visits", Schema: staysSchema, MaxBytes: map[string]int{"ward": 16}}},
			References: map[string]arrow.RecordBatch{"rates": rates},
			Params:     s.params,
		}, [][]Span{{{Batch: person, To: len(s.born)}}, {{Batch: visits, To: len(s.visits)}}})
		out, n, ok := stays(&s, records)
		v.result(t, &c, out, n, ok)
		v.Cases = append(v.Cases, c)
	}
	return v
}

// inLanes adds as docs/sdk.md says that all SDKs do.
func inLanes(values []float64) float64 {
	var p [4]float64
	for i, x := range values {
		p[i%4] += x
	}
	return (p[0] + p[2]) + (p[1] + p[3])
}

func totalVectors(t *testing.T) *vectorFile {
	v := &vectorFile{Format: vectorFormat, Module: "visits", Function: "totals", Kind: abi.KindMap, Manifest: exampleManifest(t, abi.KindMap)}
	a := allocator(t)
	r := rand.New(rand.NewPCG(9, 9))
	for n := range 24 {
		rows := n
		if n > 17 {
			rows = []int{31, 32, 33, 100, 255, 256}[n-18]
		}
		c := vectorCase{Name: fmt.Sprintf("%d bills", rows)}
		params := map[string]any{}
		from, to := int64(2020), int64(2029)
		if n%4 == 3 {
			from, to = 1990+r.Int64N(40), 1990+r.Int64N(40)
			params = map[string]any{"from": from, "to": to}
		}
		var all, recent []float64
		count := 0
		batch := batchOf(t, a, costsSchema, rows, func(b *array.RecordBuilder) {
			for i := range rows {
				year, cost := 2010+r.Int32N(30), r.NormFloat64()*1000/3
				b.Field(1).(*array.Int32Builder).Append(year)
				in := int64(year) >= from && int64(year) <= to
				if in {
					count++
				}
				if n%3 == 1 && r.IntN(4) == 0 {
					b.Field(2).AppendNull()
					cost = 0
				} else {
					b.Field(2).(*array.Float64Builder).Append(cost)
				}
				all = append(all, cost)
				for len(recent) < i+1 {
					recent = append(recent, 0)
				}
				if in {
					recent[i] = cost
				}
			}
		})
		v.fill(t, &c, &Binding{Inputs: []InputBinding{{Name: "bills", Schema: costsSchema}}, Params: params}, [][]Span{{{Batch: batch, To: rows}}})
		var out []byte
		for _, m := range []float64{inLanes(all), inLanes(recent), float64(count)} {
			out = le.AppendUint64(out, math.Float64bits(m))
		}
		v.result(t, &c, out, 1, true)
		v.Cases = append(v.Cases, c)
	}
	return v
}

func bandVectors(t *testing.T) *vectorFile {
	v := &vectorFile{Format: vectorFormat, Module: "bands", Function: "bands", Kind: abi.KindMapScalar, Manifest: exampleManifest(t, abi.KindMapScalar)}
	add := func(name string, born, day int32, member bool, points int64, cost float64) {
		c := vectorCase{Name: name, In: 256, Out: 16, Fails: cost < 0, Args: []string{fmt.Sprint(born), fmt.Sprint(day),
			map[bool]string{true: "1", false: "0"}[member], fmt.Sprint(points), strconv.FormatFloat(cost, 'g', -1, 64)}}
		if cost > 0 {
			c.Count = 1
			p := 0.0
			if member {
				p = float64(points)
			}
			c.Results = []string{fmt.Sprint(born / 10 * 10), fmt.Sprint(((int64(day)+3)%7 + 7) % 7),
				strconv.FormatFloat(cost, 'g', -1, 64), strconv.FormatFloat(p, 'g', -1, 64)}
		}
		v.Cases = append(v.Cases, c)
	}
	add("a record", 1958, 18300, true, 12, 99.5)
	add("not a member", 1958, 18300, false, 12, 99.5)
	add("nothing", 1958, 18300, true, 12, 0)
	add("minus zero is nothing", 1958, 18300, true, 12, math.Copysign(0, -1))
	add("fails", 1958, 18300, true, 12, -0.5)
	add("fails by little", 1958, 18300, true, 12, -5e-324)
	add("the smallest cost", 1958, 18300, true, 12, 5e-324)
	add("the largest cost", 1958, 18300, true, 12, math.MaxFloat64)
	add("born before year 0", -15, 18300, true, 12, 1)
	add("the last year", math.MaxInt32, 18300, true, 12, 1)
	add("the first year", math.MinInt32, 18300, true, 12, 1)
	add("points that no double holds", 1958, 18300, true, 1<<53+1, 1)
	add("the most points", 1958, 18300, true, math.MaxInt64, 1)
	add("the fewest points", 1958, 18300, true, math.MinInt64, 1)
	for d := range int32(16) {
		add(fmt.Sprintf("weekday of day %d", d-8), 1958, d-8, true, 1, 1)
	}
	add("long ago", 1958, -700000, true, 1, 1)
	add("far ahead", 1958, 2000000, true, 1, 1)
	return v
}

// TestVectorFiles: the committed files are what the host writes into windows
// and what the example gives, told once more in Go; -update writes them.
func TestVectorFiles(t *testing.T) {
	for _, v := range []*vectorFile{stayVectors(t), totalVectors(t), bandVectors(t), spendingVectors(t)} {
		fails := 0
		for i := range v.Cases {
			if v.Cases[i].Fails {
				fails++
			}
		}
		if fails > len(v.Cases)/4 {
			t.Errorf("%s: %d of %d cases fail: they show little", v.Function, fails, len(v.Cases))
		}
		file, b := vectorsDir+v.Function+".json", v.bytes(t)
		if *update {
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(b, read(t, file)) {
			t.Errorf("%s is not what its cases give; go test -run VectorFiles -update writes it", file)
		}
		readVectors(t, v.Function)
	}
}
