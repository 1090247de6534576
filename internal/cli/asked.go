package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/release"
)

// asked is what a job asks of the data: what people decide on.
type asked struct {
	inputs   map[string]pipeline.InputFacts
	params   map[string]any
	files    map[string]string
	mode     string
	output   glovebox.Output
	blocks   *glovebox.Blocks
	train    *glovebox.Train
	policy   string
	function string
	module   string
}

// askedBy is what a job asks.
func askedBy(j *job.Doc) *asked {
	s := &j.Basis
	x := &asked{inputs: map[string]pipeline.InputFacts{}, params: s.Job.Params, files: s.Files, mode: s.Job.Mode, output: s.Job.Output,
		blocks: s.Job.Blocks, train: s.Job.Train, policy: s.Policy, function: s.Function, module: s.Module}
	for code, in := range s.Job.Inputs {
		x.inputs[code] = pipeline.InputFacts{Snapshot: s.Snapshots[code], Version: s.Versions[code], Columns: in.Columns, Unit: in.Unit, Where: in.Where, Masks: s.Masks[code]}
	}
	return x
}

// askedFor is what the job of a release asked.
func askedFor(f *pipeline.Facts) *asked {
	return &asked{inputs: f.Inputs, params: f.Params, files: f.Files, mode: f.Mode, output: f.Output, blocks: f.Blocks, train: f.Train,
		policy: f.Policy, function: f.Module.Function, module: strings.TrimSpace(f.Module.Name + " " + f.Module.Version + " " + f.Module.Digest)}
}

// factsOf reads how a release was made.
func factsOf(c *release.Content) (*pipeline.Facts, error) {
	var f pipeline.Facts
	if err := json.Unmarshal(c.Facts, &f); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the facts of release %s cannot be read", c.ID).WithFix("`glovebox audit verify` names what changed")
	}
	return &f, nil
}

// printAsked prints it, one thing a line.
func (a *app) printAsked(x *asked) {
	a.say("%s: %s %s()", a.t("module", "模块"), x.module, x.function)
	for _, code := range sortedKeys(x.inputs) {
		a.printInput(code, x.inputs[code], x.mode)
	}
	for _, name := range sortedKeys(x.params) {
		a.say("%s: %s = %s", a.t("parameter", "参数"), name, asJSON(x.params[name]))
	}
	for _, name := range sortedKeys(x.files) {
		a.say("%s: %s %s", a.t("public file", "公开文件"), name, x.files[name])
	}
	switch {
	case x.blocks != nil:
		a.printBlocks(x.blocks)
	case x.train != nil:
		a.say(a.t("mode train: %d rounds, a vector of %d numbers of each unit, norm at most %v; a state of %d numbers, update %s()",
			"train 模式：%d 轮，每单元给出 %d 维向量，范数至多 %v；状态 %d 维，更新函数 %s()"), x.train.Rounds, x.train.Size, x.train.Clip, x.train.State, x.train.Update)
	default:
		a.printOutput(&x.output)
	}
	if x.policy != "" {
		a.say("%s: %s", a.t("policy", "策略版本"), x.policy)
	}
}

// printInput prints what is read of one dataset: each column with its mask, and
// the row filter with the columns that it alone reads.
func (a *app) printInput(code string, in pipeline.InputFacts, mode string) {
	about := ""
	if in.Unit != "" {
		about = " (" + a.t("about", "单元字段") + " " + in.Unit + ")"
	}
	a.say("%s: %s@%d%s %s", a.t("reads", "读取"), code, in.Version, about, in.Snapshot)
	line := func(column, use string) {
		mask := a.t("not decided", "尚未决定")
		if m, known := in.Masks[column]; known {
			mask = a.maskText(m, mode)
		}
		a.say("  %s: %s%s", column, mask, use)
	}
	for _, c := range in.Columns {
		line(c, "")
	}
	for _, c := range sortedKeys(in.Masks) {
		if !slices.Contains(in.Columns, c) {
			line(c, a.t(" (row filter alone)", "（仅供行过滤）"))
		}
	}
	if in.Where != "" {
		a.say("  %s: %s", a.t("rows", "行过滤"), in.Where)
	}
}

// maskText says what a mask makes of a column.
func (a *app) maskText(m glovebox.Mask, mode string) string {
	switch {
	case m.Kind == "token" && m.Shared:
		return a.t("token, the same in all units and jobs of the scenario", "token，在本场景所有单元与作业中相同")
	case m.Kind == "token" && mode == glovebox.ModeBlocks:
		return a.t("token, another in every block", "token，每个分块各不相同")
	case m.Kind == "token":
		return a.t("token, another in every unit", "token，每个单元各不相同")
	case m.Kind == "fpe" && m.Shared:
		return fmt.Sprintf(a.t("another text of form %s, the same in all units and jobs of the scenario", "同为 %s 格式的另一文本，在本场景所有单元与作业中相同"), m.Form)
	case m.Kind == "fpe":
		return fmt.Sprintf(a.t("another text of form %s, another in every unit", "同为 %s 格式的另一文本，每个单元各不相同"), m.Form)
	case m.Kind == "clip":
		return fmt.Sprintf(a.t("clip to %s..%s", "clip，限于 %s..%s"), m.Low, m.High)
	case m.Kind == "constant":
		return fmt.Sprintf(a.t("constant %s", "constant，均为 %s"), m.Value)
	case m.Kind == "generalise" && len(m.Groups) > 0:
		return fmt.Sprintf(a.t("generalise to %d groups", "generalise，归入 %d 组"), len(m.Groups))
	case m.Kind == "redact" && m.Form != "":
		return fmt.Sprintf(a.t("redact within form %s, first %d and last %d characters stay", "redact，保持 %s 格式，保留前 %d 后 %d 个字符"), m.Form, m.KeepFirst, m.KeepLast)
	case m.Kind == "redact":
		return fmt.Sprintf(a.t("redact, first %d and last %d characters stay", "redact，保留前 %d 后 %d 个字符"), m.KeepFirst, m.KeepLast)
	case m.Kind == "generalise" && m.To != "":
		return fmt.Sprintf(a.t("generalise to %s", "generalise，到 %s"), m.To)
	case m.Kind == "generalise":
		return fmt.Sprintf(a.t("generalise, step %s", "generalise，步长 %s"), strconv.FormatFloat(m.Step, 'g', -1, 64))
	}
	return m.Kind
}

