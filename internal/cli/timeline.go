package cli

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/evidence"
)

func (a *app) auditTimeline() *cobra.Command {
	var span period
	var proofs string
	c := &cobra.Command{
		Use:   "timeline JOB|RELEASE|DATASET|SCENARIO|USER",
		Short: a.t("tell one story from the log, with the documents of then", "由日志讲述一件事的始末，附当时的文档"),
		Long: a.t(`Tell one story in order: of a job or a release from the application behind its
scenario, over every grant, to the recipients of its bundle; of a dataset all that
was done with it; of a scenario all that was done under it; of a person what they
did and what was done to their account. With --json, each step with the document
that it left, as it was then. Role: as for audit list.`, `按先后讲述一件事：作业或发布，自其应用场景的申报、历次授权，直至发布包的接收方；
数据资源，对它所做的一切；应用场景，其下所做的一切；人员，其操作及对其账户的操作。
加 --json 则每步附当时的文档。角色：同 audit list。`),
		Example: "  glovebox audit timeline r-0123456789abcdef --domain ./city --as sun\n  glovebox audit timeline dataset/pums --from 2026-10-01 --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			loc, err := span.location(a)
			if err != nil {
				return err
			}
			var q evidence.Query
			if q.From, q.To, err = span.bounds(a); err != nil {
				return err
			}
			all := []evidence.Event{}
			if err := a.look(c.Context(), desk.Look{Name: "timeline", ID: w[0], Args: map[string]string{"from": q.From, "to": q.To}}, &all); err != nil {
				return err
			}
			named := make([]uint64, len(all))
			for i := range all {
				named[i] = all[i].Index
			}
			if err := a.prove(c.Context(), proofs, named); err != nil {
				return err
			}
			return a.emit(all, func() {
				for i := range all {
					e := &all[i]
					said := make([]string, len(e.Detail))
					for j, x := range e.Detail {
						said[j] = a.word(x.Name) + " " + a.word(x.Value)
					}
					a.say("%s  %-4s %s  %s  %s  %s", at(e.Time, loc), evidence.EntryName(e.Index), e.Actor, a.word(e.Action), e.Subject, strings.Join(said, "; "))
				}
				a.say(a.t("%d steps; --proofs FILE writes the proofs that they are in the log", "共 %d 步；--proofs FILE 写出它们在日志中的证明"), len(all))
			})
		},
	}
	span.flags(a, c)
	a.proofsFlag(c, &proofs)
	return c
}

func (a *app) auditPeople() *cobra.Command {
	var role, on, proofs string
	var span period
	c := &cobra.Command{
		Use:   "people",
		Short: a.t("say who could act in a role at a time, and by whose act", "说明何时何人具有某角色，以及由谁授予或收回"),
		Long: a.t(`List who ever held a role: whether they could act in it at the time asked about,
by whose act each of them got and lost it, in which entry, and with which key
that act was signed ("-": the owner of the directory said who acts). --on DAY asks
about the end of that day. Role: auditor or authority.`, `列出曾具有某角色的人员：所问时刻能否以该角色操作、由谁的操作授予与收回、
见于哪个条目、该操作由哪把密钥签名（-：由目录属主指明操作人）。
--on 日期 表示该日结束之时。角色：审计或实施机构。`),
		Example: "  glovebox audit people --role authority --on 2026-03-15 --tz Asia/Shanghai --domain ./city --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			loc, err := span.location(a)
			if err != nil {
				return err
			}
			moment, err := moment("--on", on, loc, 1)
			if err != nil {
				return err
			}
			all := []evidence.Holder{}
			if err := a.look(c.Context(), desk.Look{Name: "holders", Args: map[string]string{"role": role, "at": moment}}, &all); err != nil {
				return err
			}
			var named []uint64
			for _, h := range all {
				for _, s := range h.Steps {
					named = append(named, s.Entry)
				}
			}
			if err := a.prove(c.Context(), proofs, named); err != nil {
				return err
			}
			return a.emit(all, func() {
				var rows [][]string
				for _, h := range all {
					holds := a.t("no", "否")
					if h.Holds {
						holds = a.t("yes", "是")
					}
					for _, s := range h.Steps {
						key := s.Key
						if key == "" {
							key = "-"
						}
						rows = append(rows, []string{h.User, h.Full, h.Org, a.word(string(h.Role)), holds, a.word(s.Did), at(s.Time, loc), s.By, strconv.FormatUint(s.Entry, 10), key})
					}
				}
				table(a.Out, []string{a.t("user", "用户"), a.t("name", "姓名"), a.t("organisation", "机构"), a.t("role", "角色"), a.t("could act", "当时有效"), a.t("step", "变更"), a.t("time", "时间"), a.t("by", "操作人"), a.t("entry", "条目"), a.t("key", "密钥")}, rows)
			})
		},
	}
	c.Flags().StringVar(&role, "role", "", a.t("only this `ROLE`", "只列出角色 `ROLE`"))
	c.Flags().StringVar(&on, "on", "", a.t("at the end of this `DAY`, or at a moment; default: now", "在该日 `DAY` 结束时或某一时刻；默认为现在"))
	a.proofsFlag(c, &proofs)
	c.Flags().StringVar(&span.zone, "tz", "", a.t("time zone `TZ`; default: UTC, in Chinese Asia/Shanghai", "时区 `TZ`；默认为北京时间（英文界面为 UTC）"))
	return c
}
