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

The domain's keys are made there and never leave it: back up DIR/keys in
one place and the rest of DIR in another, since both together open the data;
keep the public key that this prints where auditors find it; "glovebox
domain key" prints it again.`, `在 DIR 创建一个域；DIR 须不存在或为空。

域的密钥在此生成且从不离开：请把 DIR/keys 与 DIR 的其余部分分别备份在两处
（二者合在一起即可打开数据），并把这里显示的公钥保存在审计人员能取得之处；
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
				a.dir = w[0]
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
	c.Flags().IntVar(&o.Parts, "parts", domain.DefaultParts, a.t("cut snapshots into `N` pieces, a power of two", "快照分为 `N` 片，须为 2 的幂"))
	return c
}

func (a *app) domainCmd() *cobra.Command {
	return a.group("domain", "the domain itself: its public key", "域本身：公钥", a.domainKey(), a.domainServe())
}

func (a *app) domainKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: a.t("print the domain's public key", "显示域公钥"),
		Long: a.t(`Print the public key with which the domain's log and release bundles are
checked: one line, as "glovebox init" printed it and as "glovebox verify --key"
takes it. Hand it to whoever receives bundles, by another way than the bundles.`, `显示用以核验域日志与发布包的公钥：一行，与 "glovebox init" 所显示的相同，
可直接供 "glovebox verify --key" 使用。请经发布包以外的途径交给接收方。`),
		Example: "  glovebox domain key --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), false, func(d *domain.Domain) error {
				info := d.Info()
				return a.emit(info, func() { a.say("%s", info.Key) })
			})
		},
	}
}
