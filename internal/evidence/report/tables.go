package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence"
)

func columns(pairs ...string) (out []glovebox.Text) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, glovebox.Text{EN: pairs[i], ZH: pairs[i+1]})
	}
	return out
}

// used are the actions of the use register, with their names.
var requests = map[string]glovebox.Text{
	"job.charge":    {EN: "run", ZH: "运行"},
	"job.repeat":    {EN: "answered again", ZH: "重复返回"},
	"job.refuse":    {EN: "refused", ZH: "拒绝"},
	"fit.charge":    {EN: "fitted", ZH: "拟合"},
	"dataset.count": {EN: "units counted", ZH: "单元计数"},
	"module.refuse": {EN: "module refused", ZH: "模块未准入"},
}

func prices(all []glovebox.Charge) string {
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = evidence.Price(c)
	}
	return strings.Join(out, "; ")
}

func entry(n *uint64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(*n, 10)
}

// usage lists every request.
func usage(b *book) table {
	t := table{title: glovebox.Text{EN: "Requests", ZH: "请求"}, columns: columns("entry", "条目", "time", "时间", "user", "用户", "institution", "机构", "what", "事项", "about", "对象", "scenario", "应用场景",
		"product", "产品", "datasets", "数据资源", "module", "模块", "grant (entry)", "授权（条目）", "price", "价格")}
	for _, e := range b.events {
		did, ok := requests[e.Action]
		if !ok {
			continue
		}
		module := b.modules[strings.TrimPrefix(e.Subject, "job/")]
		t.rows = append(t.rows, []string{entry(&e.Index), b.at(e.Time), e.Actor, e.Org, b.text(did), e.Subject, e.Scenario, e.Product, strings.Join(e.Datasets, " "), module, entry(e.Grant), prices(e.Charges)})
	}
	return t
}

// calls lists every decision.
func calls(b *book) table {
	t := table{title: glovebox.Text{EN: "Decisions", ZH: "决策"}, columns: columns("entry", "条目", "time", "时间", "user", "用户", "institution", "机构", "about", "对象", "point", "决策点", "decision", "决策", "rules that refused", "拒绝的规则",
		"policy", "策略", "request", "请求")}
	for _, e := range b.events {
		for _, d := range e.decisions {
			word := b.say("allowed", "准许")
			if !d.Allow {
				word = b.say("refused", "拒绝")
			}
			var rules []string
			for _, r := range d.Reasons {
				rules = append(rules, r.Rule)
			}
			slices.Sort(rules)
			t.rows = append(t.rows, []string{entry(&e.Index), b.at(e.Time), e.Actor, e.Org, e.Subject, string(d.Point), word, strings.Join(slices.Compact(rules), " "), d.Revision, d.InputDigest})
		}
	}
	return t
}

// count counts the events of a kind.
func (b *book) count(is func(*event) bool) (n int) {
	for i := range b.events {
		if is(&b.events[i]) {
			n++
		}
	}
	return n
}

func num(n int) string { return strconv.Itoa(n) }

// left says whether an event is a copy that left.
func left(e *event) bool {
	return e.Action == "release.exported" || e.Action == "release.export_again"
}

// products lists the products of every scenario.
func products(b *book) table {
	t := table{title: glovebox.Text{EN: "Products", ZH: "产品"}, columns: columns("scenario", "应用场景", "product", "产品", "title", "名称", "registration", "登记编码", "limits of use", "使用限制",
		"results", "生成结果", "approvals", "批准", "copies that left", "流出份数", "refused", "拒绝", "last left", "最近流出")}
	for _, p := range b.listings() {
		code := p.scenario
		if !b.sees(code) {
			continue
		}
		of := func(is func(*event) bool) int {
			return b.count(func(e *event) bool { return e.Scenario == code && e.Product == p.Code && is(e) })
		}
		last := ""
		for i := range b.events {
			if e := &b.events[i]; e.Scenario == code && e.Product == p.Code && left(e) {
				last = b.at(e.Time)
			}
		}
		t.rows = append(t.rows, []string{code, p.Code, b.text(p.Title), p.Registration, b.text(p.Limits),
			num(of(func(e *event) bool { return e.Action == "release.make" })), num(of(func(e *event) bool { return e.Action == "release.approve" })),
			num(of(left)), num(of(func(e *event) bool { return e.Decision == evidence.Deny })), last})
	}
	return t
}

