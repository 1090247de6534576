package cli

import (
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/text"
)

func (a *app) auditList() *cobra.Command {
	var q evidence.Query
	var span period
	var after, proofs string
	var last, limit int
	var asCSV bool
	c := &cobra.Command{
		Use:   "list",
		Short: a.t("list entries of the log: who did what, when, under which grant", "列出日志条目：何人何时做了何事、依据哪次授权"),
		Long: a.t(`List the entries of the log that meet every condition given, oldest first: who
did what to what, when, whether it was allowed, at what price, and under which
grant, by its entry (audit show ENTRY shows it as it read then). Refused attempts
are entries like any other.

The first command that asks makes an index of the log in the domain's folder
cache; audit verify checks it.

Role: auditor or authority; an operator sees what is about their scenarios, a
provider what is about their organisation's data, a developer what they did.`, `按先后列出符合全部条件的日志条目：何人何时对何对象做了何事、是否准许、
价格多少、依据哪次授权（以条目号表示，audit show 可显示当时的授权内容）。
被拒的尝试同样是条目。

首条查询命令在域的 cache 文件夹中建立日志索引；audit verify 会核验该索引。

角色：审计或实施机构；运营机构可见与其应用场景有关的条目，
数据提供单位可见与本单位数据有关的条目，开发主体可见自己的操作。`),
		Example: "  glovebox audit list --last 20 --domain ./city --as sun\n  glovebox audit list --dataset pums --action job. --from 2026-10-01 --tz Asia/Shanghai --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			loc, err := span.location(a)
			if err != nil {
				return err
			}
			if q.From, q.To, err = span.bounds(a); err != nil {
				return err
			}
			if last < 0 || limit < 0 {
				return flagError("--last", "is below 0", "write a number of entries; 0: all")
			}
			args := map[string]string{"subject": q.Subject, "action": q.Action, "actor": q.Actor, "org": q.Org, "dataset": q.Dataset, "scenario": q.Scenario,
				"product": q.Product, "decision": q.Decision, "from": q.From, "to": q.To, "after": after, "last": strconv.Itoa(last)}
			if limit > 0 {
				args["limit"] = strconv.Itoa(limit + 1)
			}
			list := []desk.Entry{}
			if err := a.look(c.Context(), desk.Look{Name: "entries", Args: args}, &list); err != nil {
				return err
			}
			if limit > 0 && last == 0 && len(list) > limit {
				list = list[:limit]
				a.note(a.t("there are more: --after ", "还有更多：--after ") + strconv.FormatUint(list[limit-1].Index, 10))
			}
			named := make([]uint64, len(list))
			for i := range list {
				named[i] = list[i].Index
			}
			if err := a.prove(c.Context(), proofs, named); err != nil {
				return err
			}
			if asCSV {
				return a.csvEntries(list, loc)
			}
			return a.emit(list, func() { a.printEntries(list, loc) })
		},
	}
	f := c.Flags()
	f.StringVar(&q.Subject, "subject", "", a.t("only entries about `SUBJECT`, such as job/ID", "只列出关于 `SUBJECT` 的条目，如 job/ID"))
	f.StringVar(&q.Action, "action", "", a.t("only entries of `ACTION`, such as job.charge; \"job.\": all of jobs", "只列出动作 `ACTION` 的条目，如 job.charge；job. 为作业的全部动作"))
	f.StringVar(&q.Actor, "actor", "", a.t("only what `USER` did", "只列出 `USER` 的操作"))
	f.StringVar(&q.Org, "org", "", a.t("only what people of `ORG` did", "只列出机构 `ORG` 人员的操作"))
	f.StringVar(&q.Dataset, "dataset", "", a.t("only what is about dataset `CODE`, jobs over it and releases of it too", "只列出与数据资源 `CODE` 有关的条目，含使用它的作业与发布"))
	f.StringVar(&q.Scenario, "scenario", "", a.t("only what is about scenario `CODE`", "只列出与应用场景 `CODE` 有关的条目"))
	f.StringVar(&q.Product, "product", "", a.t("only what is about product `CODE`", "只列出与产品 `CODE` 有关的条目"))
	f.StringVar(&q.Decision, "decision", "", a.t("only entries with a `DECISION`: allow, deny or any", "只列出有决策 `DECISION` 的条目：allow、deny 或 any"))
	span.flags(a, c)
	f.StringVar(&after, "after", "", a.t("begin behind entry `N`", "自条目 `N` 之后开始"))
	f.IntVar(&limit, "limit", 0, a.t("at most `N`; 0: all", "至多 `N` 条；0 为全部"))
	f.IntVar(&last, "last", 0, a.t("only the newest `N`; 0: all", "只列出最新的 `N` 条；0 为全部"))
	a.proofsFlag(c, &proofs)
	f.BoolVar(&asCSV, "csv", false, a.t("print CSV (UTF-8)", "输出 CSV（UTF-8）"))
	return c
}

