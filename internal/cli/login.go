package cli

import (
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
)

// defaultProfile is the profile of a login that names none.
const defaultProfile = "default"

func (a *app) loginCmd() *cobra.Command {
	var who, key, ca string
	var browser bool
	c := &cobra.Command{
		Use:   "login --server URL",
		Short: a.t("log in to a server with your key, and work there from now on", "用您的密钥登录服务器，此后即在该处工作"),
		Long: a.t(`Log in to a domain's server: sign a login with your key, keep the session, and
make the profile the one that commands work in where they name neither --domain nor
--server. The session lasts 8 hours at most, and 30 minutes without a command;
commands log in again by themselves as long as the key is there. Acts are signed
one by one with the key, whatever the session.

With --browser it prints a link instead that logs a browser in, once and within a
minute; your key stays here, and so does the session of commands.`, `登录域的服务器：用您的密钥签署登录，保存会话，并将该配置设为当前配置；
此后未写明 --domain 与 --server 的命令即在该处执行。会话至多 8 小时，30 分钟无命令即失效；
只要密钥在，命令会自动重新登录。每项操作均以密钥逐一签名，与会话无关。

加 --browser 则打印一个链接，供浏览器登录，一分钟内有效，只能使用一次；
密钥与命令行会话均留在本机，不受影响。`),
		Example: "  glovebox login --server https://box.example.gov.cn --user wang --key ~/.config/glovebox/keys/wang.pem\n  glovebox login --profile city\n  glovebox login --browser",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			a.dir = ""
			name, p, err := a.working()
			if a.profile != "" && a.server != "" && glovebox.CodeOf(err) == glovebox.CodeNotFound {
				name, p, err = a.profile, &profile{Server: a.server}, nil
			}
			if err != nil {
				return err
			}
			if p == nil {
				return flagError("--server", "no server given", "name it as https://HOST[:PORT]")
			}
			if name == "" {
				name = defaultProfile
			}
			if a.server != "" {
				p.Server = a.server
			}
			if who != "" {
				p.User = who
			}
			for _, f := range []struct{ to, from *string }{{&p.Key, &key}, {&p.CA, &ca}} {
				if *f.from != "" {
					if *f.to, err = filepath.Abs(*f.from); err != nil {
						return err
					}
				}
			}
			switch {
			case p.User == "":
				return flagError("--user", "nobody is named", "write your name in the domain")
			case p.Key == "":
				return flagError("--key", "no key is named", "`glovebox user key new` makes one; a registrar hands its public half in")
			}
			if browser {
				return a.loginBrowser(c, name, p)
			}
			return a.login(c, name, p)
		},
	}
	c.Flags().StringVar(&who, "user", "", a.t("log in as `NAME`", "以 `NAME` 登录"))
	c.Flags().StringVar(&key, "key", "", a.t("sign with the key in `FILE`", "用 `FILE` 中的密钥签名"))
	c.Flags().StringVar(&ca, "ca", "", a.t("trust the certificate authority in the PEM file `FILE` (default: the system's)", "信任 PEM 文件 `FILE` 中的 CA（默认用系统的）"))
	c.Flags().BoolVar(&browser, "browser", false, a.t("print a link that logs a browser in", "打印供浏览器登录的链接"))
	return c
}

// loginBrowser prints a link by which a browser is logged in.
func (a *app) loginBrowser(c *cobra.Command, name string, p *profile) error {
	x, err := a.client(name, p)
	if err != nil {
		return err
	}
	l, err := x.Link(c.Context())
	if err != nil {
		return err
	}
	about, err := x.Domain(c.Context())
	if err != nil {
		return err
	}
	link := x.Base + "/login/link?code=" + url.QueryEscape(l.Code)
	return a.emit(map[string]any{"profile": name, "server": p.Server, "user": p.User, "domain": about.Name, "link": link, "until": l.Until}, func() {
		a.say("%s", link)
		a.note(a.t("open it in your browser within a minute; it is good once", "请在一分钟内用浏览器打开；只能使用一次"))
	})
}

func (a *app) login(c *cobra.Command, name string, p *profile) error {
	x, err := a.client(name, p)
	if err != nil {
		return err
	}
	x.Secret = ""
	secret, err := x.Login(c.Context(), "act")
	if err != nil {
		return err
	}
	path, err := sessionFile(name)
	if err != nil {
		return err
	}
	if err := private(path, []byte(secret)); err != nil {
		return err
	}
	all, err := readProfiles()
	if err != nil {
		return err
	}
	all.Profiles[name], all.Current = *p, name
	if err := all.write(); err != nil {
		return err
	}
	about, err := x.Domain(c.Context())
	if err != nil {
		return err
	}
	return a.emit(map[string]any{"profile": name, "server": p.Server, "user": p.User, "domain": about.Name}, func() {
		a.say(a.t("%s is logged in to %s at %s", "%s 已登录 %s（%s）"), p.User, about.Name, p.Server)
	})
}

func (a *app) logoutCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "logout",
		Short:   a.t("end the session of a profile", "结束会话"),
		Long:    a.t("End the session of the current profile, or of --profile, on the server and here. The profile stays.", "结束当前配置（或 --profile）在服务器与本机的会话；配置保留。"),
		Example: "  glovebox logout",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			a.dir = ""
			name, p, err := a.working()
			if err != nil {
				return err
			}
			if p == nil {
				return glovebox.Errorf(glovebox.CodeConflict, "nobody is logged in from here").WithFix("log in: `glovebox login --server URL`")
			}
			x, err := a.client(name, p)
			if err != nil {
				return err
			}
			path, err := sessionFile(name)
			if err != nil {
				return err
			}
			err = x.Logout(c.Context())
			if rerr := os.Remove(path); err == nil && rerr != nil && !os.IsNotExist(rerr) {
				err = rerr
			}
			if err != nil {
				return err
			}
			return a.emit(map[string]any{"profile": name, "user": p.User}, func() { a.say(a.t("%s is logged out", "%s 已退出"), p.User) })
		},
	}
}

func (a *app) whoamiCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "whoami",
		Short:   a.t("say who you are here, and in which roles", "显示您在此处的身份与角色"),
		Long:    a.t("Say as whom commands work: the user of the profile, or of --as, with roles, institution and state.", "显示命令以谁的身份执行：配置或 --as 所指的用户及其角色、机构与状态。"),
		Example: "  glovebox whoami",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var u glovebox.User
			if err := a.look(c.Context(), desk.Look{Name: "me"}, &u); err != nil {
				return err
			}
			return a.emit(u, func() { a.say("%s: %s  %s  %s", personName(u), a.roleNames(u.Roles), u.Org, a.word(string(u.State))) })
		},
	}
}

func (a *app) configCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "config",
		Short:   a.t("show the profiles of this account", "显示本账户的各配置"),
		Long:    a.t("Show the profiles of this account: servers, names, keys (their files, never what they hold), and which one commands work in.", "显示本账户的各配置：服务器、用户、密钥文件（绝不显示其内容），以及命令所用的当前配置。"),
		Example: "  glovebox config",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			all, err := readProfiles()
			if err != nil {
				return err
			}
			return a.emit(all, func() {
				var rows [][]string
				for _, name := range sortedKeys(all.Profiles) {
					p := all.Profiles[name]
					mark := ""
					if name == all.Current {
						mark = "*"
					}
					rows = append(rows, []string{mark, name, p.Server, p.User, p.Key})
				}
				table(a.Out, []string{"", a.t("profile", "配置"), a.t("server", "服务器"), a.t("user", "用户"), a.t("key", "密钥")}, rows)
			})
		},
	}
}
