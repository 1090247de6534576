package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) incidentCmd() *cobra.Command {
	return a.group("incident", "security incidents and drills", "安全事件与演练", a.incidentOpen(), a.incidentNote(), a.incidentClose(), a.incidentList())
}

func (a *app) incidentOpen() *cobra.Command {
	var p desk.IncidentOpen
	c := &cobra.Command{
		Use:   "open TITLE",
		Short: a.t("report an incident, or a drill", "报告安全事件或演练"),
		Long: a.t(`Report an incident, or a drill of one: what happened, about what, and to whom it
was reported. Everybody of the domain may. Write no data into it.`, `报告安全事件或演练：发生了什么、涉及什么、已向谁报告。域内任何人员均可报告。
请勿写入数据内容。`),
		Example: "  glovebox incident open 误发文件 --about dataset/population --reported-to 市网信办 --domain ./city --as chen",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			p.Title = w[0]
			return a.incidentAct(c, desk.Act{Name: "incident.open", Params: desk.Params(p)})
		},
	}
	c.Flags().StringVar(&p.About, "about", "", a.t("about `KIND/ID`, such as dataset/population", "所涉对象 `KIND/ID`，如 dataset/population"))
	c.Flags().StringVar(&p.To, "reported-to", "", a.t("it was reported to `WHOM`", "已向 `WHOM` 报告"))
	c.Flags().BoolVar(&p.Drill, "drill", false, a.t("it is a drill", "属于演练"))
	return c
}

func (a *app) incidentNote() *cobra.Command {
	var p desk.IncidentNote
	var state string
	c := &cobra.Command{
		Use:   "note ID TEXT",
		Short: a.t("record a step of handling an incident", "记录事件处置步骤"),
		Long: a.t(`Record a step of handling an incident: what was done, to whom it was reported,
and whether it is being handled, or recovered from. Role: operator, provider,
authority or registrar.`, `记录事件处置步骤：做了什么、向谁报告、处于处置中还是已恢复。
角色：运营机构、数据提供单位、实施机构或安全管理员。`),
		Example: "  glovebox incident note i-1 已暂停场景 --state handling --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			p.Text, p.State = w[1], glovebox.IncidentState(state)
			return a.incidentAct(c, desk.Act{Name: "incident.note", Subject: "incident/" + w[0], Params: desk.Params(p)})
		},
	}
	c.Flags().StringVar(&state, "state", "", a.t("it is now in `STATE`: handling or recovered", "现处于状态 `STATE`：handling（处置中）或 recovered（已恢复）"))
	c.Flags().StringVar(&p.To, "reported-to", "", a.t("it was reported to `WHOM`", "已向 `WHOM` 报告"))
	return c
}

func (a *app) incidentClose() *cobra.Command {
	return &cobra.Command{
		Use:     "close ID TEXT",
		Short:   a.t("close an incident", "关闭事件"),
		Long:    a.t("Close an incident, with what was learnt of it. Role: authority.", "关闭事件并写明结论。角色：实施机构。"),
		Example: "  glovebox incident close i-1 已整改 --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.incidentAct(c, desk.Act{Name: "incident.close", Subject: "incident/" + w[0], Params: desk.Params(desk.IncidentClose{Text: w[1]})})
		},
	}
}

func (a *app) incidentAct(c *cobra.Command, x desk.Act) error {
	var doc domain.IncidentDoc
	if err := a.do(c.Context(), nil, x, &doc); err != nil {
		return err
	}
	return a.emit(doc, func() { a.printIncident(&doc) })
}

func (a *app) printIncident(x *domain.IncidentDoc) {
	kind := a.t("incident", "事件")
	if x.Drill {
		kind = a.t("drill", "演练")
	}
	a.say("%s %s  %s  [%s]  %s %s", kind, x.ID, x.Title, a.word(string(x.State)), x.At, x.By)
	if x.About != "" {
		a.say("  %s: %s", a.t("about", "所涉对象"), x.About)
	}
	if x.Report != "" {
		a.say("  %s: %s", a.t("reported to", "已报告"), x.Report)
	}
	for _, n := range x.Notes {
		a.say("  %s %s: %s %s %s", n.At, n.By, n.Text, a.word(string(n.State)), n.Report)
	}
}

func (a *app) incidentList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list incidents and drills with their steps", "列出事件与演练及其处置步骤"),
		Long:    a.t("List incidents and drills: their state, to whom they were reported, and each step of handling them.", "列出事件与演练：状态、报告对象与各处置步骤。"),
		Example: "  glovebox incident list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []domain.IncidentDoc
			if err := a.look(c.Context(), desk.Look{Name: "incidents"}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				for i := range all {
					a.printIncident(&all[i])
				}
			})
		},
	}
}
