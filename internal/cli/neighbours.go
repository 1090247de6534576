package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/trial"
)

// testNeighbours is `module test --neighbours`.
func (a *app) testNeighbours(ctx context.Context, o *moduleTestRun, v *moduleTested, task *trial.Task) (err error) {
	if v.Neighbours, err = trial.RunNeighbours(ctx, task); err != nil {
		return err
	}
	v.Passed = v.Neighbours.Same
	if o.out != "" {
		err := writeTo(o.out, func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(v.Neighbours)
		})
		if err != nil {
			return err
		}
	}
	err = a.emit(v, func() {
		a.printNeighbours(v.Neighbours)
		if o.out != "" {
			a.say(a.t("report written to %s", "报告已写入 %s"), o.out)
		}
	})
	if err != nil || v.Passed {
		return err
	}
	return glovebox.Errorf(glovebox.CodeModule, "a change of one unit was seen in others").WithFix("report this: the sandbox must not let it happen")
}

// changeNames are the changes of pairs, in both languages.
var changeNames = map[string]glovebox.Text{
	"repeated": {EN: "nothing: the same again", ZH: "无变化：重复运行"},
	"removed":  {EN: "a unit removed", ZH: "去除一个单元"},
	"added":    {EN: "a unit added", ZH: "增加一个单元"},
	"least":    {EN: "its values the least", ZH: "取值全为最小"},
	"greatest": {EN: "its values the greatest", ZH: "取值全为最大"},
	"longest":  {EN: "its texts the longest", ZH: "文本全为最长"},
	"missing":  {EN: "its values missing", ZH: "取值全部缺失"},
	"crowded":  {EN: "as many rows as there can be", ZH: "行数达到上限"},
	"alone":    {EN: "rows in one input alone", ZH: "仅在一个输入中有行"},
}

// printNeighbours prints a neighbour report.
func (a *app) printNeighbours(n *trial.Neighbours) {
	a.say("%s", trial.Notice.In(a.lang))
	a.say("%s", n.Claim.In(a.lang))
	a.say("%s %s %s %s()  %s", a.t("module", "模块"), n.Module.Name, n.Module.Version, n.Module.Function, n.Module.Digest)
	a.say(a.t("report: %s; %d units, seed %d", "报告：%s；%d 个单元，种子 %d"), n.Digest, n.Units, n.Seed)
	others, ended := a.t("others", "其余单元"), a.t("changed units ended: %s", "被改变单元的结果：%s")
	if n.Blocks > 0 {
		others, ended = a.t("other blocks", "其余分块"), a.t("blocks with changed units ended: %s", "含被改变单元的分块的结果：%s")
	}
	var rows [][]string
	for i := range n.Pairs {
		p := &n.Pairs[i]
		outcome := "-"
		if p.Outcome != "" {
			outcome = a.outcomeName(&trial.Call{Outcome: p.Outcome, Cause: p.Cause})
		}
		unit := plain(p.Unit)
		if p.Block != nil {
			unit = fmt.Sprintf(a.t("%s in block %d", "%s，分块 %d"), unit, *p.Block)
		}
		rows = append(rows, []string{changeNames[p.Change].In(a.lang), unit, outcome, strconv.FormatInt(p.Fuel, 10),
			strconv.FormatInt(p.Rejected, 10), strconv.Itoa(p.Others), strconv.Itoa(len(p.Differences))})
	}
	table(a.Out, []string{a.t("change", "变化"), a.t("unit", "单元"), a.t("its outcome", "其结果"), a.t("its fuel", "其燃料"),
		a.t("rows rejected", "被拒行数"), others, a.t("differences", "差异")}, rows)
	for i := range n.Pairs {
		if p := &n.Pairs[i]; len(p.Differences) > 0 {
			a.say("%s %s:", changeNames[p.Change].In(a.lang), plain(p.Unit))
			a.printDifferences(p.Differences)
		}
	}
	var list []string
	for _, o := range sortedKeys(n.Changed) {
		list = append(list, fmt.Sprintf("%s %d", a.outcomeName(&trial.Call{Outcome: o}), n.Changed[o]))
	}
	a.say(ended, strings.Join(list, ", "))
}