func (a *app) printEntries(list []desk.Entry, loc *time.Location) {
	var rows [][]string
	for i := range list {
		rows = append(rows, a.entryRow(&list[i].Facts, loc))
	}
	table(a.Out, a.entryHead(), rows)
}

func (a *app) entryHead() []string {
	return []string{a.t("entry", "条目"), a.t("time", "时间"), a.t("by", "操作人"), a.t("action", "动作"), a.t("about", "对象"), a.t("decision", "决策"), a.t("grant", "授权"), a.t("price", "价格")}
}

func (a *app) entryRow(e *evidence.Facts, loc *time.Location) []string {
	grant, prices := "", make([]string, len(e.Charges))
	if e.Grant != nil {
		grant = strconv.FormatUint(*e.Grant, 10)
	}
	for i, c := range e.Charges {
		prices[i] = evidence.Price(c)
	}
	return []string{strconv.FormatUint(e.Index, 10), at(e.Time, loc), e.Actor, e.Action, e.Subject, a.word(e.Decision), grant, strings.Join(prices, "; ")}
}

// csvEntries prints entries as CSV. What a spreadsheet would take for a formula
// is printed as text.
func (a *app) csvEntries(list []desk.Entry, loc *time.Location) error {
	w := csv.NewWriter(a.Out)
	head := []string{"entry", "time", "actor", "org", "action", "subject", "scenario", "product", "datasets", "decision", "grant", "price"}
	rows := [][]string{head}
	for i := range list {
		e := &list[i].Facts
		r := a.entryRow(e, loc)
		rows = append(rows, []string{r[0], r[1], e.Actor, e.Org, e.Action, e.Subject, e.Scenario, e.Product, strings.Join(e.Datasets, " "), e.Decision, r[6], r[7]})
	}
	for _, r := range rows {
		for i, cell := range r {
			r[i] = text.Cell(cell)
		}
	}
	return w.WriteAll(rows)
}

func (a *app) auditShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ENTRY",
		Short: a.t("show one entry with its whole body and its document of then", "显示一个条目的全部内容及当时的文档"),
		Long: a.t(`Show one entry of the log as JSON: for a decision, all its reasons; for a
charge, all its amounts; and the document that the step left, as it was then.
Role: as for audit list.`, `以 JSON 显示一个日志条目：决策附全部理由，记账附全部数额；
并显示该步骤之后、当时的文档。角色：同 audit list。`),
		Example: "  glovebox audit show 13 --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var found desk.Entry
			if err := a.look(c.Context(), desk.Look{Name: "entry", ID: w[0]}, &found); err != nil {
				return err
			}
			return a.document(found)
		},
	}
}

func (a *app) auditIndex() *cobra.Command {
	var again bool
	c := &cobra.Command{
		Use:   "index",
		Short: a.t("bring the index of the log up to date, or make it again", "更新或重建日志索引"),
		Long: a.t(`Take into the index of the log, DIR/cache/audit.db, what the log has more; with
--rebuild, make it again from the log and the kept documents. It holds nothing
else, so it can be deleted at any time. Role: auditor or authority.`, `把日志新增的条目收入日志索引 DIR/cache/audit.db；加 --rebuild 则由日志与留存文档重建。
索引没有其他内容，可随时删除。角色：审计或实施机构。`),
		Example: "  glovebox audit index --rebuild --domain ./city --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			q := desk.Look{Name: "index"}
			if again {
				q.Args = map[string]string{"again": "1"}
			}
			var out desk.Indexed
			if err := a.look(c.Context(), q, &out); err != nil {
				return err
			}
			return a.emit(out, func() { a.say(a.t("%d entries in %s", "%d 个条目，见 %s"), out.Entries, out.File) })
		},
	}
	c.Flags().BoolVar(&again, "rebuild", false, a.t("make it again", "重建"))
	return c
}
