package cli

import (
	"encoding/json"
	"fmt"

	"glovebox.example/glovebox/internal/author/trial"
)

// printTrialBlock prints what happened on one block of sample units.
func (a *app) printTrialBlock(b *trial.Block) {
	a.say(a.t("block %d, %d units: %s  fuel %d, %d µs", "分块 %d，%d 个单元：%s  燃料 %d，%d 微秒"), b.Block, len(b.Units), a.outcomeName(&b.Call), b.Fuel, b.Micros)
	a.printTrialCall(&b.Call, func() {
		if len(b.Outputs) > 0 {
			a.say("    = %s", values(b.Outputs))
		}
	})
}

// printCombinedTrial prints the answer of mode blocks before and after noise.
func (a *app) printCombinedTrial(c *trial.Combined) {
	var rows [][]string
	for _, f := range c.Figures {
		interval := "-"
		if f.Lo != nil && f.Hi != nil {
			interval = figure(*f.Lo) + " .. " + figure(*f.Hi)
		}
		rows = append(rows, []string{f.Name, string(f.Combine), a.combined(f.Exact), a.combined(f.Noisy), interval})
	}
	table(a.Out, []string{a.t("metric", "指标"), a.t("combined by", "合并方式"), a.t("exact", "精确"), a.t("noisy", "加噪"), a.t("95 % of the noise", "噪声的 95 % 区间")}, rows)
	a.say(a.t("a run on real data takes %s from the ledger of each input", "在真实数据上运行将从每个输入的账本扣除 %s"), amount(c.Kind, c.Price))
}

// combined is a number, or what a vote chose.
func (a *app) combined(v any) string {
	if n, ok := v.(json.Number); ok {
		if f, err := n.Float64(); err == nil {
			return figure(f)
		}
	}
	return plain(fmt.Sprint(v))
}