// exports lists every copy that left, or was refused.
func exports(b *book) table {
	t := table{title: glovebox.Text{EN: "Exports", ZH: "导出"}, columns: columns("entry", "条目", "time", "时间", "operator", "操作人", "institution", "机构", "release", "发布", "scenario", "应用场景", "product", "产品", "to", "去向", "what", "事项")}
	words := map[string]string{"release.exported": b.say("left", "流出"), "release.export_again": b.say("left again", "再次流出"), "release.export_refused": b.say("refused", "拒绝")}
	for _, e := range b.events {
		if did, ok := words[e.Action]; ok {
			t.rows = append(t.rows, []string{entry(&e.Index), b.at(e.Time), e.Actor, e.Org, e.Subject, e.Scenario, e.Product, e.to, did})
		}
	}
	return t
}

// spent adds up what requests that use a dataset took, by ledger.
func spent(dataset string, all []event) string {
	sums := map[string]glovebox.Charge{}
	for _, e := range all {
		if !slices.Contains(e.Datasets, dataset) {
			continue
		}
		for _, c := range e.Charges {
			if c.Dataset != "" && c.Dataset != dataset {
				continue
			}
			sum := sums[c.Account()]
			c.Amount, c.Parts = c.Amount.Add(sum.Amount), nil
			sums[c.Account()] = c
		}
	}
	var out []glovebox.Charge
	for _, account := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, sums[account])
	}
	return prices(out)
}

// providers lists the datasets of every provider.
func providers(b *book) table {
	t := table{title: glovebox.Text{EN: "Datasets by provider", ZH: "各数据提供单位的数据资源"}, columns: columns("provider", "数据提供单位", "dataset", "数据资源", "title", "名称", "loads", "载入", "runs", "运行", "refused", "拒绝",
		"answered again", "重复返回", "results", "生成结果", "copies that left", "流出份数", "scenarios", "应用场景", "taken", "支出")}
	codes := slices.Collect(maps.Keys(b.datasets))
	slices.SortFunc(codes, func(x, y string) int {
		return cmp.Or(cmp.Compare(b.datasets[x].Provider, b.datasets[y].Provider), cmp.Compare(x, y))
	})
	for _, code := range codes {
		if ok, err := b.fold.Sees(b.o.Scope, &evidence.Facts{Datasets: []string{code}}); err != nil || !ok && b.count(func(e *event) bool { return slices.Contains(e.Datasets, code) }) == 0 {
			continue
		}
		of := func(action string) string {
			return num(b.count(func(e *event) bool { return e.Action == action && slices.Contains(e.Datasets, code) }))
		}
		in := map[string]bool{}
		for _, e := range b.events {
			if e.Scenario != "" && slices.Contains(e.Datasets, code) {
				in[e.Scenario] = true
			}
		}
		d := b.datasets[code]
		t.rows = append(t.rows, []string{d.Provider, code, b.text(d.Title), of("dataset.load"), of("job.charge"), of("job.refuse"), of("job.repeat"), of("release.make"),
			num(b.count(func(e *event) bool { return left(e) && slices.Contains(e.Datasets, code) })), strings.Join(slices.Sorted(maps.Keys(in)), " "), spent(code, b.events)})
	}
	return t
}

// scenarios lists every scenario with its grant at the end of the period.
func scenarios(b *book) table {
	t := table{title: glovebox.Text{EN: "Scenarios", ZH: "应用场景"}, columns: columns("scenario", "应用场景", "title", "名称", "operator", "运营", "state", "状态", "grants in the period", "本期授权次数", "term", "授权期限", "to be made public by", "应公开日期",
		"datasets", "数据资源", "runs", "运行", "refused", "拒绝", "copies that left", "流出份数")}
	for _, code := range slices.Sorted(maps.Keys(b.scenarios)) {
		if !b.sees(code) {
			continue
		}
		s, given, term, by := b.scenarios[code], 0, "", ""
		for _, g := range b.grants {
			if g.Scenario != code {
				continue
			}
			if term, by = g.From+" - "+g.Until, due(g.time, b.loc); g.time >= b.o.From && g.time < b.o.To {
				given++
			}
		}
		of := func(is func(*event) bool) string {
			return num(b.count(func(e *event) bool { return e.Scenario == code && is(e) }))
		}
		t.rows = append(t.rows, []string{code, b.text(s.Title), s.Operator, string(s.State), num(given), term, by, strings.Join(needs(s), " "),
			of(func(e *event) bool { return e.Action == "job.charge" }), of(func(e *event) bool { return e.Decision == evidence.Deny }), of(left)})
	}
	return t
}

