// Package report makes the reports that the rules ask for (use register, call log,
// product ledger, by provider, by scenario, by quarter and half-year, the public
// extract) from the log and the kept documents alone.
//
// What it promises: a report is made of the first entries of a log, how many it
// says itself, and of nothing else, so that anybody who holds them makes it again
// byte for byte, in each form and language; the public extract names
// institutions, terms, products and numbers of uses, and no person, price, module
// or place. What it does not promise: that the log is whole (audit/verify), or
// that a day is a working day where the state moved one: only weekends count as
// free.
package report

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // Beijing time has to be known on every machine

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

// Order is what a report is made by. It is written into the report.
type Order struct {
	V      int    `json:"v"` // 1
	Kind   string `json:"kind"`
	Domain string `json:"domain"`
	From   string `json:"from"` // first moment, as entries have time
	To     string `json:"to"`   // first moment after it
	Zone   string `json:"zone"` // of the times that are shown
	Lang   string `json:"lang"` // en or zh
	Form   string `json:"form"` // md, html, csv or xlsx
	// Entries is how many entries of the log it is made of; Last is the digest of
	// the last of them.
	Entries uint64         `json:"entries"`
	Last    string         `json:"last"`
	Scope   evidence.Scope `json:"scope"`
}

// Kind is a kind of report.
type Kind struct {
	Name   string        `json:"name"`
	Title  glovebox.Text `json:"title"`
	Says   glovebox.Text `json:"says"`
	Public bool          `json:"public"`
	tables []func(*book) table
}

// Kinds lists the kinds of report.
func Kinds() []Kind {
	return []Kind{
		{"usage", glovebox.Text{EN: "Use register", ZH: "使用登记"}, glovebox.Text{EN: "every run, repeated or refused request: who, for which product, over which data, under which grant, at what price", ZH: "每次运行、重复请求与被拒请求：何人、为何产品、使用何数据、依据哪次授权、价格多少"}, false, []func(*book) table{usage}},
		{"calls", glovebox.Text{EN: "Call log", ZH: "调用日志"}, glovebox.Text{EN: "every decision of the policy, with the rules that refused", ZH: "策略的每项决策及拒绝所依据的规则"}, false, []func(*book) table{calls}},
		{"products", glovebox.Text{EN: "Product ledger", ZH: "产品台账"}, glovebox.Text{EN: "every registered product with what was made of it and what left", ZH: "每个登记产品的生成与流出情况"}, false, []func(*book) table{products, exports}},
		{"providers", glovebox.Text{EN: "Use by provider", ZH: "数据提供单位使用情况"}, glovebox.Text{EN: "what was done with each dataset, by provider", ZH: "按数据提供单位列出每个数据资源的使用情况"}, false, []func(*book) table{providers}},
		{"scenarios", glovebox.Text{EN: "Use by scenario", ZH: "应用场景使用情况"}, glovebox.Text{EN: "grants, runs and products of each scenario", ZH: "每个应用场景的授权、运行与产品"}, false, []func(*book) table{scenarios}},
		{"daily", glovebox.Text{EN: "Daily self-check", ZH: "自检日报"}, glovebox.Text{EN: "what the domain found when it checked itself, refused attempts, totals of the day", ZH: "域自检结果、被拒的尝试与当日总体情况"}, false, []func(*book) table{checks, refused, totals}},
		{"summary", glovebox.Text{EN: "Report on authorised operation", ZH: "授权运营情况报告"}, glovebox.Text{EN: "quarterly and half-yearly: totals, grants, products, use by provider", ZH: "季度与半年度：总体情况、授权、产品、各数据提供单位使用情况"}, false, []func(*book) table{totals, scenarios, products, providers}},
		{"disclosure", glovebox.Text{EN: "Public disclosure", ZH: "信息公开"}, glovebox.Text{EN: "for the public: to whom, what, how far and for how long was granted; products; their use", ZH: "面向公众：授权对象、内容、范围、时限；产品清单；使用情况"}, true, []func(*book) table{granted, listed, used}},
		{"individual", glovebox.Text{EN: "What a person or institution may be told", ZH: "个人或单位查询答复"}, glovebox.Text{EN: "for a person or institution that asks: what one of them can have lost in the worst case, and which products their data stood behind; whole spaces, nobody by name", ZH: "供答复个人或单位查询：其中一个在最坏情况下的损失，以及其数据用于哪些产品；按整个空间列出，不指名任何人"}, false, []func(*book) table{worst, stood}},
	}
}

// Forms lists the forms of a report.
var Forms = []string{"md", "html", "csv", "xlsx"}

// table is one table of a report.
type table struct {
	title   glovebox.Text
	columns []glovebox.Text
	rows    [][]string
}

