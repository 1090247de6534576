package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/domain"
)

func (a *app) initCmd() *cobra.Command {
	var o domain.InitOptions
	var first firsts
	c := &cobra.Command{
		Use:   "init DIR",
		Short: a.t("create a domain: its keys, database and audit log", "创建域：密钥、数据库与审计日志"),
		Long: a.t(`Create a domain in DIR, which must not exist or be empty.

The domain's keys are made there and never leave it, but in safety copies:
"glovebox domain backup" writes data and keys into two files, since both
together open the data;
keep the public key that this prints where auditors find it; "glovebox
domain key" prints it again.`, `在 DIR 创建一个域；DIR 须不存在或为空。

域的密钥在此生成，除安全副本外从不离开："glovebox domain backup" 将数据与密钥
写入两个文件（二者合在一起即可打开数据）；请把这里显示的公钥保存在审计人员能取得之处；
"glovebox domain key" 可再次显示。`),
		Example: "  glovebox init ./city --name daye",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if err := first.check(); err != nil {
				return err
			}
			info, err := domain.Init(c.Context(), w[0], o)
			if err != nil {
				return err
			}
			if first.served {
				a.dir, a.server, a.profile = w[0], "", ""
				if err := a.serveFromNow(c, &first); err != nil {
					return err
				}
			}
			return a.emit(info, func() {
				a.say("%s  %s", a.t("domain", "域"), info.Name)
				a.say("%s  %s", a.t("directory", "目录"), info.Dir)
				a.say("%s  %s", a.t("public key", "公钥"), info.Key)
			})
		},
	}
	c.Flags().StringVar(&o.Name, "name", "", a.t("call the domain `NAME`, part of its log's identity (default: the directory's name)", "域名称 `NAME`，是日志身份的一部分（默认取目录名）"))
	c.Flags().BoolVar(&first.served, "served", false, a.t("make it a domain that takes signed acts alone (domain serve-from-now)", "建为仅接受签名操作的域（domain serve-from-now）"))
	first.bind(a, c)
	c.Flags().StringSliceVar(&o.Require, "require", nil, a.t("jobs need `WHAT` beside their grant: certified, promoted, listed; exports: witnessed", "除授权外还须满足 `WHAT`：作业 certified、promoted、listed；导出 witnessed"))
	c.Flags().IntVar(&o.Parts, "parts", domain.DefaultParts, a.t("cut snapshots into `N` pieces, a power of two", "快照分为 `N` 片，须为 2 的幂"))
	return c
}

func (a *app) domainCmd() *cobra.Command {
	return a.group("domain", "the domain itself: its keys and safety copies", "域本身：密钥与安全副本", a.domainKey(), a.domainRotate(), a.domainBackup(), a.domainRestore(), a.domainServe())
}
