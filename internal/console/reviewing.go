package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"glovebox.example/glovebox"
)

// moduleDiff is the module of a release beside that of the last approved release
// of the same product.
type moduleDiff struct {
	Digest, Before string // Before "": there is none
	Release        string // that had Before
	Name, Version  string
	NameWas        string
	Same           bool
}

// columnUse is a column of a job with what is done to it.
type columnUse struct {
	Dataset, Column string
	Record          *glovebox.Column
	Mask            *glovebox.Mask
	Where           string
	First           bool
	Span            int
}

// earlier is a release that read some of the same data.
type earlier struct {
	releaseDoc
	Datasets []string
	Keys     int // that are in both; -1: not to be read
	Module   bool
}

// quote is a price beside what its ledger holds.
type quote struct {
	Account      string
	Kind         glovebox.LedgerKind
	Price, Spent glovebox.Amount
	Total        glovebox.Amount
}

// maxEarlier is how many earlier releases a review compares keys with.
const maxEarlier = 8

// reviewShow is all that a reviewer decides by, on one page.
func reviewShow(v *view) error {
	p, err := v.release()
	if err != nil {
		return err
	}
	if p.Content == nil {
		return releaseShow(v)
	}
	var all []dataset
	if err := v.get("/datasets", nil, &all); err != nil {
		return err
	}
	records := map[string]glovebox.Dataset{}
	for _, d := range all {
		records[d.Record.Code] = d.Record
	}
	p.Columns = columnsOf(&p.Content.Facts, records)
	if err := v.compare(p); err != nil {
		return err
	}
	v.balances(p)
	v.Section = "releases"
	v.show(http.StatusOK, "review", v.T("Review: %s", p.title(v.Lang)), p)
	return nil
}

// columnsOf lists the columns that a job reads, and those of its filter.
func columnsOf(f *facts, records map[string]glovebox.Dataset) (out []columnUse) {
	for _, code := range slices.Sorted(maps.Keys(f.Inputs)) {
		in := f.Inputs[code]
		names := slices.Clone(in.Columns)
		for _, c := range slices.Sorted(maps.Keys(in.Masks)) {
			if !slices.Contains(names, c) {
				names = append(names, c)
			}
		}
		rec := records[code]
		for i, c := range names {
			u := columnUse{Dataset: code, Column: c, Where: in.Where, First: i == 0, Span: len(names)}
			if x, ok := rec.Column(c); ok {
				u.Record = &x
			}
			if m, ok := in.Masks[c]; ok {
				u.Mask = &m
			}
			out = append(out, u)
		}
	}
	return out
}

// compare reads earlier releases of the same data, and the module of the last
// approved one of the product.
func (v *view) compare(p *releasePage) error {
	f := &p.Content.Facts
	p.Module = &moduleDiff{Digest: f.Module.Digest, Name: f.Module.Name, Version: f.Module.Version}
	var all []releaseDoc
	if err := v.get("/releases", nil, &all); err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b releaseDoc) int { return cmp.Compare(b.Made, a.Made) })
	mine := p.Content.keys(p.Keys)
	asked := 0
	for _, r := range all {
		if r.ID == p.Release.ID || r.Made > p.Release.Made || asked == maxEarlier {
			continue
		}
		var other review
		if _, err := v.look("/releases/"+id(r.ID), &other); err != nil {
			return err
		}
		asked++
		e := earlier{releaseDoc: r, Keys: -1}
		if other.Content != nil {
			for code := range other.Content.Facts.Inputs {
				if _, ok := f.Inputs[code]; ok {
					e.Datasets = append(e.Datasets, code)
				}
			}
			slices.Sort(e.Datasets)
			e.Keys = 0
			for k := range other.Content.keys(len(other.Content.Facts.Output.Key)) {
				if mine[k] {
					e.Keys++
				}
			}
			if r.Product == p.Release.Product && r.State != releasePending && p.Module.Before == "" {
				p.Module.Before, p.Module.Release, p.Module.NameWas = other.Content.Facts.Module.Digest, r.ID, other.Content.Facts.Module.Name+" "+other.Content.Facts.Module.Version
				p.Module.Same = p.Module.Before == p.Module.Digest
			}
		}
		if len(e.Datasets) > 0 || r.Scenario == p.Release.Scenario {
			p.Earlier = append(p.Earlier, e)
		}
	}
	return nil
}

// keys are the keys of a table's rows.
func (c *content) keys(n int) map[string]bool {
	out := map[string]bool{}
	for _, row := range c.Rows {
		if n > 0 && n <= len(row) {
			out[fmt.Sprint(row[:n]...)] = true
		}
	}
	return out
}

// balances are the prices that the job paid, beside what the ledgers hold now.
func (v *view) balances(p *releasePage) {
	var b budget
	_ = v.get("/budgets", nil, &b) // whoever may not read ledgers sees prices alone
	for _, c := range p.Content.Facts.Charges {
		q := quote{Account: c.Account(), Kind: c.Kind, Price: c.Amount}
		for _, x := range b.Balances {
			if x.Account() == q.Account {
				q.Spent, q.Total = x.Spent, x.Total
			}
		}
		p.Balances = append(p.Balances, q)
	}
}

// Share is what was spent of a total, in percent.
func share(spent, total glovebox.Amount) int {
	if total.Loss == 0 {
		return 0
	}
	return int(min(100, spent.Loss*100/total.Loss))
}
