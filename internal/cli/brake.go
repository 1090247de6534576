package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
)

// stopping is a command that stops something, or lets it go on, with a reason.
type stopping struct {
	verb, arg   string // suspend, CODE
	act, kind   string // scenario.suspend, scenario
	en, zh      string // what it does
	long, longZ string // what follows, who may
	example     string
}

// brakeCmd makes such a command; the act prints what it made of its subject.
func brakeCmd[T any](a *app, s stopping, show func(*T)) *cobra.Command {
	var p desk.Brake
	use := s.verb
	if s.arg != "" {
		use += " " + s.arg
	}
	c := &cobra.Command{
		Use:     use + " --reason TEXT",
		Short:   a.t(s.en, s.zh),
		Long:    a.t(s.long, s.longZ),
		Example: "  glovebox " + s.example,
		Args:    args(cobra.ExactArgs(len(s.arg) / max(len(s.arg), 1))),
		RunE: func(c *cobra.Command, w []string) error {
			id := domain.FreezeID
			if len(w) > 0 {
				id = w[0]
			}
			v := new(T)
			if err := a.do(c.Context(), nil, desk.Act{Name: s.act, Subject: s.kind + "/" + id, Params: desk.Params(p)}, v); err != nil {
				return err
			}
			return a.emit(v, func() { show(v) })
		},
	}
	c.Flags().StringVar(&p.Reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	c.Flags().StringVar(&p.Incident, "incident", "", a.t("for the incident `ID`", "所涉安全事件编号 `ID`"))
	return c
}

func (a *app) scenarioBrakes() []*cobra.Command {
	show := func(s *domain.ScenarioDoc) {
		a.say("%s: %s", s.Code, a.word(string(s.State)))
		a.printHolds(s.Holds)
	}
	return []*cobra.Command{
		brakeCmd(a, stopping{"suspend", "CODE", "scenario.suspend", "scenario", "stop a scenario at once", "立即暂停应用场景",
			`Stop a scenario at once: running jobs end, what was charged stays charged, and
nothing of it runs or leaves until everyone who stopped it resumes it. Role: its
operator, or the authority.`, `立即暂停应用场景：运行中的作业随即终止，已扣预算不退还；在所有暂停者恢复之前，
不得运行其任何作业，也不得输出其任何内容。角色：该场景的运营机构或实施机构。`,
			"scenario suspend elderly-care --reason 核查中 --domain ./city --as zhao"}, show),
		brakeCmd(a, stopping{"resume", "CODE", "scenario.resume", "scenario", "let go of a scenario that you stopped", "恢复由您暂停的应用场景",
			`Let go of a scenario that you, or your institution in the same role, stopped. It
goes on when everyone who stopped it did so. Role: its operator, or the authority.`, `恢复由您（或贵单位同一角色）暂停的应用场景。所有暂停者均恢复之后方可继续。
角色：该场景的运营机构或实施机构。`,
			"scenario resume elderly-care --reason 核查完毕 --domain ./city --as zhao"}, show),
		brakeCmd(a, stopping{"end", "CODE", "scenario.end", "scenario", "end a scenario and its grant for good", "终止应用场景及其授权",
			`End a scenario and its grant for good; what was charged stays charged. A new use
needs a new scenario. Role: its operator, or the authority.`, `终止应用场景及其授权，不可恢复；已扣预算不退还。如需再用，须另行申报场景。
角色：该场景的运营机构或实施机构。`,
			"scenario end elderly-care --reason 协议到期 --domain ./city --as zhao"}, show),
	}
}

func (a *app) datasetBrakes() []*cobra.Command {
	show := func(x *domain.DatasetDoc) {
		a.say("%s: %s", x.Record.Code, a.word(string(x.State)))
		a.printHolds(x.Holds)
	}
	return []*cobra.Command{
		brakeCmd(a, stopping{"pause", "CODE", "dataset.pause", "dataset", "stop all use of a dataset at once", "立即暂停使用数据资源",
			`Stop all use of a dataset at once: running jobs that read it end, what was charged
stays charged, nothing made of it leaves. It is used again when everyone who
paused it resumes it. Role: provider of the dataset, alone, or the authority.`, `立即暂停使用数据资源：读取它的作业随即终止，已扣预算不退还，由其得出的内容不得输出。
所有暂停者均恢复之后方可再用。角色：该数据资源的提供单位（可单独决定）或实施机构。`,
			"dataset pause population --reason 发现错误 --domain ./city --as chen"}, show),
		brakeCmd(a, stopping{"resume", "CODE", "dataset.resume", "dataset", "let go of a dataset that you paused", "恢复由您暂停的数据资源",
			`Let go of a dataset that you, or your institution in the same role, paused. Role:
provider of the dataset, or the authority.`, `恢复由您（或贵单位同一角色）暂停的数据资源。角色：该数据资源的提供单位或实施机构。`,
			"dataset resume population --reason 已更正 --domain ./city --as chen"}, show),
		brakeCmd(a, stopping{"withdraw", "CODE", "dataset.withdraw", "dataset", "take a dataset back for good, and destroy its keys", "永久收回数据资源并销毁其密钥",
			`Take a dataset back for good: running jobs that read it end, and the keys of all
its snapshots are destroyed at once, with an entry for each. What was charged
stays charged. Role: provider of the dataset, alone, or the authority.`, `永久收回数据资源：读取它的作业随即终止，其全部快照的密钥立即销毁，逐一记录；
已扣预算不退还。角色：该数据资源的提供单位（可单独决定）或实施机构。`,
			"dataset withdraw population --reason 协议终止 --domain ./city --as chen"}, show),
	}
}

func (a *app) printHolds(holds []glovebox.Hold) {
	for _, h := range holds {
		a.say("  %s %s (%s) %s: %s", a.t("stopped by", "暂停者"), h.By, a.word(string(h.Role)), h.At, h.Reason)
	}
}

func (a *app) freezeCmd() *cobra.Command {
	return brakeCmd(a, stopping{"freeze", "", "domain.freeze", "freeze", "stop the whole domain at once", "立即冻结整个域",
		`Stop the whole domain at once: running jobs end, nothing runs, is loaded, granted
or leaves until everyone who froze it unfreezes it. What was charged stays
charged. Role: authority of the whole city.`, `立即冻结整个域：运行中的作业随即终止；在所有冻结者解除之前，不得运行、载入、授权或输出。
已扣预算不退还。角色：全市的实施机构。`,
		"freeze --reason 安全事件 --incident i-1 --domain ./city --as zhao"}, a.printFreeze)
}

func (a *app) unfreezeCmd() *cobra.Command {
	return brakeCmd(a, stopping{"unfreeze", "", "domain.unfreeze", "freeze", "let go of a freeze", "解除冻结",
		`Let go of a freeze that you, or your institution, began. Role: authority of the
whole city.`, `解除由您或贵单位实施的冻结。角色：全市的实施机构。`,
		"unfreeze --reason 已处置 --domain ./city --as zhao"}, a.printFreeze)
}

func (a *app) printFreeze(f *domain.FreezeDoc) {
	a.say("%s: %s", a.t("domain", "域"), a.word(string(f.State)))
	a.printHolds(f.Holds)
}

func (a *app) jobCancel() *cobra.Command {
	return brakeCmd(a, stopping{"cancel", "JOB", "job.cancel", "job", "end a job for good", "终止作业",
		`End a job for good: it ends within a second, is never run again, and what was
charged stays charged. Role: the developer who submitted it, the operator of its
scenario, or the authority.`, `终止作业：一秒之内结束，不再运行，已扣预算不退还。
角色：提交作业的开发主体、该场景的运营机构或实施机构。`,
		"job cancel j-0123456789abcdef --reason 参数有误 --domain ./city --as wang"},
		func(j *job.Doc) { a.say("%s: %s", j.ID, a.word(string(j.State))) })
}

// orgState is userState for institutions.
func (a *app) orgState(verb, name, en, zh string) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:     verb + " NAME --reason TEXT",
		Short:   a.t(en, zh),
		Long:    a.t(en+", with the reason, which\nstays in the log. Somebody of another institution does it. Role: registrar or authority.", zh+"，须写明理由，理由记入日志；由其他机构的人员执行。角色：安全管理员或实施机构。"),
		Example: "  glovebox org " + verb + " 某公司 --reason 违规",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var o glovebox.Org
			if err := a.do(c.Context(), nil, desk.Act{Name: name, Subject: "org/" + w[0], Params: desk.Params(desk.Reason{Reason: reason})}, &o); err != nil {
				return err
			}
			return a.emit(o, func() { a.printOrgs([]glovebox.Org{o}) })
		},
	}
	c.Flags().StringVar(&reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	return c
}
