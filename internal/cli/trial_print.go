package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/text"
)

// printTrial prints what a run on samples showed.
func (a *app) printTrial(r *trial.Report, show int) {
	a.say("%s", trial.Notice.In(a.lang))
	a.say("%s %s %s %s()  %s", a.t("module", "模块"), r.Module.Name, r.Module.Version, r.Module.Function, r.Module.Digest)
	for _, code := range sortedKeys(r.Inputs) {
		in := r.Inputs[code]
		source := in.Source
		if source == "generated" {
			source = a.t("generated", "生成")
		}
		a.say(a.t("%s: %d rows of %d units, %s; the module gets %s", "%s：%d 行，%d 个单元，%s；模块读取 %s"), code, in.Rows, in.Units, source, strings.Join(in.Columns, ", "))
		for _, x := range in.First {
			line, column := x.Where()
			a.say(a.t("  line %d rejected: %s %s", "  第 %d 行被拒：%s %s"), line, column, x.Reason)
		}
	}
	if r.Started != "" {
		a.say("%s", a.t("printed before the first unit:", "首个单元之前的输出："))
		a.indented(r.Started)
	}
	for i := range min(show, len(r.Units)) {
		a.printTrialUnit(&r.Units[i], r.Result != nil)
	}
	for i := range min(show, len(r.Blocks)) {
		a.printTrialBlock(&r.Blocks[i])
	}
	a.printOutcomes(r)
	if r.Result != nil {
		a.printTrialResult(r.Result)
	}
	if r.Combined != nil {
		a.printCombinedTrial(r.Combined)
	}
}

func (a *app) indented(s string) {
	for line := range strings.Lines(s) {
		a.say("    | %s", strings.TrimRight(line, "\n"))
	}
}

// printTrialUnit prints one unit; counted says that a job's output counts what
// it gives.
func (a *app) printTrialUnit(u *trial.Unit, counted bool) {
	a.say(a.t("unit %s: %s  fuel %d, %d µs", "单元 %s：%s  燃料 %d，%d 微秒"), plain(u.Unit), a.outcomeName(&u.Call), u.Fuel, u.Micros)
	a.printTrialCall(&u.Call, func() {
		for _, row := range u.Contribution {
			a.say("    = %s", values(append(append([]any{}, row.Key...), cellValues(row)...)))
		}
		if counted && u.Outcome == "ok" && len(u.Records) > 0 && len(u.Contribution) == 0 {
			a.say("    = %s", a.t("nothing that the job counts: see whether its keys are among the job's", "无可计入的贡献：请核对其键是否在作业的分组之内"))
		}
	})
}

// printTrialCall prints rows and records, what counts of them, and the log.
func (a *app) printTrialCall(c *trial.Call, counts func()) {
	for _, code := range sortedKeys(c.Rows) {
		for _, row := range c.Rows[code] {
			a.say("    %s: %s", code, values(row))
		}
	}
	for _, rec := range c.Records {
		a.say("    -> %s", values(rec))
	}
	counts()
	if c.Log != "" {
		a.indented(c.Log)
	}
}

// outcomeName is an outcome with its cause.
func (a *app) outcomeName(c *trial.Call) string {
	zh := map[string]string{"ok": "正常", "status": "返回状态码", "trap": "陷阱", "out of fuel": "燃料用尽", "malformed output": "输出格式错误", "string too long, or block too large": "字符串过长或分块过大"}
	s := a.t(c.Outcome, zh[c.Outcome])
	if c.Cause != "" {
		s += " (" + c.Cause + ")"
	}
	return s
}

func values(row []any) string {
	var out []string
	for _, v := range row {
		switch x := v.(type) {
		case nil:
			out = append(out, "-")
		case string:
			out = append(out, strconv.Quote(x))
		case float64:
			out = append(out, strconv.FormatFloat(x, 'g', -1, 64))
		case json.Number, bool:
			out = append(out, fmt.Sprint(x))
		default: // nothing that a worker of ours sends
			out = append(out, strconv.Quote(fmt.Sprint(x)))
		}
	}
	return strings.Join(out, ", ")
}

func cellValues(row privacy.Row) (out []any) {
	for _, c := range row.Cells {
		out = append(out, c.Value)
	}
	return out
}