// printOutput prints what one unit adds in mode map, and how it is added up.
func (a *app) printOutput(o *glovebox.Output) {
	for i := range o.Key {
		k := &o.Key[i]
		from := a.t("private, selected with noise", "私密，加噪选择")
		if list, ok := k.Public.([]any); ok {
			from = fmt.Sprintf(a.t("public, a list of %d", "公开，列出 %d 个"), len(list))
		} else if !k.Private {
			from = a.t("public, from a file", "公开，取自文件")
		}
		a.say("%s: %s %s, %s", a.t("key", "分组键"), k.Name, k.Type, from)
	}
	for i := range o.Metrics {
		m := &o.Metrics[i]
		a.say("%s: %s %s%s", a.t("metric", "指标"), m.Name, m.Kind, a.metricText(m))
	}
	bounds := fmt.Sprintf(a.t("%d keys", "%d 个键"), o.MaxKeysPerUnit)
	if o.MaxRecordsPerKey > 0 {
		bounds += fmt.Sprintf(a.t(", %d records of each", "，每键 %d 条"), o.MaxRecordsPerKey)
	}
	if o.MaxRecordsPerUnit > 0 {
		bounds += fmt.Sprintf(a.t(", %d records in all", "，共 %d 条"), o.MaxRecordsPerUnit)
	}
	a.say("%s: %s", a.t("one unit adds at most", "每单元至多贡献"), bounds)
	if o.Top != nil {
		a.say(a.t("only the %d keys with the largest %s", "仅取 %[2]s 最大的 %[1]d 个键"), o.Top.K, o.Top.By)
	}
	if o.Select != "" {
		a.say("%s: %s", a.t("keys are selected by", "键的选择依据"), o.Select)
	}
	if len(o.Default) > 0 {
		a.say("%s: %s", a.t("a unit on which the module fails counts as", "模块失败的单元计为"), asJSON(o.Default))
	}
}

// metricText is what bounds a metric: its declaration without name and kind.
func (a *app) metricText(m *glovebox.Metric) string {
	num := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	var out []string
	if m.Min != 0 || m.Max != 0 {
		out = append(out, num(m.Min)+" .. "+num(m.Max))
	}
	if m.Size > 0 {
		out = append(out, fmt.Sprintf(a.t("%d numbers", "%d 个数"), m.Size))
	}
	if m.Clip > 0 {
		out = append(out, a.t("norm at most ", "范数至多 ")+num(m.Clip))
	}
	if m.Bins > 0 {
		out = append(out, fmt.Sprintf(a.t("%d bins", "%d 个分箱"), m.Bins))
	}
	if len(m.Edges) > 0 {
		out = append(out, fmt.Sprintf(a.t("%d edges from %s to %s", "%d 个边界，自 %s 至 %s"), len(m.Edges), num(m.Edges[0]), num(m.Edges[len(m.Edges)-1])))
	}
	if len(m.At) > 0 {
		out = append(out, a.t("at ", "分位 ")+asJSON(m.At))
	}
	if m.MaxTotal > 0 {
		out = append(out, a.t("in all at most ", "合计至多 ")+num(m.MaxTotal))
	}
	if m.Weight > 1 {
		out = append(out, a.t("weight ", "权重 ")+strconv.Itoa(m.Weight))
	}
	if len(out) == 0 {
		return ""
	}
	return ", " + strings.Join(out, ", ")
}

// printBlocks prints what a block gives in mode blocks, and how it is combined.
func (a *app) printBlocks(b *glovebox.Blocks) {
	a.say(a.t("mode blocks: %d blocks of units", "blocks 模式：单元分为 %d 块"), b.Count)
	for i := range b.Metrics {
		m := &b.Metrics[i]
		what := fmt.Sprintf("%s .. %s", strconv.FormatFloat(m.Min, 'g', -1, 64), strconv.FormatFloat(m.Max, 'g', -1, 64))
		if m.Combine == glovebox.Vote {
			what = fmt.Sprintf(a.t("among %d candidates", "在 %d 个候选中"), len(m.Values))
		}
		a.say("%s: %s %s, %s", a.t("metric", "指标"), m.Name, m.Combine, what)
	}
}

// asJSON is a value of a job file as it could stand there.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "" // of a file that was parsed: it cannot fail
	}
	return string(b)
}

// printFailures says where the module failed to make the next state in mode
// train: whoever decides should not take the first state for a model.
func (a *app) printFailures(f *pipeline.Facts) {
	if f.Train == nil || f.FailedUpdates == 0 {
		return
	}
	if f.FailedUpdates >= f.Train.Rounds {
		a.say(a.t("the module's update failed in every one of %d rounds: these numbers are the first state, and nothing was learned from the data",
			"模块的更新函数在全部 %d 轮中都失败：所示数值即初始状态，未从数据中学到任何内容"), f.Train.Rounds)
		return
	}
	a.say(a.t("the module's update failed in %d of %d rounds, which left the state as it was", "模块的更新函数在 %[2]d 轮中有 %[1]d 轮失败，这些轮次状态不变"), f.FailedUpdates, f.Train.Rounds)
}
