package cli

import (
	"encoding/json"
	"fmt"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/release"
)

// printLimits says what was cut before the noise: no margin counts it, so where
// units have more than that the data's own figures lie outside.
func (a *app) printLimits(c *release.Content) {
	var f pipeline.Facts
	if json.Unmarshal(c.Facts, &f) != nil {
		return
	}
	lines := a.limits(&f, len(c.Rows))
	if len(lines) == 0 {
		return
	}
	a.say(a.t("cut before the noise, and in no margin; where units have more, the data's own figures can lie outside the margins:",
		"以下截限先于加噪，误差范围不含其影响；有单元超出时，数据本身的数值可能在误差范围之外："))
	for _, l := range lines {
		a.say("  %s", l)
	}
}

// printCutting prints the margins with what job tune measured, beside those of
// noise alone. nil: nothing was measured.
func (a *app) printCutting(x *desk.Cutting) {
	if x == nil {
		return
	}
	a.say(a.t("what was cut was measured by job tune on the same data, in release %s:", "截限的影响已由 job tune 在相同数据上测量，见发布 %s："), x.Release)
	var rows [][]string
	g := func(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }
	for _, m := range x.Margins {
		rows = append(rows, []string{m.Metric, "±" + g(m.Noise), g(m.Cut), "-" + g(m.Noise) + " +" + g(m.Both)})
	}
	if len(rows) > 0 {
		table(a.Out, []string{a.t("a usual figure", "通常数值"), a.t("noise alone, 95 %", "仅噪声，95 %"), a.t("too low by, cut", "因截限偏低"), a.t("noise and cutting", "噪声与截限")}, rows)
	}
	for _, c := range x.Advice.Clips {
		if c.Below != nil {
			a.say(a.t("  %s: %s of the units have a value below its min", "  %s：%s 的单元取值低于下界"), c.Metric, percent(c.Below.Share))
		}
		if c.Above != nil {
			a.say(a.t("  %s: %s of the units have a value above its max", "  %s：%s 的单元取值高于上界"), c.Metric, percent(c.Above.Share))
		}
	}
	a.say(a.t("  %s of the units have as many rows as the module sees, or more", "  %s 的单元行数达到模块可见上限"), percent(x.Advice.AtMaxRows.Share))
}

// limits lists what a job's declaration and its datasets cut. Rows are those of
// the table: where the keys are public, so many keys are no limit.
func (a *app) limits(f *pipeline.Facts, rows int) (lines []string) {
	add := func(en, zh string, args ...any) { lines = append(lines, fmt.Sprintf(a.t(en, zh), args...)) }
	for _, code := range sortedKeys(f.Inputs) {
		if n := f.Inputs[code].MaxRows; n > 0 {
			add("%[1]s: rows of one unit, at most %[2]d (max_rows)", "%[1]s：每个单元至多 %[2]d 行（max_rows）", code, n)
		}
	}
	o := &f.Output
	private := len(o.Key) > 0 && o.Key[0].Private
	if len(o.Key) > 0 && (private || o.Top != nil || o.MaxKeysPerUnit < rows) {
		add("keys of one unit: at most %d (max_keys_per_unit)", "每个单元至多计入 %d 个分组（max_keys_per_unit）", o.MaxKeysPerUnit)
	}
	each := false
	for i := range o.Metrics {
		each = each || o.Metrics[i].EachRecord()
	}
	if each {
		add("records of one unit and key: at most %d (max_records_per_key)", "每个单元在同一分组至多计入 %d 条记录（max_records_per_key）", max(o.MaxRecordsPerKey, 1))
		if o.MaxRecordsPerUnit > 0 {
			add("records of one unit in all: at most %d (max_records_per_unit)", "每个单元合计至多计入 %d 条记录（max_records_per_unit）", o.MaxRecordsPerUnit)
		}
	}
	for i := range o.Metrics {
		a.cuts(&o.Metrics[i], add)
	}
	if f.Blocks != nil {
		for _, m := range f.Blocks.Metrics {
			if m.Combine != glovebox.Vote {
				add("%[1]s: what a block says is brought into %[2]g .. %[3]g (min, max)", "%[1]s：分块输出截断到 %[2]g .. %[3]g（min、max）", m.Name, m.Min, m.Max)
			}
		}
	}
	if f.Train != nil {
		add("each unit's vector is shortened to a length of %g (clip)", "每个单元的向量裁剪到长度 %g（clip）", f.Train.Clip)
	}
	return lines
}

// cuts adds what a metric cuts.
func (a *app) cuts(m *glovebox.Metric, add func(en, zh string, args ...any)) {
	switch m.Kind {
	case glovebox.Sum, glovebox.Mean, glovebox.Variance:
		add("%[1]s: a unit's value is brought into %[2]g .. %[3]g (min, max)", "%[1]s：每个单元的取值截断到 %[2]g .. %[3]g（min、max）", m.Name, m.Min, m.Max)
	case glovebox.Histogram, glovebox.Quantile:
		lo, hi := m.Min, m.Max
		if m.Edges != nil {
			lo, hi = m.Edges[0], m.Edges[len(m.Edges)-1]
		}
		add("%[1]s: a value outside %[2]g .. %[3]g counts at its nearer end (min, max or edges)", "%[1]s：%[2]g .. %[3]g 之外的值计入较近一端（min、max 或 edges）", m.Name, lo, hi)
	case glovebox.Vector:
		add("%[1]s: a unit's vector is shortened to a length of %[2]g (clip)", "%[1]s：每个单元的向量裁剪到长度 %[2]g（clip）", m.Name, m.Clip)
	}
	if m.MaxTotal > 0 {
		add("%[1]s: a unit adds at most %[2]g over all its keys (max_total)", "%[1]s：每个单元在全部分组中至多合计 %[2]g（max_total）", m.Name, m.MaxTotal)
	}
}