// totals sums a period up.
func totals(b *book) table {
	t := table{title: glovebox.Text{EN: "In all", ZH: "总体情况"}, columns: columns("what", "事项", "number", "数量")}
	add := func(en, zh string, is func(*event) bool) {
		t.rows = append(t.rows, []string{b.say(en, zh), num(b.count(is))})
	}
	action := func(name string) func(*event) bool { return func(e *event) bool { return e.Action == name } }
	add("entries of the log", "日志条目", func(*event) bool { return true })
	add("datasets registered", "登记数据资源", action("dataset.add"))
	add("loads", "载入", action("dataset.load"))
	add("scenarios filed", "申报应用场景", action("scenario.add"))
	add("grants given or replaced", "授权或变更授权", action("scenario.grant"))
	add("runs", "运行", action("job.charge"))
	add("requests answered again", "重复返回", action("job.repeat"))
	add("requests refused", "拒绝的请求", func(e *event) bool { return e.Decision == evidence.Deny })
	add("results", "生成结果", action("release.make"))
	add("copies that left", "流出份数", left)
	add("changes of the policy", "策略变更", action("policy.change"))
	add("changes of the settings", "设置变更", action("domain.settings"))
	return t
}

// institution is the institution of a user, or what stands for one that is not
// known: never the person.
func (b *book) institution(user string) string {
	if o := b.users[user].Org; o != "" {
		return o
	}
	return b.say("not named", "未署名")
}

// granted is the public list of grants: to whom, what, how far, for how long.
func granted(b *book) table {
	t := table{title: glovebox.Text{EN: "Grants", ZH: "授权"}, columns: columns("scenario", "应用场景", "purpose", "用途", "granted to", "授权对象", "datasets and columns", "授权内容与范围", "from", "起始", "until", "截止", "given on", "授权日期", "to be made public by", "应公开日期")}
	for _, g := range b.grants {
		if g.time < b.o.From || g.time >= b.o.To {
			continue
		}
		s := b.scenarios[g.Scenario]
		to := []string{b.institution(s.Operator)}
		for _, d := range g.Developers {
			to = append(to, b.institution(d))
		}
		slices.Sort(to)
		var what []string
		for _, code := range slices.Sorted(maps.Keys(g.Datasets)) {
			what = append(what, fmt.Sprintf("%s (%s)", b.named(code), strings.Join(slices.Sorted(maps.Keys(g.Datasets[code].Columns)), ", ")))
		}
		t.rows = append(t.rows, []string{b.text(s.Title), b.text(s.Purpose), strings.Join(slices.Compact(to), ", "), strings.Join(what, "; "), g.From, g.Until, b.at(g.time)[:10], due(g.time, b.loc)})
	}
	return t
}

// listed is the public list of products.
func listed(b *book) table {
	t := table{title: glovebox.Text{EN: "Products", ZH: "产品清单"}, columns: columns("product", "产品", "registration", "登记编码", "scenario", "应用场景", "limits of use", "使用限制")}
	for _, p := range b.listings() {
		code := p.scenario
		t.rows = append(t.rows, []string{b.text(p.Title), p.Registration, b.text(b.scenarios[code].Title), b.text(p.Limits)})
	}
	return t
}

// used is the public table of use: what left, product by product.
func used(b *book) table {
	t := table{title: glovebox.Text{EN: "Use", ZH: "使用情况"}, columns: columns("product", "产品", "registration", "登记编码", "results", "生成结果", "copies that left", "流出份数")}
	for _, p := range b.listings() {
		code := p.scenario
		of := func(is func(*event) bool) string {
			return num(b.count(func(e *event) bool { return e.Scenario == code && e.Product == p.Code && is(e) }))
		}
		t.rows = append(t.rows, []string{b.text(p.Title), p.Registration, of(func(e *event) bool { return e.Action == "release.make" }), of(left)})
	}
	return t
}
