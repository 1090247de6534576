package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"glovebox.example/glovebox"
)

// releases lists the releases.
func releases(v *view) error {
	var all []releaseDoc
	if err := v.get("/releases", nil, &all); err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b releaseDoc) int { return cmp.Compare(b.Made, a.Made) })
	v.Section = "releases"
	v.show(http.StatusOK, "releases", v.T("Releases"), paged(v, all, func(r releaseDoc, q string) bool {
		return has(q, r.ID, r.Product, r.Scenario, r.State)
	}))
	return nil
}

// releasePage is a release with its charts and its table.
type releasePage struct {
	review
	StateOf  string
	Waits    glovebox.Role // in which whoever looks is asked to approve
	Operates bool
	Charts   []*intervalChart
	Heats    []*heat
	Ranked   bool
	Table    *list[[]cell]
	Heads    []head
	Keys     int // columns of the key
	// Of a review:
	Module   *moduleDiff
	Columns  []columnUse
	Earlier  []earlier
	Balances []quote
	Places   []place
}

// place is where exports may go.
type place struct {
	Name string `json:"name"`
	To   string `json:"to"`
}

// head is a column of the table as people read it: a figure with its interval is
// one.
type head struct {
	Name string
	Num  bool
}

// cell is one figure.
type cell struct {
	Value, Low, Top string
	Num, Clamped    bool
}

func releaseShow(v *view) error {
	p, err := v.release()
	if err != nil {
		return err
	}
	v.Section = "releases"
	v.show(http.StatusOK, "release", p.title(v.Lang), p)
	return nil
}

func (p *releasePage) title(l glovebox.Lang) string {
	if p.Content != nil {
		if s := p.Content.Facts.Product.Title.In(l); s != "" {
			return s
		}
	}
	return p.Release.Product
}

// release reads one release and lays it out.
func (v *view) release() (*releasePage, error) {
	p := &releasePage{Ranked: v.r.URL.Query().Get("order") == "figure"}
	var err error
	if p.StateOf, err = v.look("/releases/"+id(v.r.PathValue("id")), &p.review); err != nil {
		return nil, err
	}
	p.Waits = v.waits(&p.Release)
	p.Operates = v.Holds(glovebox.RoleOperator) && p.Release.State != releasePending
	if p.Operates {
		if err := v.get("/places", nil, &p.Places); err != nil {
			p.Places = nil // none is named
		}
	}
	if p.Content != nil {
		p.lay(v)
	}
	return p, nil
}

// waits is a role in which a release waits for the approval of whoever looks.
func (v *view) waits(r *releaseDoc) glovebox.Role {
	if r.State != releasePending && r.State != releaseReturned {
		return ""
	}
	for _, a := range r.Approvals {
		if a.User == v.Me.Name {
			return ""
		}
	}
	for _, role := range r.Needed {
		given := false
		for _, a := range r.Approvals {
			given = given || a.Role == role && (role != glovebox.RoleProvider || a.Org == v.Me.Org)
		}
		if v.Holds(role) && !given {
			return role
		}
	}
	return ""
}

// lay makes charts and table of the rows.
func (p *releasePage) lay(v *view) { p.Table = paged(v, p.table(), nil) }

// table makes charts of the rows, and the whole table.
func (p *releasePage) table() [][]cell {
	c := p.Content
	at := map[string]int{}
	for i, x := range c.Columns {
		at[x.Name] = i
	}
	bounds := func(name string) (low, top int, ok bool) {
		low, a := at[name+"_lo"]
		top, b := at[name+"_hi"]
		return low, top, a && b
	}
	side := map[int]bool{}
	for _, x := range c.Columns {
		if low, top, ok := bounds(x.Name); ok {
			side[low], side[top] = true, true
		}
	}
	p.Keys = min(len(c.Facts.Output.Key), len(c.Columns))
	if c.Facts.Mode != "map" {
		for p.Keys < len(c.Columns) && c.Columns[p.Keys].Type == glovebox.String {
			p.Keys++
		}
	}
	for i, x := range c.Columns {
		if side[i] {
			continue
		}
		p.Heads = append(p.Heads, head{x.Name, i >= p.Keys && x.Type != glovebox.String})
		low, top, ok := bounds(x.Name)
		if ok && i >= p.Keys {
			p.draw(x.Name, i, low, top)
		}
	}
	var table [][]cell
	for _, row := range c.Rows {
		var out []cell
		for i, x := range c.Columns {
			if side[i] {
				continue
			}
			y := cell{Value: fmt.Sprint(row[i]), Num: i >= p.Keys && x.Type != glovebox.String}
			if y.Num {
				y.Value = number(row[i])
			}
			if low, top, ok := bounds(x.Name); ok && i >= p.Keys {
				r := c.reading("", x.Name, row, i, low, top)
				y.Low, y.Top, y.Clamped = number(row[low]), number(row[top]), r.ClampedLow || r.ClampedTop
			}
			out = append(out, y)
		}
		table = append(table, out)
	}
	return table
}

