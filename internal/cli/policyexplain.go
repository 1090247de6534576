package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence/replay"
	"glovebox.example/glovebox/policy"
)

func (a *app) policyExplain() *cobra.Command {
	var under, rule, point string
	c := &cobra.Command{
		Use:   "explain ENTRY|JOB",
		Short: a.t("show which rules a recorded decision asked, and what each said", "说明一项已记录决策询问了哪些规则及各规则的结论"),
		Long: a.t(`Decide the kept request of an entry again and show rule by rule: whether it was
asked, whether it refused, and where it ended if it did not; and for a request
that is allowed, the rule that allows it with the conditions that held. Of a job,
what admitted it. With --policy, the same under another policy too: "now" is the
domain's of today. Role: auditor or authority.`, `以条目留存的请求重新作出决策，逐条说明：规则是否被询问、是否拒绝、
未拒绝时止于何处；对获准的请求，说明准予的规则及其成立的条件。
加 --policy 则依据另一策略。角色：审计或实施机构。`),
		Example: "  glovebox policy explain 13 --domain ./city --as sun\n  glovebox policy explain 13 --rule column.not_needed --policy now --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			all, err := a.explained(c.Context(), w[0], under, rule, point)
			if err != nil {
				return err
			}
			return a.emit(list(all), func() {
				for i := range all {
					a.printExplanation(&all[i])
				}
			})
		},
	}
	c.Flags().StringVar(&under, "policy", "", a.t("under this `POLICY` too: a revision, now, or a folder", "另依据该策略 `POLICY`：修订号、now 或文件夹"))
	c.Flags().StringVar(&rule, "rule", "", a.t("only this `RULE`, such as column.not_needed", "只显示规则 `RULE`，如 column.not_needed"))
	c.Flags().StringVar(&point, "point", "", a.t("only the decision at `POINT`, such as admit", "只显示决策点 `POINT` 的决策，如 admit"))
	return c
}

// explained asks whoever holds the domain; of a policy that is here alone, in a
// folder or by its revision, this process.
func (a *app) explained(ctx context.Context, what, under, rule, point string) (all []policy.Explanation, err error) {
	if under == "" || under == "now" {
		q := desk.Look{Name: "explain", ID: what, Args: map[string]string{"rule": rule, "point": point, "policy": under}}
		return all, a.look(ctx, q, &all)
	}
	return all, a.act(ctx, false, func(d *domain.Domain, by *domain.By) error {
		if err := desk.LogReader(ctx, d, by.User); err != nil {
			return err
		}
		n, err := entryOrJob(ctx, d, what)
		if err != nil {
			return err
		}
		other, err := policyNamed(ctx, d, under)
		if err != nil {
			return err
		}
		if all, err = replay.Explain(ctx, d, n, other); err == nil {
			all, err = desk.Explained(all, rule, point)
		}
		return err
	})
}

// entryOrJob is an entry by its number, or the one that admitted a job.
func entryOrJob(ctx context.Context, d *domain.Domain, word string) (uint64, error) {
	if strings.HasPrefix(word, "j-") {
		return replay.Admission(ctx, d, word)
	}
	return entryNumber(word)
}

func (a *app) printExplanation(x *policy.Explanation) {
	d := x.Decision
	a.say(a.t("%s: %s, policy %s", "%s：%s，策略 %s"), d.Point, a.t(map[bool]string{true: "allowed", false: "refused"}[d.Allow], map[bool]string{true: "允许", false: "拒绝"}[d.Allow]), d.Revision)
	a.say(a.t("request %s", "请求 %s"), d.InputDigest)
	for _, g := range x.Grounds {
		a.say(a.t("allowed by %s (%s), because all of these hold:", "准予依据 %s（%s），因以下条件均成立："), g.Name, g.Place)
		for _, h := range g.Held {
			a.say("  %s", h)
		}
	}
	for _, r := range d.Reasons {
		a.say("  %s [%s] @ %s\n    %s\n    %s", r.Rule, r.Req, r.At, r.Text.EN, r.Text.ZH)
	}
	var rows [][]string
	for _, r := range x.Rules {
		did := a.t("not asked", "未询问")
		switch {
		case r.Fired:
			did = a.t("refused", "拒绝")
		case r.Asked:
			did = a.t("no objection", "无异议")
		}
		rows = append(rows, []string{r.ID, did, r.Until, r.Text.In(a.lang)})
	}
	table(a.Out, []string{a.t("rule", "规则"), a.t("outcome", "结论"), a.t("ended at", "止于"), a.t("it refuses with", "拒绝时的说明")}, rows)
}
