package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
)

func (a *app) userShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   a.t("show a person: roles, institution, state", "显示人员：角色、机构与状态"),
		Long:    a.t("Show a person: roles, those that wait for a second person's word, institution, filing reference, qualification and state.", "显示人员：角色、待确认的角色、机构、备案编号、资质与状态。"),
		Example: "  glovebox user show wang",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var u glovebox.User
			if err := a.look(c.Context(), desk.Look{Name: "user", ID: w[0]}, &u); err != nil {
				return err
			}
			return a.emit(u, func() { a.printUser(&u) })
		},
	}
}

func (a *app) printUser(u *glovebox.User) {
	a.say("%s  [%s]", personName(*u), a.word(string(u.State)))
	a.say("%s: %s", a.t("roles", "角色"), a.roleNames(u.Roles))
	for _, x := range u.Asked {
		a.say(a.t("asked for by %s, not confirmed: %s", "由 %s 申请，尚待确认：%s"), x.By, a.word(string(x.Role)))
	}
	for _, f := range [][2]string{{a.t("organisation", "单位"), u.Org}, {a.t("filing", "备案"), u.Filing}, {a.t("qualification", "资质"), u.Qualification}} {
		if f[1] != "" {
			a.say("%s: %s", f[0], f[1])
		}
	}
}

func (a *app) userRole() *cobra.Command {
	return a.group("role", "give and take roles", "授予与收回角色",
		a.roleAct("confirm", "user.role_confirm", "confirm a role that somebody else asked for", "确认他人申请的角色",
			"Give NAME a role that \"user add\" asked for, as somebody other than NAME and whoever asked. Role: registrar or authority.",
			"由本人与申请人以外的人，确认以 \"user add\" 为 NAME 申请的角色。角色：安全管理员或实施机构。"),
		a.roleAct("remove", "user.role_remove", "take a role away", "收回角色",
			"Take a role, or the request for it, away from NAME. Role: registrar or authority.",
			"收回 NAME 的角色或撤销其申请。角色：安全管理员或实施机构。"))
}

func (a *app) roleAct(verb, name, en, zh, long, longZH string) *cobra.Command {
	var role string
	c := &cobra.Command{
		Use:     verb + " NAME --role ROLE",
		Short:   a.t(en, zh),
		Long:    a.t(long, longZH),
		Example: "  glovebox user role " + verb + " wang --role developer",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.userAct(c, desk.Act{Name: name, Subject: "user/" + w[0], Params: desk.Params(desk.Role{Role: glovebox.Role(role)})})
		},
	}
	c.Flags().StringVar(&role, "role", "", a.t("the `ROLE`", "角色 `ROLE`"))
	return c
}

func (a *app) userState(verb, name, en, zh string) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:     verb + " NAME --reason TEXT",
		Short:   a.t(en, zh),
		Long:    a.t(en+", with the reason, which stays in the log. Role: registrar or authority.", zh+"，须写明理由，理由记入日志。角色：安全管理员或实施机构。"),
		Example: "  glovebox user " + verb + " wang --reason 离岗",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.userAct(c, desk.Act{Name: name, Subject: "user/" + w[0], Params: desk.Params(desk.Reason{Reason: reason})})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	return c
}

func (a *app) userAct(c *cobra.Command, x desk.Act) error {
	var u glovebox.User
	if err := a.do(c.Context(), nil, x, &u); err != nil {
		return err
	}
	return a.emit(u, func() { a.printUser(&u) })
}

func (a *app) orgCmd() *cobra.Command {
	return a.group("org", "institutions", "机构", a.orgAdd(), a.orgList(), a.orgShow(),
		a.orgState("suspend", "org.suspend", "suspend an institution: its people may do nothing", "暂停机构：其人员不得操作"),
		a.orgState("resume", "org.resume", "end a suspension", "恢复机构"),
		a.orgState("end", "org.end", "end an institution's part for good", "取消机构资格，不可恢复"))
}

func (a *app) orgAdd() *cobra.Command {
	var p desk.OrgAdd
	c := &cobra.Command{
		Use:   "add NAME --kind KIND",
		Short: a.t("register an institution", "登记机构"),
		Long: a.t(`Register an institution: a bureau, operator, firm, auditor or other. Where it
belongs to a district (--district), what its people may see and grant is that of
the district. Role: registrar.`, `登记机构：bureau（机关）、operator（运营机构）、firm（企业）、auditor（审计）或 other（其他）。
若属于某区县（--district），其人员可查看与授权的范围即限于该区县。角色：安全管理员。`),
		Example: "  glovebox org add 市民政局 --kind bureau\n  glovebox org add 大冶市数据局 --kind bureau --district 大冶市",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var o glovebox.Org
			if err := a.do(c.Context(), nil, desk.Act{Name: "org.add", Subject: "org/" + w[0], Params: desk.Params(p)}, &o); err != nil {
				return err
			}
			return a.emit(o, func() { a.printOrgs([]glovebox.Org{o}) })
		},
	}
	c.Flags().StringVar(&p.Kind, "kind", "", a.t("`KIND`: bureau, operator, firm, auditor or other", "类型 `KIND`：bureau、operator、firm、auditor 或 other"))
	c.Flags().StringVar(&p.District, "district", "", a.t("it belongs to the district `NAME`", "所属区县 `NAME`"))
	c.Flags().StringVar(&p.Filing, "filing", "", a.t("its filing reference `TEXT`", "备案编号 `TEXT`"))
	return c
}

func (a *app) orgList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list the institutions", "列出机构"),
		Long:    a.t("List the institutions of the domain: kind, district, filing reference and state.", "列出域内机构：类型、区县、备案编号与状态。"),
		Example: "  glovebox org list",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []glovebox.Org
			if err := a.look(c.Context(), desk.Look{Name: "orgs"}, &all); err != nil {
				return err
			}
			return a.emit(all, func() { a.printOrgs(all) })
		},
	}
}

func (a *app) orgShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NAME",
		Short:   a.t("show an institution", "显示机构"),
		Long:    a.t("Show an institution: kind, district, filing reference and state.", "显示机构：类型、区县、备案编号与状态。"),
		Example: "  glovebox org show 市民政局",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var all []glovebox.Org
			if err := a.look(c.Context(), desk.Look{Name: "orgs"}, &all); err != nil {
				return err
			}
			for _, o := range all {
				if o.Name == w[0] {
					return a.emit(o, func() { a.printOrgs([]glovebox.Org{o}) })
				}
			}
			return glovebox.Errorf(glovebox.CodeNotFound, "no institution %q in this domain", w[0]).WithFix("`glovebox org list` shows what there is")
		},
	}
}

func (a *app) printOrgs(all []glovebox.Org) {
	var rows [][]string
	for _, o := range all {
		rows = append(rows, []string{o.Name, a.word(o.Kind), o.District, o.Filing, a.word(string(o.State))})
	}
	table(a.Out, []string{a.t("name", "名称"), a.t("kind", "类型"), a.t("district", "区县"), a.t("filing", "备案"), a.t("state", "状态")}, rows)
}
