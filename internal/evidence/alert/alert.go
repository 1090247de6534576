// Package alert says what in a log somebody should look at: a small table of rules
// over entries and kept documents.
//
// What it promises: an alert follows from the log, the moment that is asked about
// and the balances of the ledgers, so that everybody who asks finds the same ones
// under the same names; it tells of entries, names, counts and times, and holds no
// figure of a release and no value of a cell. What it does not promise: that what
// it names is wrong, or that what it does not name is right. It stops nothing.
package alert

import (
	"cmp"
	"context"
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

// Alert is something that a rule found.
type Alert struct {
	// ID is the rule and what it was found at: the same thing has the same ID
	// whenever it is asked about.
	ID   string `json:"id"`
	Rule string `json:"rule"` // one of Rules
	Time string `json:"time"` // UTC, as entries have it
	// Entry completes what was found; nil: no single one does.
	Entry   *uint64 `json:"entry,omitempty"`
	Subject string  `json:"subject"`         // kind/ID
	Actor   string  `json:"actor,omitempty"` // whose doing it is
	// Other is whom or what else it is about: the other person of a key, the place
	// of an export.
	Other string `json:"other,omitempty"`
	// Count is how many entries it stands on, or of a ledger the percent that is
	// spent; 0: it does not count.
	Count int `json:"count,omitempty"`
}

// Rule is a line of the table.
type Rule struct {
	Name string
	Text glovebox.Text // what it finds
	find func(*look) error
}

// Rules is the table, in the order in which alerts of one moment are listed.
var Rules = []Rule{
	{"refusals", glovebox.Text{EN: "five refusals of one person within an hour", ZH: "同一人一小时内被拒五次"}, refusals},
	{"reruns", glovebox.Text{EN: "twenty runs for one product by one person within a day", ZH: "同一人一日内为同一产品运行二十次"}, reruns},
	{"budget", glovebox.Text{EN: "nine tenths of a ledger are spent", ZH: "账本已支出九成"}, budget},
	{"hours", glovebox.Text{EN: "a right, a key, a load, an approval or an export between 22:00 and 06:00, Beijing time", ZH: "北京时间 22:00 至 06:00 之间授权、变更密钥、载入、批准或导出"}, hours},
	{"place", glovebox.Text{EN: "an export to a place that no export named before", ZH: "导出到此前未用过的位置"}, place},
	{"key", glovebox.Text{EN: "a key or an account that is handed in as two persons'", ZH: "同一密钥或账号被登记为两人所有"}, key},
	{"witness", glovebox.Text{EN: "an export that no witness saw approved, in a domain that names witnesses", ZH: "指定了见证方的域中，未经见证即导出"}, witness},
	{"check", glovebox.Text{EN: "the domain found a fault when it checked itself", ZH: "域自检发现问题"}, check},
	{"ticket", glovebox.Text{EN: "a question about quality that is not answered in time", ZH: "质量问题逾期未答复"}, ticket},
}

// Thresholds of the rules.
const (
	refusalsMost, refusalsWithin = 5, time.Hour
	rerunsMost, rerunsWithin     = 20, 24 * time.Hour
	budgetPercent                = 90
	quietFrom, quietTo           = 22, 6 // hours, Beijing time
)

// Beijing is the clock of rules that go by the hour or the day.
var Beijing = time.FixedZone("Beijing", 8*60*60)

// Asked is what alerts are looked for in.
type Asked struct {
	// From bounds their time, as entries have it; To is not included, "": no bound.
	From, To string
	// Now is the moment that what is overdue is measured at.
	Now time.Time
	// Balances are the ledgers as they stand.
	Balances []glovebox.Balance
	// Witnessed says that the domain names witnesses.
	Witnessed bool
}

// look is one search.
type look struct {
	context.Context
	*Asked
	log  evidence.Log
	find evidence.Finder
	out  []Alert
}

// Find applies the rules and returns what they found, oldest first. It reads the
// entries that rules ask for, through find, and no others.
func Find(ctx context.Context, log evidence.Log, find evidence.Finder, a *Asked) ([]Alert, error) {
	l := &look{Context: ctx, Asked: a, log: log, find: find, out: []Alert{}}
	for _, r := range Rules {
		if err := r.find(l); err != nil {
			return nil, err
		}
	}
	place := func(name string) int { return slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == name }) }
	slices.SortStableFunc(l.out, func(x, y Alert) int {
		return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(place(x.Rule), place(y.Rule)), cmp.Compare(x.ID, y.ID))
	})
	return l.out, nil
}

// add takes an alert in, if it is of the time that is asked about.
func (l *look) add(a Alert) {
	if a.Time >= l.From && (l.To == "" || a.Time < l.To) {
		l.out = append(l.out, a)
	}
}

// facts are the entries of some actions from so long before the time that is asked
// about on, in order; before 0: from the log's beginning.
func (l *look) facts(before time.Duration, queries ...evidence.Query) (out []evidence.Facts, err error) {
	from := ""
	if t, perr := time.Parse(time.RFC3339, l.From); perr == nil && before > 0 {
		from = t.Add(-before).Format(time.RFC3339)
	}
	for _, q := range queries {
		q.From, q.To = from, l.To
		some, _, err := l.find(l, evidence.Scope{All: true}, &q)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortFunc(out, func(x, y evidence.Facts) int { return cmp.Compare(x.Index, y.Index) })
	return slices.CompactFunc(out, func(x, y evidence.Facts) bool { return x.Index == y.Index }), nil
}

// each reads the entries of facts.
func (l *look) each(facts []evidence.Facts, fn func(x *evidence.Facts, e *verify.Entry) error) error {
	return evidence.Read(l, l.log, facts, fn)
}

// at is an alert at an entry.
func at(rule string, x *evidence.Facts) Alert {
	i := x.Index
	return Alert{ID: rule + "/" + evidence.EntryName(i)[1:], Rule: rule, Time: x.Time, Entry: &i, Subject: x.Subject, Actor: x.Actor}
}
