package report

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence"
)

// checks lists what the domain found when it checked itself, day by day.
func checks(b *book) table {
	t := table{title: glovebox.Text{EN: "Self-checks", ZH: "自检"}, columns: columns("day", "日期", "entry", "条目", "entries checked", "已核验条目", "documents compared", "已比对文档",
		"problems", "问题", "first of them", "其前几项", "disk free, percent", "磁盘可用百分比", "questions overdue", "逾期质量问题")}
	for i := range b.events {
		e := &b.events[i]
		if c := e.check; c != nil {
			t.rows = append(t.rows, []string{c.Day, entry(&e.Index), strconv.FormatUint(c.Entries, 10), num(c.Documents), num(c.Problems), strings.Join(c.First, "; "), num(c.FreePart), num(c.Overdue)})
		}
	}
	return t
}

// refused counts what was refused, by person and action.
func refused(b *book) table {
	t := table{title: glovebox.Text{EN: "Refused attempts", ZH: "被拒的尝试"}, columns: columns("person", "人员", "institution", "机构", "action", "动作", "times", "次数", "last", "最近")}
	type who struct{ actor, org, action string }
	times, last := map[who]int{}, map[who]string{}
	for i := range b.events {
		if e := &b.events[i]; e.Decision == evidence.Deny {
			k := who{e.Actor, e.Org, e.Action}
			times[k], last[k] = times[k]+1, b.at(e.Time)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(times), func(x, y who) int {
		return cmp.Or(cmp.Compare(x.actor, y.actor), cmp.Compare(x.action, y.action), cmp.Compare(x.org, y.org))
	}) {
		t.rows = append(t.rows, []string{k.actor, k.org, k.action, num(times[k]), last[k]})
	}
	return t
}
