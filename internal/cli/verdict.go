package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/job"
)

// releaseVerdict is a command by which somebody judges a release, with a reason.
func (a *app) releaseVerdict(verb, act, en, zh, long, longZH, who string) *cobra.Command {
	var reason, role string
	c := &cobra.Command{
		Use:     verb + " RELEASE --reason TEXT",
		Short:   a.t(en, zh),
		Long:    a.t(long, longZH),
		Example: "  glovebox release " + verb + " r-0123456789abcdef --reason 口径不符 --domain ./city --as " + who,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.judged(c, desk.Act{Name: act, Subject: "release/" + w[0], Role: glovebox.Role(role), Params: desk.Params(desk.Reason{Reason: reason})})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	c.Flags().StringVar(&role, "role", "", a.t("in the `ROLE`, for somebody who holds several", "以角色 `ROLE` 操作（兼任多个角色时）"))
	return c
}

func (a *app) judged(c *cobra.Command, x desk.Act) error {
	var r job.ReleaseDoc
	if err := a.do(c.Context(), nil, x, &r); err != nil {
		return err
	}
	return a.emit(r, func() { a.printReleaseState(&r) })
}

func (a *app) releaseReturn() *cobra.Command {
	return a.releaseVerdict("return", "release.return", "send a release back to its author with remarks", "退回发布并附意见",
		`Send a release that has not left back to its author: what was approved is void.
The author answers with "release attach"; then it is approved anew. Role: one that
is asked to approve it.`, `将尚未出域的发布退回作者：已有的批准作废。作者以 "release attach" 答复后重新批准。
角色：被要求批准的角色之一。`, "zhao")
}

func (a *app) releaseRefuse() *cobra.Command {
	return a.releaseVerdict("refuse", "release.reject", "refuse a release for good", "否决发布",
		`Refuse a release that has not left, for good. What was charged stays charged.
Role: one that is asked to approve it.`, `否决尚未出域的发布，不可恢复；已扣预算不退还。角色：被要求批准的角色之一。`, "zhao")
}

func (a *app) releaseWithdraw() *cobra.Command {
	return a.releaseVerdict("withdraw", "release.withdraw", "take a release back: it leaves no more", "撤回发布，不再输出",
		`Take a release back: it leaves no more. Copies that left are named by "release
show", so that whoever has one can be told. Role: operator of the scenario, a
provider of its data, or the authority.`, `撤回发布，不再输出。已出域的副本见 "release show"，以便通知持有者。
角色：该场景的运营机构、所用数据的提供单位或实施机构。`, "liu")
}

func (a *app) releaseSupersede() *cobra.Command {
	var p desk.Supersede
	c := &cobra.Command{
		Use:   "supersede RELEASE --by RELEASE --reason TEXT",
		Short: a.t("have a later release stand for one", "以较新的发布取代"),
		Long: a.t(`Have another approved release of the same product stand for RELEASE, which leaves
no more. Role: operator of the scenario.`, `以同一产品的另一已批准发布取代 RELEASE，后者不再输出。角色：该场景的运营机构。`),
		Example: "  glovebox release supersede r-0123456789abcdef --by r-fedcba9876543210 --reason 月度更新 --domain ./city --as liu",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.judged(c, desk.Act{Name: "release.supersede", Subject: "release/" + w[0], Params: desk.Params(p)})
		},
	}
	c.Flags().StringVar(&p.Successor, "by", "", a.t("the `RELEASE` that stands for it", "取代它的发布 `RELEASE`"))
	c.Flags().StringVar(&p.Reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	return c
}
