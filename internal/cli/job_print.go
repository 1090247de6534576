package cli

import (
	"fmt"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/privacy"
)

func (a *app) printCheck(r *pipeline.CheckReport) {
	if r.Decision.Allow {
		a.say(a.t("%s would be admitted", "%s 可以准入"), r.Job)
	}
	if r.Stored {
		a.say(a.t("the answer is stored: a run costs nothing and returns the same bytes", "已有存储结果：再次运行不花预算，返回相同字节"))
	}
	prices := make([]pipeline.Price, len(r.Prices))
	kind := map[string]glovebox.LedgerKind{}
	var caps []domain.CapReading
	var spenders []domain.Spender
	for i, q := range r.Prices {
		prices[i], kind[a.account(q.Dataset, q.Space)] = q.Price, q.Kind
		caps, spenders = append(caps, q.Caps...), append(spenders, q.Spenders...)
	}
	a.printPrices(prices)
	for _, q := range r.Prices {
		if q.Parts != nil {
			a.printPaidBy(q.Dataset, q.Space, q.Parts)
		}
		if !q.Fits {
			a.say(a.t("%s does not hold the price, or the grant does not allow it", "%s 的余额或授权上限不足以支付本作业"), a.account(q.Dataset, q.Space))
		}
	}
	for _, w := range r.Warnings {
		a.say("%s", w.In(a.lang))
	}
	a.printErrors(&r.Privacy)
	a.printWanted(r.Wanted)
	if r.Longest > 0 {
		a.say(a.t("if every unit uses all its fuel, the module's work usually takes some %.3g s: choose a deadline by that; one that touches all its memory for each unit and misses every cache takes at most %.3g s", "若每个单元都用尽燃料，模块运行通常约需 %.3g 秒：可据此确定期限（deadline）；若模块在每个单元中触及全部内存且缓存全部未命中，至多需 %.3g 秒"), r.Usual, r.Longest)
	}
	a.printCaps(kind, caps)
	a.printSpenders(kind, spenders)
}

// printErrors prints what the noise will do to each metric.
func (a *app) printErrors(f *privacy.Facts) {
	if len(f.Combined) > 0 {
		a.printCombined(f)
		return
	}
	if f.Rounds > 0 {
		defer a.say(a.t("of the noisy sum of each of %d rounds", "为 %d 轮中每一轮加噪合计的噪声"), f.Rounds)
	}
	var rows [][]string
	for _, name := range sortedKeys(f.Errors) {
		e := f.Errors[name]
		if e.Ranks > 0 {
			rows = append(rows, []string{name, "-", "±" + strconv.FormatFloat(e.Ranks, 'g', 4, 64) + a.t(" ranks", " 名次")})
			continue
		}
		rows = append(rows, []string{name, strconv.FormatFloat(e.StdDev, 'g', 4, 64), "±" + strconv.FormatFloat(e.Half, 'g', 4, 64)})
	}
	a.say("")
	table(a.Out, []string{a.t("metric", "指标"), a.t("noise (standard deviation)", "噪声（标准差）"), a.t("95 %", "95 %")}, rows)
	if f.Rounds > 0 { // vectors alone
		return
	}
	a.say(a.t("of a mean or variance: divided by the number of units of its key", "平均值与方差：须再除以该分组的单元数"))
}

// printCombined says what is known before a run of mode blocks.
func (a *app) printCombined(f *privacy.Facts) {
	var rows [][]string
	for _, c := range f.Combined {
		off := "-"
		switch {
		case c.Half > 0:
			off = "±" + strconv.FormatFloat(c.Half, 'g', 4, 64)
		case c.Combine == glovebox.Vote:
			off = fmt.Sprintf(a.t("%.0f votes", "%.0f 票"), c.Ranks)
		case c.Ranks > 0:
			off = fmt.Sprintf(a.t("%.0f ranks", "%.0f 名次"), c.Ranks)
		}
		rows = append(rows, []string{c.Of, string(c.Combine), off})
	}
	a.say("")
	table(a.Out, []string{a.t("metric", "指标"), a.t("combined by", "合并方式"), a.t("off at most, 95 %", "至多偏离，95 %")}, rows)
	a.say(a.t("among the outputs of %d blocks", "相对于 %d 个分块的输出"), f.Blocks)
}

func (a *app) printPrices(prices []pipeline.Price) {
	if len(prices) == 0 { // of ledgers that the user may read
		return
	}
	var rows [][]string
	for _, p := range prices {
		rows = append(rows, []string{a.account(p.Dataset, p.Space), amount(p.Kind, p.Price), amount(p.Kind, p.Spent), amount(p.Kind, p.Total.Sub(p.Spent))})
	}
	table(a.Out, []string{a.t("ledger", "账本"), a.t("this job", "本作业"), a.t("spent", "已用"), a.t("remaining", "剩余")}, rows)
	for _, p := range prices {
		if p.Assumed {
			a.say(a.t("nobody has said what a unit of space %s may lose over all datasets: its first dataset's total stands for that", "尚未规定空间 %s 的单元在全部数据资源上的损失总额：暂以其首个数据资源的总额代替"), p.Space)
		}
	}
}
