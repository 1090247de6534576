package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"glovebox"
	"glovebox/internal/catalog"
	"glovebox/internal/domain"
	"glovebox/internal/fit"
	"glovebox/internal/pipeline"
	"glovebox/internal/sample"
	"glovebox/internal/sample/trial"
	"glovebox/privacy"
)

// sampleRun are the flags of runs on sample rows.
type sampleRun struct {
	sample.Options
	records []string // files
	grant   string
	rows    []string // CODE=FILE
	show    int
	fit     bool
	models  map[string]*fit.Model // with fit, by dataset
}

func (o *sampleRun) bind(a *app, c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&o.records, "record", nil, a.t("sample the record in `FILE`, without a domain; again for each input", "不用域，样例依据记录文件 `FILE`；每个输入一次"))
	f.StringVar(&o.grant, "grant", "", a.t("with --record: take masks from the grant in `FILE`", "与 --record 合用：脱敏方式取自授权文件 `FILE`"))
	f.StringArrayVar(&o.rows, "rows", nil, a.t("take the rows of an input from `CODE=FILE`, a CSV file of yours", "输入数据的行取自您自己的 CSV 文件 `CODE=FILE`"))
	f.Uint64Var(&o.Seed, "seed", 0, a.t("choose another sample by `NUMBER`", "用 `NUMBER` 选择另一份样例"))
	f.IntVar(&o.Units, "units", sample.DefaultUnits, a.t("make `N` sample units", "生成 `N` 个样例单元"))
	f.IntVar(&o.show, "show", 5, a.t("show `N` units one by one; --json has all", "逐一显示 `N` 个单元；--json 含全部"))
}

// readRecords reads the files of --record.
func readRecords(paths []string) (map[string]*glovebox.Dataset, error) {
	out := map[string]*glovebox.Dataset{}
	for _, path := range paths {
		data, err := readFile(path)
		if err != nil {
			return nil, err
		}
		rec, err := catalog.ParseDataset(path, data)
		if err != nil {
			return nil, err
		}
		if out[rec.Code] != nil {
			return nil, &glovebox.Error{Code: glovebox.CodeInvalid, File: path, Field: "code", Msg: "two records are of this dataset", Fix: "name one of them"}
		}
		out[rec.Code] = rec
	}
	return out, nil
}

// readJob reads a job with the masks of its domain, or of --grant and the
// shipped policy. The domain is closed before anything is run.
func (a *app) readJob(ctx context.Context, o *sampleRun, file string) (s *pipeline.Sample, err error) {
	if len(o.records) == 0 {
		if o.grant != "" {
			return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--grant", Msg: "a domain has grants of its own"}).WithFix("leave it out, or name records with --record")
		}
		err = a.act(ctx, false, func(d *domain.Domain, u glovebox.User) error {
			p := pipeline.New(d, nil)
			if s, err = p.Sample(ctx, file, u); err != nil || !o.fit {
				return err
			}
			if o.models, err = models(ctx, p, s.Records); err != nil {
				s.Close()
			}
			return err
		})
		return s, err
	}
	if o.fit {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "--fit is of a domain's data, not of a record's file").WithFix("leave --record out and use --domain")
	}
	records, err := readRecords(o.records)
	if err != nil {
		return nil, err
	}
	g, err := o.readGrant()
	if err != nil {
		return nil, err
	}
	return pipeline.SampleAlone(ctx, file, nil, records, g)
}

// readGrant reads the file of --grant; nil where there is none.
func (o *sampleRun) readGrant() (*glovebox.Grant, error) {
	if o.grant == "" {
		return nil, nil
	}
	data, err := readFile(o.grant)
	if err != nil {
		return nil, err
	}
	return catalog.ParseGrant(o.grant, data)
}

// tables makes or reads the rows of each input.
func (a *app) tables(ctx context.Context, o *sampleRun, records map[string]*glovebox.Dataset, lists map[string][]string) (t map[string]*sample.Table, sources map[string]string, err error) {
	t, sources = map[string]*sample.Table{}, map[string]string{}
	for _, arg := range o.rows {
		code, path, ok := strings.Cut(arg, "=")
		if !ok && len(records) == 1 {
			code, path = sortedKeys(records)[0], arg
		}
		if records[code] == nil {
			return nil, nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--rows", Msg: "names no input"}).WithFix("write CODE=FILE, with CODE one of %v", sortedKeys(records))
		}
		if t[code], err = a.ownRows(records[code], path); err != nil {
			return nil, nil, err
		}
		sources[code] = filepath.Base(path)
	}
	for _, code := range sortedKeys(records) {
		if t[code] != nil {
			continue
		}
		g := o.Options
		g.Lists, g.Model = lists, o.models[code]
		if t[code], err = sample.Generate(ctx, records[code], &g); err != nil {
			return nil, nil, err
		}
	}
	return t, sources, nil
}

// ownRows reads an author's own CSV file.
func (a *app) ownRows(rec *glovebox.Dataset, path string) (*sample.Table, error) {
	dir := a.dir
	if dir != "" {
		var err error
		if dir, err = filepath.Abs(dir); err == nil {
			dir, err = filepath.EvalSymlinks(dir)
		}
		if err != nil {
			dir = "" // there is no such folder, so nothing lies in it
		}
	}
	f, err := trial.OwnFile(path, dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := sample.ReadCSV(rec, f)
	return t, inFile(err, path)
}

// runSample is `job run --sample`.
func (a *app) runSample(ctx context.Context, o *sampleRun, file string) error {
	s, err := a.readJob(ctx, o, file)
	if err != nil {
		return err
	}
	defer s.Close()
	tables, sources, err := a.tables(ctx, o, s.Records, s.Lists)
	if err != nil {
		return err
	}
	r, err := trial.Run(ctx, &trial.Task{Spec: s.Spec, Tables: tables, Sources: sources, Seed: o.Seed, Declared: true})
	if err != nil {
		return inFile(err, file)
	}
	v := &sampleOutcome{Report: r, Decision: s.Decision}
	return a.emit(v, func() {
		a.printTrial(r, o.show)
		if s.Decision != nil && !s.Decision.Allow {
			a.say(a.t("on real data this job would be refused now, for %d reasons: `glovebox job check` names them", "该作业目前在真实数据上会被拒绝，理由 %d 条：`glovebox job check` 可列出"), len(s.Decision.Reasons))
		}
		a.say("%s", trial.Notice.In(a.lang))
	})
}

// sampleOutcome is a run on samples as JSON prints it.
type sampleOutcome struct {
	*trial.Report
	Decision *glovebox.Decision `json:"decision,omitempty"` // of admission, in a domain
}

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
			a.say(a.t("  row %d rejected: %s %s", "  第 %d 行被拒：%s %s"), x.Row, x.Column, x.Reason)
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
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
