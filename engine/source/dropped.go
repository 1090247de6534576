package source

import (
	"slices"
	"strings"
	"unicode"
)

// sumWords and noteWords begin rows that are no data, in tables as offices keep
// them: sums among the rows, and notes below them.
var (
	sumWords  = []string{"合计", "总计", "小计", "共计", "累计", "本页合计", "本页小计", "Total", "TOTAL", "Grand total", "Grand Total", "Subtotal", "Sum"}
	noteWords = []string{"制表", "填报", "填表", "审核", "复核", "经办人", "负责人", "单位负责人", "注：", "注:", "备注：", "备注:", "说明：", "说明:", "数据来源", "截至", "截止", "打印时间", "导出时间", "统计时间", "单位：", "单位:", "Note:", "Source:", "以上", "以下空白", "打印人", "制单", "第1页", "第2页", "第3页"}
)

// countMarks begin a line that a program puts below a table to say how many rows
// it has, which countLine tells from others.
var countMarks = []string{"共", "总共", "(", "（"}

// countLine says whether a text that begins with a mark goes on as such a line.
func countLine(text, mark string) bool {
	rest := strings.TrimPrefix(text, mark)
	unit := strings.TrimLeft(rest, "0123456789")
	return len(unit) < len(rest) && begins(unit, []string{"条", "行", "户", "人", "项", "笔", "页", "张", "个", "row", "record"}) != ""
}

// dropped finds the words with which rows begin that are no data. A word counts
// only if every row that begins with it looks like none: a row of sums has empty
// fields, a note stands in one or two.
type dropped struct {
	found []string
	data  map[string]bool
	names []string // of the header, which files that were joined repeat
}

// see looks at a row: its first value, and how many of its fields have one. It
// says whether it is no data.
func (d *dropped) see(first string, filled, width int) bool {
	w, no := "", false
	switch {
	case first == "" || width < 2:
		return false
	case len(d.names) > 0 && first == d.names[0]:
		w, no = first, filled == len(d.names)
	default:
		said := squeezed(first)
		if w = begins(said, sumWords); w != "" {
			no = filled < width
		} else if w = begins(said, noteWords); w != "" {
			no = filled <= 2 && width > 2
		} else if w = begins(said, countMarks); w != "" {
			no = filled == 1 && width > 2 && countLine(said, w)
		}
	}
	switch {
	case w == "":
		return false
	case !no:
		if d.data == nil {
			d.data = map[string]bool{}
		}
		d.data[w] = true
	case !slices.Contains(d.found, w):
		d.found = append(d.found, w)
	}
	return no
}

// words are those that begin rows which are no data, and no others.
func (d *dropped) words() []string {
	return slices.DeleteFunc(slices.Clone(d.found), func(w string) bool { return d.data[w] })
}

// squeezed is a text without the white space in it: 合  计 is 合计.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// begins is the longest of some words with which a text begins.
func begins(s string, words []string) string {
	best := ""
	for _, w := range words {
		if len(w) > len(best) && len(s) >= len(w) && s[:len(w)] == w {
			best = w
		}
	}
	return best
}
