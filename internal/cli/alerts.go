package cli

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/evidence/alert"
)

func (a *app) auditAlerts() *cobra.Command {
	var span period
	c := &cobra.Command{
		Use:   "alerts",
		Short: a.t("list what in the log somebody should look at", "列出日志中应予关注的情况"),
		Long: a.t("List what the rules below find in the log, oldest first; without --from, in the last\nweek. They stand in the inbox of auditors and the authority, and `audit watch\n--alerts` sends them on. They name entries, persons, counts and times, and no figure\nof a release. An alert is no proof that something is wrong, and stops nothing.\n\n", "按先后列出下列规则在日志中发现的情况；未给出 --from 时为最近一周。审计与实施机构\n的待办中也会列出，`audit watch --alerts` 可将其转发。其中写明条目、人员、次数与时间，\n不含任何发布的数值。预警不证明存在问题，也不阻止任何操作。\n\n") +
			a.alertRules() + a.t("\nRole: auditor or authority.", "\n角色：审计或实施机构。"),
		Example: "  glovebox audit alerts --domain ./city --as sun\n  glovebox audit alerts --from 2026-10-01 --tz Asia/Shanghai --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			loc, err := span.location(a)
			if err != nil {
				return err
			}
			q := map[string]string{}
			if q["from"], q["to"], err = span.bounds(a); err != nil {
				return err
			}
			var list []alert.Alert
			if err := a.look(c.Context(), desk.Look{Name: "alerts", Args: q}, &list); err != nil {
				return err
			}
			return a.emit(list, func() { a.printAlerts(list, loc) })
		},
	}
	span.flags(a, c)
	return c
}

// alertRules is a line for each rule.
func (a *app) alertRules() string {
	s := ""
	for _, r := range alert.Rules {
		s += "  " + r.Name + "\t" + r.Text.In(a.lang) + "\n"
	}
	return s
}

// alertText says in words what a rule found.
func (a *app) alertText(name string) string {
	for _, r := range alert.Rules {
		if r.Name == name {
			return r.Text.In(a.lang)
		}
	}
	return name
}

func (a *app) printAlerts(list []alert.Alert, loc *time.Location) {
	var rows [][]string
	for i := range list {
		x := &list[i]
		entry, count := "", ""
		if x.Entry != nil {
			entry = strconv.FormatUint(*x.Entry, 10)
		}
		if x.Count > 0 {
			count = strconv.Itoa(x.Count)
		}
		rows = append(rows, []string{x.Rule, at(x.Time, loc), entry, x.Subject, x.Actor, x.Other, count, a.alertText(x.Rule)})
	}
	table(a.Out, []string{a.t("rule", "规则"), a.t("time", "时间"), a.t("entry", "条目"), a.t("about", "对象"), a.t("by", "操作人"), a.t("other", "涉及"), a.t("count", "次数"), a.t("found", "结果")}, rows)
}
