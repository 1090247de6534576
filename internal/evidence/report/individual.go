package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence"
)

// loss is what the ledger of a unit space paid since the log began.
type loss struct {
	kind    glovebox.LedgerKind
	charges int
	whole   glovebox.Amount                       // by every unit that is in the data
	parts   map[string]map[string]glovebox.Amount // by those of one value of a family
	first   string                                // time of the first charge
	last    string
}

// lost takes in what an entry charged to unit spaces.
func (b *book) lost(f *evidence.Facts) {
	for _, c := range f.Charges {
		if c.Space == "" {
			continue
		}
		l := b.losses[c.Space]
		if l == nil {
			l = &loss{kind: c.Kind, first: f.Time, parts: map[string]map[string]glovebox.Amount{}}
			b.losses[c.Space] = l
		}
		l.charges, l.last = l.charges+1, f.Time
		switch {
		case c.Parts == nil:
			l.whole = l.whole.Add(c.Amount)
		case !strings.Contains(c.Parts.Family, "@"): // periods: a unit may be in each of them
			for range c.Parts.Values {
				l.whole = l.whole.Add(c.Amount)
			}
		default: // a value that is constant in a unit
			of := l.parts[c.Parts.Family]
			if of == nil {
				of = map[string]glovebox.Amount{}
				l.parts[c.Parts.Family] = of
			}
			for _, v := range c.Parts.Values {
				of[v] = of[v].Add(c.Amount)
			}
		}
	}
}

// most is what one unit can have lost: all that every unit paid, and of each
// family of parts the largest, since a unit has one value.
func (l *loss) most() glovebox.Amount {
	sum := l.whole
	for _, of := range l.parts {
		var high glovebox.Amount
		for _, a := range of {
			high.Loss, high.Delta = max(high.Loss, a.Loss), max(high.Delta, a.Delta)
		}
		sum = sum.Add(high)
	}
	return sum
}

// oddsDelta is the chance that is granted to a statement about the odds of a
// loss in rho.
const oddsDelta = 1e-6

// odds is the factor by which everything that was let out can change the odds of
// a guess about one unit, rounded up to two digits; +Inf where it is no bound. In rho it is that of
// epsilon = rho + 2 sqrt(rho ln(1/delta)) (Bun and Steinke 2016, proposition 1.3).
func (l *loss) odds() float64 {
	x := float64(l.most().Loss) * glovebox.LossUnit
	if l.kind == glovebox.LedgerZCDP {
		x += 2 * math.Sqrt(x*math.Log(1/oddsDelta))
	}
	f := math.Exp(x)
	if f >= 1e6 {
		return math.Inf(1)
	}
	unit := math.Pow(10, math.Floor(math.Log10(f))-1)
	return math.Ceil(f/unit) * unit
}

// worst lists what one unit of each space can have lost, over everything up to
// the end of the period.
func worst(b *book) table {
	t := table{title: glovebox.Text{EN: "What one person or institution can have lost in the worst case", ZH: "一个人或一家单位在最坏情况下的损失"}, columns: columns("unit space", "单元空间", "datasets", "数据资源",
		"at most, since the log began", "自日志起始至多", "odds of a guess change at most by", "猜测的胜算至多变为", "but for a chance of", "例外概率", "requests", "请求数", "first", "最早", "last", "最近")}
	in := b.spaces()
	for _, space := range slices.Sorted(maps.Keys(in)) {
		row := []string{space, strings.Join(in[space], " "), b.say("nothing", "无"), b.say("1 time", "1 倍"), "0", "0", "", ""}
		if l := b.losses[space]; l != nil {
			most := l.most()
			delta := float64(most.Delta) * glovebox.DeltaUnit
			if l.kind == glovebox.LedgerZCDP {
				delta += oddsDelta
			}
			times := b.say("more than 1,000,000 times", "100 万倍以上")
			if f := l.odds(); !math.IsInf(f, 1) {
				times = strconv.FormatFloat(f, 'f', -1, 64) + b.say(" times", " 倍")
			}
			_, price, _ := strings.Cut(evidence.Price(glovebox.Charge{Space: space, Kind: l.kind, Amount: most}), ": ")
			row = []string{space, strings.Join(in[space], " "), price, times,
				strconv.FormatFloat(delta, 'g', 2, 64), num(l.charges), b.at(l.first), b.at(l.last)}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// spaces are the unit spaces with the codes of their datasets, sorted.
func (b *book) spaces() map[string][]string {
	in := map[string][]string{}
	for _, code := range slices.Sorted(maps.Keys(b.datasets)) {
		d := b.datasets[code]
		for _, u := range d.Units() {
			if !slices.Contains(in[u.Space], code) {
				in[u.Space] = append(in[u.Space], code)
			}
		}
	}
	return in
}

// stood lists the products that the data of a space's units stood behind in the
// period: what was made, and what left. It names institutions and no person.
func stood(b *book) table {
	t := table{title: glovebox.Text{EN: "Products that their data stood behind", ZH: "使用了其数据的产品"}, columns: columns("unit space", "单元空间", "product", "产品", "registration", "登记编码", "purpose", "用途",
		"operator", "运营机构", "datasets", "数据资源", "results", "生成结果", "copies that left", "流出份数", "last", "最近")}
	type row struct {
		space, scenario, product string
	}
	made, gone, last, data := map[row]int{}, map[row]int{}, map[row]string{}, map[row]map[string]bool{}
	in := b.spaces()
	for i := range b.events {
		e := &b.events[i]
		if e.Action != "release.make" && !left(e) {
			continue
		}
		for space, codes := range in {
			r := row{space, e.Scenario, e.Product}
			for _, code := range e.Datasets {
				if slices.Contains(codes, code) {
					if data[r] == nil {
						data[r] = map[string]bool{}
					}
					data[r][b.named(code)] = true
				}
			}
			if data[r] == nil {
				continue
			}
			if last[r] = b.at(e.Time); left(e) {
				gone[r]++
			} else {
				made[r]++
			}
		}
	}
	rows := slices.SortedFunc(maps.Keys(data), func(x, y row) int {
		return cmp.Or(cmp.Compare(x.space, y.space), cmp.Compare(x.scenario, y.scenario), cmp.Compare(x.product, y.product))
	})
	for _, r := range rows {
		s := b.scenarios[r.scenario]
		title, registration := r.product, ""
		for _, p := range s.Products {
			if p.Code == r.product {
				title, registration = b.text(p.Title), p.Registration
			}
		}
		t.rows = append(t.rows, []string{r.space, title, registration, b.text(s.Purpose), b.institution(s.Operator),
			strings.Join(slices.Sorted(maps.Keys(data[r])), ", "), num(made[r]), num(gone[r]), last[r]})
	}
	return t
}

// named is the title of a dataset, its code where it has none.
func (b *book) named(code string) string {
	if title := b.text(b.datasets[code].Title); title != "" {
		return title
	}
	return code
}
