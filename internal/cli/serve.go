package cli

import (
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) serveCmd() *cobra.Command {
	var web, place []string
	var copies, keyCopies, providers, origin string
	c := &cobra.Command{
		Use:   "serve",
		Short: a.t("hold the domain and answer on its socket", "持有域并在其套接字上应答"),
		Long: a.t(`Hold the domain's directory, alone and for as long as it runs, and answer on
DIR/core.sock: check each act's signature, keep sessions, run jobs, and take up
those that were under way when it stopped. The domain has to be one that takes
signed acts alone ("glovebox init --served", "glovebox domain serve-from-now").

Only the account that runs it may connect, and those of --web: "glovebox web" runs
as one of them, with no right to the directory. Exports go to the places that
--place names, and nowhere else: a folder, or a bucket, whose credentials come from
the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). Ctrl-C or SIGTERM stops
it; jobs that are under way are taken up at the next start.`, `独自持有域目录，并在 DIR/core.sock 上应答：核验每项操作的签名，保管会话，运行作业，
并继续上次停止时尚未完成的作业。该域须仅接受签名操作
（"glovebox init --served" 或 "glovebox domain serve-from-now"）。

只有运行本命令的账户及 --web 所列账户可以连接；"glovebox web" 以后者之一运行，
对目录没有任何权限。导出只写到 --place 所列位置：文件夹，或存储桶
（凭证取自环境变量 AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY）。Ctrl-C 或 SIGTERM 使其停止；未完成的作业在下次启动时继续。`),
		Example: "  glovebox serve --domain ./city\n  glovebox serve --domain /srv/city --web glovebox-web --place archive=/srv/exports",

		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var peers []uint32
			for _, name := range web {
				id, err := account(name)
				if err != nil {
					return err
				}
				peers = append(peers, id)
			}
			o := core.Options{Peers: peers}
			if origin != "" && !act.IsOrigin(origin) {
				return flagError("--origin", "not the address that people open", "write https://HOST[:PORT], by name, in small letters and without a path: passkeys are made for it, and for no other")
			}
			o.Origin = origin
			if providers != "" {
				var err error
				if o.Logins, err = logins(providers); err != nil {
					return err
				}
			}
			return a.opened(c.Context(), &domain.Options{}, func(d *domain.Domain) error {
				served, err := d.Served(c.Context())
				if err != nil {
					return err
				}
				if !served {
					return glovebox.Errorf(glovebox.CodeConflict, "this domain takes the word of whoever holds its directory: it cannot be served").
						WithFix("`glovebox domain serve-from-now` makes it one that takes signed acts alone, for good")
				}
				places, err := a.places(c.Context(), place, d.Dir)
				if err != nil {
					return err
				}
				a.note(a.t("serving ", "正在服务 ") + filepath.Join(d.Dir, core.Socket))
				o.Places, o.Copies, o.KeyCopies = places, copies, keyCopies
				return core.New(d, o).Serve(c.Context())
			})
		},
	}
	c.Flags().StringSliceVar(&web, "web", nil, a.t("let the account `USER` connect: the one that glovebox web runs as", "允许账户 `USER` 连接，即运行 glovebox web 的账户"))
	c.Flags().StringArrayVar(&place, "place", nil, a.t("let exports go to `NAME=DIR` or NAME=s3://BUCKET/PREFIX?endpoint=HOST:PORT", "允许导出到 `NAME=DIR` 或 NAME=s3://BUCKET/PREFIX?endpoint=HOST:PORT"))
	c.Flags().StringVar(&copies, "copies", "", a.t("let safety copies (domain backup) go into the folder `DIR`", "安全副本（domain backup）写入文件夹 `DIR`"))
	c.Flags().StringVar(&keyCopies, "key-copies", "", a.t("and the keys of them into `DIR`, on another medium", "其密钥写入另一介质上的 `DIR`"))
	c.Flags().StringVar(&origin, "origin", "", a.t("passkeys are made for the address `URL` that people open, https://HOST[:PORT]", "通行密钥所绑定的、人员打开的地址 `URL`，即 https://HOST[:PORT]"))
	c.Flags().StringVar(&providers, "providers", "", a.t("believe the identity providers in `FILE` who somebody is (docs/serving.md)", "采信 `FILE` 中身份提供方的身份声明（见 docs/serving.md）"))
	return c
}

// account is the number of an account of this machine.
func account(name string) (uint32, error) {
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return 0, flagError("--web", "no such account on this machine", "name an account, such as glovebox-web")
		}
	}
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	return uint32(id), err
}