// Make makes the report of an order over the first entries of a source. With no
// entries ordered it takes all that are before its end, and says so in the order
// that it gives back.
func Make(ctx context.Context, src evidence.Source, o Order) ([]byte, *Order, error) {
	kind, loc, err := o.check()
	if err != nil {
		return nil, nil, err
	}
	b, err := read(ctx, src, &o, loc)
	if err != nil {
		return nil, nil, err
	}
	var all []table
	for _, fill := range kind.tables {
		all = append(all, fill(b))
	}
	data, err := render(&o, kind, b, all)
	return data, &o, err
}

// check finds what an order names.
func (o *Order) check() (*Kind, *time.Location, error) {
	o.V = 1
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == o.Kind })
	if i < 0 {
		return nil, nil, glovebox.Invalid("KIND", "not a kind of report").WithFix("`glovebox report list` shows them")
	}
	if !slices.Contains(Forms, o.Form) {
		return nil, nil, glovebox.Invalid("--form", "not a form of report").WithFix("use md, html, csv or xlsx")
	}
	if o.Lang != string(glovebox.English) && o.Lang != string(glovebox.Chinese) {
		return nil, nil, glovebox.Invalid("--lang", "not a language of reports").WithFix("use en or zh")
	}
	loc, err := time.LoadLocation(o.Zone)
	if err != nil || o.Zone == "" || o.Zone == "Local" {
		return nil, nil, glovebox.Invalid("--tz", "not a time zone").WithFix("use a name such as Asia/Shanghai or UTC")
	}
	for _, t := range []string{o.From, o.To} {
		if _, err := time.Parse(timeForm, t); err != nil {
			return nil, nil, glovebox.Invalid("--from, --to", "a report needs a period").WithFix("give --period 2026H1, or --from and --to")
		}
	}
	if o.Kind == "individual" && !o.Scope.All {
		return nil, nil, glovebox.Errorf(glovebox.CodeDenied, "this report is of everything that was let out").WithFix("ask the authority or an auditor for it")
	}
	if o.From >= o.To {
		return nil, nil, glovebox.Invalid("--from, --to", "the period ends before it begins").WithFix("give --from before --to")
	}
	return &kinds[i], loc, nil
}

const timeForm = "2006-01-02T15:04:05Z"

// mark stands before the order in every form of a report.
const mark = "glovebox-report:"

// maxOrder bounds an encoded order, in bytes.
const maxOrder = 4000

func (o *Order) token() (string, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "a report cannot be encoded").Because(err)
	}
	return mark + base64.RawURLEncoding.EncodeToString(raw) + ".", nil
}

// OrderOf reads what a report says it was made by.
func OrderOf(data []byte) (*Order, error) {
	_, rest, found := bytes.Cut(data, []byte(mark))
	word, _, ended := bytes.Cut(rest[:min(len(rest), maxOrder)], []byte("."))
	if !found || !ended || bytes.Contains(rest, []byte(mark)) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is not a report of glovebox, or says twice what it is").WithFix("give the file as `glovebox report make` wrote it")
	}
	raw, err := base64.RawURLEncoding.DecodeString(string(word))
	var o Order
	if err == nil {
		d := json.NewDecoder(strings.NewReader(string(raw)))
		d.DisallowUnknownFields()
		err = d.Decode(&o)
	}
	if err != nil || o.V != 1 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is not a report of glovebox, or says twice what it is").WithFix("give the file as `glovebox report make` wrote it")
	}
	return &o, nil
}

// Verify makes a report again by what it says of itself and compares it. It
// fails with CodeInvalid if a byte differs, or the log is not the one.
func Verify(ctx context.Context, src evidence.Source, data []byte) (*Order, error) {
	o, err := OrderOf(data)
	if err != nil {
		return nil, err
	}
	if o.Entries == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the report does not say which entries it is made of")
	}
	again, _, err := Make(ctx, src, *o)
	if err != nil {
		return nil, err
	}
	if string(again) != string(data) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the report is not the one that log and kept documents make: it was changed, or made by another version of this program").
			WithFix("make it again with `glovebox report make` and compare the two")
	}
	return o, nil
}

// errEnd ends the reading of a log.
var errEnd = errors.New("the report needs no more entries")

// read reads what a report is made of.
func read(ctx context.Context, src evidence.Source, o *Order, loc *time.Location) (*book, error) {
	b := newBook(src, o, loc)
	want := o.Entries
	o.Entries, o.Last = 0, ""
	last := ""
	err := src.Entries(ctx, func(e *verify.Entry) error {
		if want > 0 && e.Index >= want || want == 0 && e.Time >= o.To {
			return errEnd
		}
		o.Entries, o.Last = e.Index+1, glovebox.Digest(e.Raw)
		last = o.Last
		return b.take(ctx, e)
	})
	if err != nil && !errors.Is(err, errEnd) {
		return nil, err
	}
	if want > 0 && o.Entries != want || o.Entries == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the log does not have the entries that the report is made of")
	}
	o.Last = last
	return b, nil
}
