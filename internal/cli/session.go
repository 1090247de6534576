package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) sessionCmd() *cobra.Command {
	return a.group("session", "who is logged in at a server", "服务器上的会话", a.sessionList(), a.sessionEnd())
}

func (a *app) sessionList() *cobra.Command {
	return &cobra.Command{
		Use:     "list [NAME]",
		Short:   a.t("list your sessions", "列出您的会话"),
		Long:    a.t("List your sessions at the server, or those of NAME, or everybody's, as far as\nyou may see them: how each was opened, and until when it lasts.", "列出您在服务器上的会话，或您可查看的 NAME 及所有人的会话：建立方式与有效期。"),
		Example: "  glovebox session list\n  glovebox session list wang --profile registrar",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			q := desk.Look{Name: "sessions"}
			if len(w) == 1 {
				q.ID = w[0]
			}
			var all []desk.Session
			if err := a.look(c.Context(), q, &all); err != nil {
				return err
			}
			return a.emit(all, func() { a.printSessions(all) })
		},
	}
}

func (a *app) sessionEnd() *cobra.Command {
	return &cobra.Command{
		Use:     "end SESSION",
		Short:   a.t("end a session", "结束会话"),
		Long:    a.t("End the session SESSION: one of your own, or, as a registrar, anybody's. It is in the log.", "结束会话 SESSION：本人的会话；安全管理员可结束任何人的会话。记入日志。"),
		Example: "  glovebox session end s-0123456789abcdef",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var s desk.Session
			if err := a.do(c.Context(), nil, desk.Act{Name: "session.end", Subject: "session/" + w[0]}, &s); err != nil {
				return err
			}
			return a.emit(s, func() { a.printSessions([]desk.Session{s}) })
		},
	}
}

func (a *app) printSessions(all []desk.Session) {
	var rows [][]string
	for _, s := range all {
		rows = append(rows, []string{s.ID, s.User, s.Scope, string(s.Proof), s.Since, s.Until})
	}
	table(a.Out, []string{a.t("session", "会话"), a.t("user", "用户"), a.t("scope", "权限"), a.t("opened by", "建立方式"), a.t("since", "开始"), a.t("until", "至")}, rows)
}

func (a *app) tokenCmd() *cobra.Command {
	return a.group("token", "tokens of programs", "程序令牌", a.tokenAdd(), a.tokenList(), a.tokenEnd())
}

func (a *app) tokenAdd() *cobra.Command {
	p := desk.TokenAdd{}
	c := &cobra.Command{
		Use:   "add --label TEXT --scope SCOPE --days N",
		Short: a.t("make a token for a program of yours", "为您的程序签发令牌"),
		Long: a.t(`Make a token that a program brings to the server in your name, as the header
"Authorization: Bearer TOKEN". Scope read looks; submit hands in files, asks for
checks and brings acts about your own jobs, too; act brings any act. An act needs
your signature all the same: the token alone changes nothing. It ends on its day, with the
key that signed for it, and with "token end". It is shown once.`, `签发令牌，供程序以您的名义访问服务器（请求头 "Authorization: Bearer TOKEN"）。
权限 read 仅查看；submit 还可上传文件、请求检查、提交关于您自己作业的操作；act 可提交任何操作。
操作仍须您的签名：仅凭令牌不能改变任何状态。令牌到期、签署它的密钥被吊销或执行 "token end" 时失效。
令牌只显示一次。`),
		Example: "  glovebox token add --label nightly --scope submit --days 90",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var t desk.NewToken
			if err := a.do(c.Context(), nil, desk.Act{Name: "token.add", Params: desk.Params(p)}, &t); err != nil {
				return err
			}
			return a.emit(t, func() {
				a.say("%s", t.Secret)
				a.note(a.t("shown once: keep it where only the program can read it; it ends ", "仅显示一次：请保存在只有该程序可读之处；有效期至 ") + t.Until)
			})
		},
	}
	c.Flags().StringVar(&p.Label, "label", "", a.t("it is for the program `TEXT`", "用于程序 `TEXT`"))
	c.Flags().StringVar(&p.Scope, "scope", "read", a.t("`SCOPE` is read, submit or act", "权限 `SCOPE`：read、submit 或 act"))
	c.Flags().Int64Var(&p.Days, "days", 30, a.t("it lasts `N` days, 1 to "+strconv.Itoa(domain.MaxTokenDays), "有效 `N` 天，1 至 "+strconv.Itoa(domain.MaxTokenDays)))
	return c
}

func (a *app) tokenList() *cobra.Command {
	return &cobra.Command{
		Use:     "list [NAME]",
		Short:   a.t("list your tokens", "列出您的令牌"),
		Long:    a.t("List the tokens of your programs, or those of NAME, or everybody's, as far as you may see them. Secrets are kept nowhere.", "列出您程序的令牌，或您可查看的 NAME 及所有人的令牌。令牌本身不作保存。"),
		Example: "  glovebox token list",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			q := desk.Look{Name: "tokens"}
			if len(w) == 1 {
				q.ID = w[0]
			}
			var all []domain.TokenDoc
			if err := a.look(c.Context(), q, &all); err != nil {
				return err
			}
			return a.emit(all, func() { a.printTokens(all) })
		},
	}
}

func (a *app) tokenEnd() *cobra.Command {
	return &cobra.Command{
		Use:     "end TOKEN",
		Short:   a.t("end a token", "使令牌失效"),
		Long:    a.t("End the token with the name TOKEN: its person, or a registrar.", "使名为 TOKEN 的令牌失效：由本人或安全管理员办理。"),
		Example: "  glovebox token end t-0123…",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var t domain.TokenDoc
			if err := a.do(c.Context(), nil, desk.Act{Name: "token.end", Subject: "token/" + w[0]}, &t); err != nil {
				return err
			}
			return a.emit(t, func() { a.printTokens([]domain.TokenDoc{t}) })
		},
	}
}

func (a *app) printTokens(all []domain.TokenDoc) {
	var rows [][]string
	for _, t := range all {
		state := ""
		if t.Ended {
			state = a.word("ended")
		}
		rows = append(rows, []string{t.ID, t.User, t.Label, t.Scope, t.Until, state})
	}
	table(a.Out, []string{a.t("token", "令牌"), a.t("user", "用户"), a.t("program", "程序"), a.t("scope", "权限"), a.t("until", "至"), a.t("state", "状态")}, rows)
}
