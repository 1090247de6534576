package text

import (
	"strings"
	"testing"
)

func TestFormula(t *testing.T) {
	before := []string{"", " ", "  ", "\u3000", "\u00a0", "\t", "\r", "\n", "\r\n", `"`, "'", "''", `" `, "“", "‘", "「", "『", "＂", "＇", "«", "`", "\ufeff", "\u200b", "\u202e", "\x00", "\x0b"}
	starts := []string{"=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠A", "﹦1", "﹢1", "﹣1", "﹫A", "⁺1", "⁻1", "⁼1", "₊1", "₋1", "₌1", "−1", "=cmd|' /C calc'!A0"}
	for _, b := range before {
		for _, s := range starts {
			if !Formula(b + s) {
				t.Errorf("%+q passes", b+s)
			}
		}
	}
	for _, s := range []string{"", "a", "a=1", "1-2", "张三", "（=1）", "0=1", "a\t=1", "_=1", "#N/A", "100%", "“引号”", "'tis", "😀", "\xff", strings.Repeat(" ", 9)} {
		if Formula(s) {
			t.Errorf("%+q is taken for a formula", s)
		}
	}
	for _, s := range []string{"\ta", "\ra", "\na"} {
		if !Formula(s) {
			t.Errorf("%+q passes", s)
		}
	}
}
