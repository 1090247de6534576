package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) scenarioApply() *cobra.Command {
	var p desk.ScenarioApply
	c := &cobra.Command{
		Use:   "apply SCENARIO.yaml",
		Short: a.t("apply for a scenario", "申请应用场景"),
		Long: a.t(`Apply for a scenario: purpose, products, the columns that it needs with a reason
for each, and its term (docs/formats/scenario.md). A developer may apply too, and
names the operator, who reviews it first. Then each provider agrees to its columns,
the authority answers whether it is reasonable, necessary and satisfiable, and
grants it. With --reuse, what providers agreed to for another scenario of the same
operator is not asked again. Role: operator or developer.`, `申请应用场景：用途、产品、所需字段及逐一理由、期限（docs/formats/scenario.zh.md）。
开发主体也可申请，须指明运营机构，由其初审。随后各数据提供单位对其字段表示同意，
实施机构就合理性、必要性、可满足性作出答复并授权。使用 --reuse 时，提供单位已对同一
运营机构另一场景同意的内容不再重复征询。角色：运营机构或开发主体。`),
		Example: "  glovebox scenario apply elderly-care.yaml --domain ./city --as wang",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			p.File = w[0]
			var s domain.ScenarioDoc
			if err := a.do(c.Context(), nil, desk.Act{Name: "scenario.apply", Params: desk.Params(p), Files: disk{}}, &s); err != nil {
				return err
			}
			return a.emit(s, func() { a.printReviews(&s) })
		},
	}
	c.Flags().StringVar(&p.Reuse, "reuse", "", a.t("take over what was agreed to for scenario `CODE`", "沿用应用场景 `CODE` 已取得的同意"))
	return c
}

func (a *app) scenarioAmend() *cobra.Command {
	var p desk.ScenarioAmend
	c := &cobra.Command{
		Use:   "amend SCENARIO.yaml --reason TEXT",
		Short: a.t("file another version of a scenario", "修改应用场景"),
		Long: a.t(`File another version of a scenario and show the difference, and what becomes void
by it. New columns void the agreement to their dataset, another purpose voids all;
these, other products and another term void the grant, until it is granted anew.
What was charged stays charged. Role: its operator, or who applied for it.`, `提交应用场景的新版本，显示差异及因此作废的内容。新增字段使对该数据资源的同意作废，
更改用途使全部同意作废；上述更改以及更改产品、期限，使授权作废，须重新授权。
已扣预算不退还。角色：其运营机构或申请人。`),
		Example: "  glovebox scenario amend elderly-care.yaml --reason 增加乡镇字段 --domain ./city --as liu",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			p.File = w[0]
			var x domain.Amended
			if err := a.do(c.Context(), nil, desk.Act{Name: "scenario.amend", Params: desk.Params(p), Files: disk{}}, &x); err != nil {
				return err
			}
			return a.emit(x, func() {
				a.say("%s: %s", x.Scenario.Code, a.word(string(x.Scenario.State)))
				a.say("%s: %s", a.t("changed", "更改"), strings.Join(x.Changes, ", "))
				if len(x.Void) > 0 {
					a.say("%s: %s", a.t("void", "作废"), strings.Join(x.Void, ", "))
				}
			})
		},
	}
	c.Flags().StringVar(&p.Reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	return c
}

// answer reads yes:WHY or no:WHY; nil for what was not written.
func answer(s string) *domain.Answer {
	word, why, ok := strings.Cut(s, ":")
	if !ok || word != "yes" && word != "no" {
		return nil
	}
	return &domain.Answer{Yes: word == "yes", Text: strings.TrimSpace(why)}
}

func (a *app) scenarioReview() *cobra.Command {
	var p desk.ScenarioReview
	var role string
	var three [3]string
	c := &cobra.Command{
		Use:   "review CODE",
		Short: a.t("review an application, as operator, provider or authority", "以运营机构、数据提供单位或实施机构身份审核申请"),
		Long: a.t(`Review an application. As operator: the first review of what a developer applied
for. As provider: agree to the use of your columns, of one --dataset or all of
yours, all that are needed or --columns alone; --refuse agrees to none. A provider
takes columns back the same way: jobs that read them end, and releases made of them
do not leave. As authority: the three answers, each as yes:WHY or no:WHY. Role:
operator of the scenario, a provider of its data, or the authority.`, `审核申请。运营机构：对开发主体的申请进行初审。数据提供单位：同意使用本单位的字段，
可限于一个 --dataset，或仅限 --columns 所列字段；--refuse 表示均不同意。收回字段亦用
此命令：读取它的作业随即终止，由其得出的发布不得输出。实施机构：作出三项答复，
格式为 yes:理由 或 no:理由。角色：该场景的运营机构、所用数据的提供单位或实施机构。`),
		Example: "  glovebox scenario review elderly-care --dataset population --domain ./city --as chen\n" +
			"  glovebox scenario review elderly-care --reasonable yes:急需 --necessary yes:已核 --satisfiable yes:齐备 --as zhao",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			p.Reasonable, p.Necessary, p.Satisfiable = answer(three[0]), answer(three[1]), answer(three[2])
			var s domain.ScenarioDoc
			if err := a.do(c.Context(), nil, desk.Act{Name: "scenario.review", Subject: "scenario/" + w[0], Role: glovebox.Role(role), Params: desk.Params(p)}, &s); err != nil {
				return err
			}
			return a.emit(s, func() { a.printReviews(&s) })
		},
	}
	f := c.Flags()
	f.StringVar(&p.Dataset, "dataset", "", a.t("of your dataset `CODE` alone", "仅限您的数据资源 `CODE`"))
	f.StringSliceVar(&p.Columns, "columns", nil, a.t("agree to these `COLUMNS` alone", "仅同意这些字段 `COLUMNS`"))
	f.BoolVar(&p.Refuse, "refuse", false, a.t("agree to none", "均不同意"))
	f.StringVar(&p.Reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	f.StringVar(&three[0], "reasonable", "", a.t("is it reasonable: `yes:WHY` or no:WHY", "是否合理：`yes:理由` 或 no:理由"))
	f.StringVar(&three[1], "necessary", "", a.t("is each column necessary: `yes:WHY` or no:WHY", "各字段是否必要：`yes:理由` 或 no:理由"))
	f.StringVar(&three[2], "satisfiable", "", a.t("can it be satisfied: `yes:WHY` or no:WHY", "是否可满足：`yes:理由` 或 no:理由"))
	f.StringVar(&role, "role", "", a.t("in the `ROLE`, for somebody who holds several", "以角色 `ROLE` 操作（兼任多个角色时）"))
	return c
}

