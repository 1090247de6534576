package cli

import (
	"fmt"
	"strconv"

	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/privacy"
)

// printContent prints a released table, at most so many lines of it (0: all):
// each figure with its 95 % margin.
func (a *app) printContent(c *release.Content, f *pipeline.Facts, most uint) {
	keys, figures := tableShape(c)
	rows, lines := len(c.Rows), len(c.Rows)
	wide := len(figures) <= maxWide
	if !wide {
		lines *= len(figures)
	}
	shown := lines
	if most > 0 {
		shown = int(min(uint(lines), most))
	}
	if wide {
		a.printWide(c, keys, figures, shown)
	} else {
		a.printLong(c, keys, figures, shown)
	}
	if shown < lines {
		a.say(a.t("%d of %d lines are shown: `glovebox release show %s --lines 0` prints all, --json has them as data",
			"仅显示 %d 行，共 %d 行：`glovebox release show %s --lines 0` 显示全部，--json 以数据形式给出全部"), shown, lines, c.ID)
	}
	defer a.printFailures(f)
	defer a.printPromise(f)
	if len(figures) == 0 {
		a.say(a.t("%[1]s; its figures are private and have no interval", "共 %[2]d 行；数值已作隐私保护，没有置信区间"), many(rows, "row"), rows)
		a.printLimits(c)
		return
	}
	a.say(a.t("%[1]s; margins hold with 95 %% confidence and count the added noise alone", "共 %[2]d 行；误差范围的置信度为 95%%，仅计入所加噪声"), many(rows, "row"), rows)
	for _, f := range figures {
		if f.ranks >= 0 {
			a.say(a.t("a margin in ranks says how many values lie at most between a figure and the true quantile: such a figure has no range of values", "以名次表示的误差：该数值与真实分位数之间至多相隔的值的个数；此类数值没有取值区间"))
			break
		}
	}
	a.printLimits(c)
}

// maxWide is how many figures stand beside one another; of more, each has a
// line of its own.
const maxWide = 5

// figureColumns are the columns of one figure: its value and its interval, or the
// ranks that it may be off; -1 for those that it does not have.
type figureColumns struct{ at, lo, hi, ranks int }

// margin is what stands beside a figure.
func (a *app) margin(r []any, f figureColumns) string {
	if n, ok := r[max(f.ranks, 0)].(float64); f.ranks >= 0 && ok {
		return fmt.Sprintf(a.t("± %.0f ranks", "± %.0f 名次"), n)
	}
	return figure(r[f.lo]) + " .. " + figure(r[f.hi])
}

// tableShape tells key columns from NAME, NAME_lo and NAME_hi, or NAME and
// NAME_ranks, of a figure.
func tableShape(c *release.Content) (keys []int, figures []figureColumns) {
	index := map[string]int{}
	for i, x := range c.Columns {
		index[x.Name] = i
	}
	bounds := map[int]bool{}
	for i, x := range c.Columns {
		lo, ok := index[x.Name+privacy.LowSuffix]
		hi, ok2 := index[x.Name+privacy.HighSuffix]
		ranks, ok3 := index[x.Name+privacy.RanksSuffix]
		switch {
		case bounds[i]:
		case ok && ok2:
			figures = append(figures, figureColumns{i, lo, hi, -1})
			bounds[lo], bounds[hi] = true, true
		case ok3:
			figures = append(figures, figureColumns{i, -1, -1, ranks})
			bounds[ranks] = true
		default:
			keys = append(keys, i)
		}
	}
	return keys, figures
}

// printWide prints one line a row.
func (a *app) printWide(c *release.Content, keys []int, figures []figureColumns, most int) {
	var head []string
	for _, k := range keys {
		head = append(head, c.Columns[k].Name)
	}
	for _, f := range figures {
		head = append(head, c.Columns[f.at].Name, "95 %")
	}
	var rows [][]string
	for _, r := range c.Rows[:most] {
		var out []string
		for _, k := range keys {
			out = append(out, figure(r[k]))
		}
		for _, f := range figures {
			out = append(out, figure(r[f.at]), a.margin(r, f))
		}
		rows = append(rows, out)
	}
	table(a.Out, head, rows)
}

// printLong prints one line a figure.
func (a *app) printLong(c *release.Content, keys []int, figures []figureColumns, most int) {
	var head []string
	for _, k := range keys {
		head = append(head, c.Columns[k].Name)
	}
	head = append(head, a.t("figure", "指标"), a.t("value", "数值"), "95 %")
	var rows [][]string
	for _, r := range c.Rows[:min(len(c.Rows), most)] {
		for _, f := range figures {
			if len(rows) == most {
				break
			}
			var out []string
			for _, k := range keys {
				out = append(out, figure(r[k]))
			}
			rows = append(rows, append(out, c.Columns[f.at].Name, figure(r[f.at]), a.margin(r, f)))
		}
	}
	table(a.Out, head, rows)
}

func figure(v any) string {
	switch x := v.(type) {
	case float64:
		return strconv.FormatFloat(x, 'f', decimals(x), 64)
	case int64:
		return strconv.FormatInt(x, 10)
	}
	return fmt.Sprint(v)
}

// decimals shows small figures with two decimals and large ones with none.
func decimals(x float64) int {
	if x > -1000 && x < 1000 {
		return 2
	}
	return 0
}
