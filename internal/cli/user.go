package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
)

func (a *app) userCmd() *cobra.Command {
	return a.group("user", "people and their roles", "人员与角色", a.userAdd(), a.userShow(), a.userList(), a.userRole(),
		a.userState("suspend", "user.suspend", "suspend a person: nothing that they sign counts", "停用人员：其签名一概无效"),
		a.userState("resume", "user.resume", "end a suspension", "恢复人员"),
		a.userState("end", "user.end", "end a person's part for good", "注销人员，不可恢复"), a.userKey(),
		a.userBind(), a.userBindConfirm(), a.userUnbind(), a.userBindings())
}

func (a *app) userAdd() *cobra.Command {
	var p desk.UserAdd
	var role string
	c := &cobra.Command{
		Use:   "add NAME --role ROLE",
		Short: a.t("register a person, or give a known one another role", "登记人员，或为已登记人员增加角色"),
		Long: a.t(`Register a person of the domain with a role: provider, authority, operator,
developer, auditor or registrar. The account that owns the domain directory does
this; in a domain that is served a registrar does, and a second person confirms
("user role confirm").

NAME is what the person acts by (--as): a login name or a real name in one
word, without upper-case letters. A login name can have the real name beside it
(--full-name).

One person may hold several roles, but the policy lets nobody act in two of
them on the same product. A provider belongs to an organisation (--org), the
one that dataset records name as their provider.`, `登记域内人员及其角色：provider（数据提供单位）、authority（实施机构）、
operator（运营机构）、developer（开发主体）、auditor（审计）、registrar（安全管理员）。由域目录的属主执行；
服务域中由安全管理员执行，并由另一人确认（"user role confirm"）。

NAME 是操作时使用的名称（--as）：登录名，或一个词的真实姓名，不含大写字母。
使用登录名时，可用 --full-name 写明真实姓名。

一人可有多个角色，但策略不允许同一人在同一产品上承担两种角色。
数据提供单位人员须用 --org 写明单位，与数据资源记录中的 provider 一致。`),
		Example: "  glovebox user add wang --role developer --domain ./city\n  glovebox user add 张三 --role developer --domain ./city\n  glovebox user add chen --full-name 陈静 --role provider --org 市残联 --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var u glovebox.User
			p.Role = glovebox.Role(role)
			err := a.do(c.Context(), nil, desk.Act{Name: "user.add", Subject: "user/" + w[0], Params: desk.Params(p)}, &u)
			if err != nil {
				return err
			}
			return a.emit(u, func() {
				a.say("%s: %s", u.Name, a.roleNames(u.Roles))
				for _, x := range u.Asked {
					a.say(a.t("%s waits for a second person: glovebox user role confirm %s --role %s", "%s 尚待另一人确认：glovebox user role confirm %s --role %s"), a.word(string(x.Role)), u.Name, x.Role)
				}
			})
		},
	}
	c.Flags().StringVar(&role, "role", "", a.t("give the `ROLE` provider, authority, operator, developer, auditor or registrar", "赋予角色 `ROLE`：provider、authority、operator、developer、auditor 或 registrar"))
	c.Flags().StringVar(&p.Full, "full-name", "", a.t("the person's `NAME` for people to read", "供人阅读的真实姓名 `NAME`"))
	c.Flags().StringVar(&p.Org, "org", "", a.t("of the organisation `NAME`; a provider needs one", "所属单位 `NAME`；数据提供单位人员必填"))
	c.Flags().StringVar(&p.Filing, "filing", "", a.t("the filing reference `TEXT` of the person or firm", "个人或企业的备案编号 `TEXT`"))
	c.Flags().StringVar(&p.Qualification, "qualification", "", a.t("what shows that the person may do such work: `TEXT`", "资质证明 `TEXT`"))
	return c
}

func (a *app) userList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list the people of the domain and their roles", "列出域内人员及其角色"),
		Long:    a.t("List the people of the domain: their roles, organisation and state.", "列出域内人员：角色、所属单位与状态。"),
		Example: "  glovebox user list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []glovebox.User
			if err := a.look(c.Context(), desk.Look{Name: "users"}, &all); err != nil {
				return err
			}
			return a.emit(all, func() {
				var rows [][]string
				for _, u := range all {
					rows = append(rows, []string{personName(u), a.roleNames(u.Roles), u.Org, a.word(string(u.State))})
				}
				table(a.Out, []string{a.t("name", "姓名"), a.t("roles", "角色"), a.t("organisation", "单位"), a.t("state", "状态")}, rows)
			})
		},
	}
}

func (a *app) roleNames(roles []glovebox.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = a.word(string(r))
	}
	return strings.Join(names, ", ")
}

// personName is a user's name with the person's own behind it.
func personName(u glovebox.User) string {
	if u.Full == "" {
		return u.Name
	}
	return u.Name + " (" + u.Full + ")"
}