// printOutcomes prints how many units ended how, with the first of each kind
// that failed.
func (a *app) printOutcomes(r *trial.Report) {
	type kind struct {
		name, first string
		n           int
	}
	var kinds []*kind
	byName := map[string]*kind{}
	see := func(of *trial.Call, id string) {
		name := a.outcomeName(of)
		if byName[name] == nil {
			byName[name] = &kind{name: name, first: id}
			kinds = append(kinds, byName[name])
		}
		byName[name].n++
	}
	for i := range r.Units {
		see(&r.Units[i].Call, plain(r.Units[i].Unit))
	}
	for i := range r.Blocks {
		see(&r.Blocks[i].Call, strconv.Itoa(r.Blocks[i].Block))
	}
	var rows [][]string
	for _, k := range kinds {
		rows = append(rows, []string{k.name, strconv.Itoa(k.n), k.first})
	}
	a.printUnmet(r)
	counted := a.t("units", "单元数")
	if len(r.Blocks) > 0 {
		counted = a.t("blocks", "分块数")
	}
	table(a.Out, []string{a.t("outcome", "结果"), counted, a.t("first", "首个")}, rows)
	a.printFailed(r)
	a.printDropped(r)
	a.say(a.t("fuel %d to %d, median %d, of %d a call; load %d ms, compile %d ms, run %d ms", "燃料 %d 至 %d，中位数 %d，每次调用上限 %d；载入 %d 毫秒，编译 %d 毫秒，运行 %d 毫秒"),
		r.Fuel.Least, r.Fuel.Most, r.Fuel.Median, r.Fuel.Limit, r.Time.Load, r.Time.Compile, r.Time.Run)
}

// printUnmet says how many units the filter leaves out.
func (a *app) printUnmet(r *trial.Report) {
	units := 0
	for _, in := range r.Inputs {
		units = max(units, in.Units)
	}
	if n := units - len(r.Units); n > 0 && len(r.Blocks) == 0 {
		a.say(a.t("%d units have no row that the job's filter lets through: the module does not meet them", "%d 个单元没有通过作业过滤条件的行，模块不会遇到它们"), n)
	}
}

// printFailed says what failures would mean on real data.
func (a *app) printFailed(r *trial.Report) {
	failed := len(r.Units) + len(r.Blocks) - r.Outcomes["ok"]
	switch {
	case len(r.Blocks) == 0 && failed > 0:
		a.say(a.t("%d units failed: on real data they would count with the declared default, and nobody would be told", "%d 个单元失败：在真实数据上将计为声明的默认值，且不告知任何人"), failed)
	case len(r.Blocks) > 0 && failed+r.Empty > 0:
		a.say(a.t("%d blocks failed and %d have no units: on real data they would count with the declared defaults, and nobody would be told", "%d 个分块失败，%d 个分块没有单元：在真实数据上将计为声明的默认值，且不告知任何人"), failed, r.Empty)
	}
}

// printDropped says how many records have keys that no release shows.
func (a *app) printDropped(r *trial.Report) {
	for _, wrong := range sortedKeys(r.Dropped) {
		n := r.Dropped[wrong]
		a.say(a.t("%[1]s dropped, also on real data: the text of a key %[2]s", "丢弃记录 %[3]d 条（在真实数据上亦然）：键的文本%[2]s"), many(n, "record"), a.word(wrong), n)
	}
	if len(r.Dropped) > 0 {
		a.say("%s", a.word(text.Advice))
	}
}

// mostTrialRows is how many rows of a table are shown.
const mostTrialRows = 40

// printTrialResult prints each key's figures before and after noise.
func (a *app) printTrialResult(res *trial.Result) {
	exact := map[string]privacy.Row{}
	for _, row := range res.Exact {
		exact[values(row.Key)] = row
	}
	keys := len(res.Columns)
	if len(res.Noisy) > 0 {
		keys = len(res.Noisy[0].Key)
	} else if len(res.Exact) > 0 {
		keys = len(res.Exact[0].Key)
	}
	head := append([]string{}, res.Columns[:keys]...)
	for _, m := range res.Columns[keys:] {
		head = append(head, m+a.t(" exact", " 精确"), m+a.t(" noisy", " 加噪"))
	}
	var rows [][]string
	for _, row := range res.Noisy {
		id := values(row.Key)
		line := texts(row.Key)
		before, known := exact[id]
		delete(exact, id)
		for i, c := range row.Cells {
			was := "-"
			if known {
				was = figure(before.Cells[i].Value)
			}
			line = append(line, was, figure(c.Value))
		}
		rows = append(rows, line)
	}
	for _, row := range res.Exact { // private keys that were not selected: a dash
		if _, left := exact[values(row.Key)]; !left {
			continue
		}
		line := texts(row.Key)
		for _, c := range row.Cells {
			line = append(line, figure(c.Value), "-")
		}
		rows = append(rows, line)
	}
	more := len(rows) - mostTrialRows
	table(a.Out, head, rows[:min(len(rows), mostTrialRows)])
	if more > 0 {
		a.say(a.t("and %d more rows; --json has all", "另有 %d 行；--json 含全部"), more)
	}
	a.say(a.t("a run on real data takes %s from the ledger of each input", "在真实数据上运行将从每个输入的账本扣除 %s"), amount(res.Kind, res.Price))
}

func texts(row []any) (out []string) {
	for _, v := range row {
		out = append(out, plain(fmt.Sprint(v)))
	}
	return out
}

// plain is a text of somebody's rows as it may be shown.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !text.Shown(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