func (a *app) scenarioVerdicts() []*cobra.Command {
	return []*cobra.Command{
		brakeCmd(a, stopping{"return", "CODE", "scenario.return", "scenario", "send an application back with remarks", "退回申请并附意见",
			`Send an application back with remarks; "scenario amend" files it again. Role: the
authority, or the operator who reviews it first.`, `退回申请并附意见；以 "scenario amend" 重新申报。角色：实施机构，或负责初审的运营机构。`,
			"scenario return elderly-care --reason 请说明期限 --domain ./city --as zhao"}, a.printReviews),
		brakeCmd(a, stopping{"refuse", "CODE", "scenario.refuse", "scenario", "refuse an application for good", "驳回申请",
			"Refuse an application for good. Role: authority.", "驳回申请，不可恢复。角色：实施机构。",
			"scenario refuse elderly-care --reason 与用途不符 --domain ./city --as zhao"}, a.printReviews),
	}
}

// printReviews prints what was said of an application so far.
func (a *app) printReviews(s *domain.ScenarioDoc) {
	a.say("%s: %s", s.Code, a.word(string(s.State)))
	if s.Applicant != "" {
		a.say("  %s: %s", a.t("applied for by", "申请人"), s.Applicant)
	}
	if s.Reviewer != "" {
		a.say("  %s: %s", a.t("first reviewed by", "初审人"), s.Reviewer)
	}
	for _, x := range s.Agreements {
		columns := strings.Join(x.Columns, ", ")
		if columns == "" {
			columns = a.t("none", "无")
		}
		a.say("  %s %s %s: %s %s", a.t("agreed to by", "同意方"), x.By, x.Dataset, columns, x.Reason)
	}
	if x := s.Answers; x != nil {
		for _, y := range []struct {
			name string
			a    domain.Answer
		}{{a.t("reasonable", "合理性"), x.Reasonable}, {a.t("necessary", "必要性"), x.Necessary}, {a.t("satisfiable", "可满足性"), x.Satisfiable}} {
			word := a.t("no", "否")
			if y.a.Yes {
				word = a.t("yes", "是")
			}
			a.say("  %s: %s, %s (%s)", y.name, word, y.a.Text, x.By)
		}
	}
	for _, r := range s.Remarks {
		a.say("  %s %s (%s) %s: %s", a.word(string(r.State)), r.By, a.word(string(r.Role)), r.At, r.Text)
	}
}

func (a *app) scenarioHistory() *cobra.Command {
	return &cobra.Command{
		Use:   "history CODE",
		Short: a.t("list what was done about a scenario, from the log", "依据日志列出应用场景的历次操作"),
		Long: a.t(`List what was done about a scenario, oldest first, from the log: its versions,
reviews, grants, stops. "audit show INDEX" shows an entry with the document as it
was. Role: its operator, the authority of the city, or an auditor.`, `依据日志按时间顺序列出应用场景的历次操作：版本、审核、授权、暂停。
"audit show INDEX" 显示条目及当时的文档。角色：其运营机构、全市的实施机构或审计。`),
		Example: "  glovebox scenario history elderly-care --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.history(c, "scenario/"+w[0])
		},
	}
}

// history prints the entries about a subject.
func (a *app) history(c *cobra.Command, subject string) error {
	var all []desk.Entry
	if err := a.look(c.Context(), desk.Look{Name: "entries", Args: map[string]string{"subject": subject}}, &all); err != nil {
		return err
	}
	return a.emit(list(all), func() {
		var rows [][]string
		for _, e := range all {
			rows = append(rows, []string{e.Time, e.Actor, a.word(e.Action)})
		}
		table(a.Out, []string{a.t("time", "时间"), a.t("who", "操作人"), a.t("what", "操作")}, rows)
	})
}
