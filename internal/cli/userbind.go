package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) userBind() *cobra.Command {
	var issuer, subject string
	c := &cobra.Command{
		Use:   "bind NAME --issuer URL --subject SUBJECT",
		Short: a.t("ask for an account of an identity provider to be a person's", "申请将身份提供方的账号绑定到人员"),
		Long: a.t(`Ask for the account SUBJECT of the identity provider URL to be NAME's: whoever logs
in by it may look as NAME from then on, and do nothing without NAME's key. In a
domain that is served a second person has to confirm it ("user bind-confirm").
What the provider says of roles and groups counts for nothing. Role: registrar.`, `申请将身份提供方 URL 的账号 SUBJECT 绑定到 NAME：此后以该账号登录者可以 NAME 的身份查看，
但没有 NAME 的密钥不能办理任何操作。服务域中须由另一人确认（"user bind-confirm"）。
身份提供方所称的角色与群组一概无效。角色：安全管理员。`),
		Example: "  glovebox user bind wang --issuer https://id.example.gov.cn/realms/city --subject 6f1c8d2e",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if issuer == "" || subject == "" {
				return flagError("--issuer", "no account is named", "name the provider's address with --issuer and the account with --subject, as its tokens say them")
			}
			return a.bindAct(c, desk.Act{Name: "user.bind", Subject: "binding/" + access.BindingID(issuer, subject), Params: desk.Params(desk.Bind{User: w[0], Issuer: issuer, Subject: subject})})
		},
	}
	c.Flags().StringVar(&issuer, "issuer", "", a.t("the provider's address `URL`, as its tokens say it (iss)", "身份提供方地址 `URL`，与其令牌中的 iss 一致"))
	c.Flags().StringVar(&subject, "subject", "", a.t("the account `SUBJECT`, as its tokens say it (sub)", "账号 `SUBJECT`，与其令牌中的 sub 一致"))
	return c
}

func (a *app) userBindConfirm() *cobra.Command {
	return &cobra.Command{
		Use:   "bind-confirm NAME BINDING",
		Short: a.t("confirm whose an account of an identity provider is", "确认身份提供方的账号确属其本人"),
		Long: a.t(`Confirm that the account of the binding BINDING is NAME's, as somebody other than
that person and whoever asked for it: look at issuer and subject first ("user
bindings"). Role: registrar or authority.`, `由本人与申请人以外的人确认绑定 BINDING 的账号确属 NAME：请先核对提供方与账号
（"user bindings"）。角色：安全管理员或实施机构。`),
		Example: "  glovebox user bind-confirm wang b-0123…",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.bindAct(c, desk.Act{Name: "user.bind_confirm", Subject: "binding/" + w[1], Params: desk.Params(desk.KeyConfirm{User: w[0]})})
		},
	}
}

func (a *app) userUnbind() *cobra.Command {
	return &cobra.Command{
		Use:     "unbind BINDING",
		Short:   a.t("end that an account of an identity provider is a person's", "解除身份提供方账号的绑定"),
		Long:    a.t("End the binding BINDING: its person, or a registrar. Sessions that it opened end at once.", "解除绑定 BINDING：由本人或安全管理员办理。由其建立的会话立即结束。"),
		Example: "  glovebox user unbind b-0123…",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.bindAct(c, desk.Act{Name: "user.unbind", Subject: "binding/" + w[0]})
		},
	}
}

func (a *app) bindAct(c *cobra.Command, x desk.Act) error {
	var b domain.BindingDoc
	if err := a.do(c.Context(), nil, x, &b); err != nil {
		return err
	}
	return a.emit(b, func() { a.printBindings([]domain.BindingDoc{b}) })
}

func (a *app) userBindings() *cobra.Command {
	return &cobra.Command{
		Use:     "bindings [NAME]",
		Short:   a.t("list whose accounts of identity providers are", "列出身份提供方账号的绑定"),
		Long:    a.t("List the accounts of identity providers that are NAME's, or all that you may see: who asked for each and who confirmed it.", "列出 NAME 的身份提供方账号，或您可查看的全部绑定：申请人与确认人。"),
		Example: "  glovebox user bindings wang",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			q := desk.Look{Name: "bindings"}
			if len(w) == 1 {
				q.ID = w[0]
			}
			var all []domain.BindingDoc
			if err := a.look(c.Context(), q, &all); err != nil {
				return err
			}
			return a.emit(all, func() { a.printBindings(all) })
		},
	}
}

func (a *app) printBindings(all []domain.BindingDoc) {
	var rows [][]string
	for _, b := range all {
		rows = append(rows, []string{b.User, b.ID, b.Issuer, b.Subject, a.word(string(b.State)), b.By, b.Confirmed})
	}
	table(a.Out, []string{a.t("user", "用户"), a.t("binding", "绑定"), a.t("issuer", "提供方"), a.t("subject", "账号"), a.t("state", "状态"), a.t("asked for by", "申请人"), a.t("confirmed by", "确认人")}, rows)
}
