package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/domain"
)

// firsts are the two people with whom a domain begins to be served.
type firsts struct {
	served                                           bool
	registrar, registrarKey, authority, authorityKey string
	org                                              string
}

func (f *firsts) bind(a *app, c *cobra.Command) {
	c.Flags().StringVar(&f.registrar, "registrar", "", a.t("the first registrar is `NAME`", "首任安全管理员 `NAME`"))
	c.Flags().StringVar(&f.registrarKey, "registrar-key", "", a.t("with the public key in `FILE`", "其公钥文件 `FILE`"))
	c.Flags().StringVar(&f.authority, "authority", "", a.t("the first user of role authority is `NAME`", "首任实施机构人员 `NAME`"))
	c.Flags().StringVar(&f.authorityKey, "authority-key", "", a.t("with the public key in `FILE`", "其公钥文件 `FILE`"))
	c.Flags().StringVar(&f.org, "org", "", a.t("both belong to the institution `NAME`", "两人所属机构 `NAME`"))
}

// check fails unless all is named, or nothing is.
func (f *firsts) check() error {
	for flag, v := range map[string]string{"--registrar": f.registrar, "--registrar-key": f.registrarKey, "--authority": f.authority, "--authority-key": f.authorityKey, "--org": f.org} {
		switch {
		case f.served && v == "":
			return flagError(flag, "a domain that is served begins with two people, their keys and their institution", "each makes a key: `glovebox user key new NAME`; then name both")
		case !f.served && v != "":
			return flagError(flag, "this is for a domain that is served", "add --served")
		}
	}
	return nil
}

func (a *app) serveFromNow(c *cobra.Command, f *firsts) error {
	rk, err := readPublic(f.registrarKey)
	if err != nil {
		return err
	}
	ak, err := readPublic(f.authorityKey)
	if err != nil {
		return err
	}
	return a.with(c.Context(), true, func(d *domain.Domain) error {
		_, err := d.Serve(c.Context(), domain.Enrolled{User: f.registrar, Org: f.org, Key: rk}, domain.Enrolled{User: f.authority, Org: f.org, Key: ak})
		return err
	})
}

func (a *app) domainServe() *cobra.Command {
	f := firsts{served: true}
	c := &cobra.Command{
		Use:   "serve-from-now",
		Short: a.t("take signed acts alone from now on, for good", "自此仅接受签名操作，不可撤回"),
		Long: a.t(`Make the domain one that takes signed acts alone, once and for good: whoever holds
its directory can act as nobody any more. Its first registrar and the first user of
role authority are enrolled with the public keys that each of them made ("glovebox
user key new"); everybody else gets a key through them. People keep their roles.`, `使本域自此仅接受签名操作，不可撤回：持有其目录者不能再以任何人的身份操作。
首任安全管理员与首任实施机构人员以各自生成的公钥登记（"glovebox user key new"）；
其他人员的密钥经由他们登记。已有角色不变。`),
		Example: "  glovebox domain serve-from-now --org 数据局 --registrar he --registrar-key he.json --authority zhao --authority-key z.json",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if err := a.serveFromNow(c, &f); err != nil {
				return err
			}
			return a.emit(map[string]any{"served": true, "registrar": f.registrar, "authority": f.authority}, func() {
				a.say(a.t("signed acts alone from now on: serve it with `glovebox serve --domain %s`", "自此仅接受签名操作：以 `glovebox serve --domain %s` 提供服务"), a.dir)
			})
		},
	}
	f.bind(a, c)
	return c
}