// reading is a figure of a row with its interval, and whether the declared range
// ended it.
func (c *content) reading(key, metric string, row []any, i, low, top int) reading {
	f := func(x any) float64 { n, _ := x.(float64); return n }
	r := reading{Key: key, V: f(row[i]), Low: f(row[low]), Top: f(row[top])}
	for _, m := range c.Facts.Output.Metrics {
		if m.Name != metric {
			continue
		}
		switch m.Kind {
		case "count", "distinct":
			r.ClampedLow = r.Low == 0
		case "sum":
			r.ClampedLow = m.Min >= 0 && r.Low == 0
			r.ClampedTop = m.Max <= 0 && r.Top == 0
		case "mean", "quantile":
			r.ClampedLow, r.ClampedTop = r.Low == m.Min && m.Min < m.Max, r.Top == m.Max && m.Min < m.Max
		}
	}
	return r
}

func (p *releasePage) draw(metric string, i, low, top int) {
	c := p.Content
	var pts []reading
	var down, across []string
	for _, row := range c.Rows {
		var keys []string
		for k := range p.Keys {
			keys = append(keys, fmt.Sprint(row[k]))
		}
		pts = append(pts, c.reading(strings.Join(keys, " · "), metric, row, i, low, top))
		if p.Keys == 2 {
			down, across = append(down, keys[0]), append(across, keys[1])
		}
	}
	if p.Keys == 2 {
		if h := heatOf(metric, down, across, pts); h != nil {
			p.Heats = append(p.Heats, h)
			return
		}
	}
	if x := intervals(metric, pts, p.Ranked); x != nil {
		p.Charts = append(p.Charts, x)
	}
}

// Sayings are the facts in plain words: what one person can change.
func (p *releasePage) Sayings(v *view) []string {
	f := &p.Content.Facts
	var out []string
	if l0 := f.Privacy.L0; l0 > 0 && len(f.Output.Key) > 0 {
		out = append(out, v.T("One person counts in at most %s rows of the table.", number(l0)))
	}
	for _, n := range f.Privacy.Noise {
		switch {
		case n.Of == "units":
			out = append(out, v.T("One person can change a count by at most %s.", number(n.Reach)))
		default:
			for _, m := range f.Output.Metrics {
				if m.Name == n.Of && (m.Kind == "sum" || m.Kind == "mean") {
					out = append(out, v.T("One person counts in %s with a value from %s to %s; others are moved to the nearer bound.", n.Of, number(m.Min), number(m.Max)))
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Inputs)) {
		if in := f.Inputs[name]; in.MaxRows > 0 {
			out = append(out, v.T("Of one person at most %s rows of %s are read; the others are cut off.", number(in.MaxRows), name))
		}
	}
	if s := f.Privacy.Selection; s != nil && s.Even > 0 {
		out = append(out, v.T("A row shows only where enough people stand behind it: with %s it is shown every other time.", number(s.Even)))
	}
	if w := f.Privacy.Whole; w != nil {
		out = append(out, v.T("Whoever knows all but one person learns little of that one: ε = %s, δ = %s.", number(w.Epsilon), number(w.Delta)))
	}
	return out
}

// Needs says which approvals are missing.
func (r *releaseDoc) Missing() []glovebox.Role {
	var out []glovebox.Role
	for _, role := range r.Needed {
		if !slices.ContainsFunc(r.Approvals, func(a struct {
			User string        `json:"user"`
			Role glovebox.Role `json:"role"`
			Org  string        `json:"org"`
			At   string        `json:"at"`
		}) bool {
			return a.Role == role
		}) {
			out = append(out, role)
		}
	}
	return out
}
