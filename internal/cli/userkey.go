package cli

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) userKey() *cobra.Command {
	return a.group("key", "the keys that people sign with", "人员签名所用的密钥", a.keyNew(), a.keyAdd(), a.keyList(), a.keyConfirm(), a.keyRevoke())
}

// publicSuffix ends the name of the file with the public half of a key.
const publicSuffix = ".pub.json"

func (a *app) keyNew() *cobra.Command {
	var scheme, to string
	c := &cobra.Command{
		Use:   "new NAME",
		Short: a.t("make a key of your own", "生成您自己的密钥"),
		Long: a.t(`Make a key that NAME signs acts with, on your own machine. The private half is a
file that only you can read, and never leaves it. The public half, beside it with
the ending .pub.json, goes to a registrar, who hands it in ("user key add"); a
second person confirms it ("user key confirm"): read its number to both of them.`, `在您自己的机器上生成 NAME 用以签署操作的密钥。私钥保存在只有您可读的文件中，从不离开该处。
公钥在其旁，以 .pub.json 结尾，请交给安全管理员提交（"user key add"），再由另一人确认
（"user key confirm"）：请向两人口述其编号。`),
		Example: "  glovebox user key new wang\n  glovebox user key new wang --scheme sm2-sm3 -o wang.pem",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, w []string) error {
			path := to
			if path == "" {
				dir, err := configDir()
				if err != nil {
					return err
				}
				path = filepath.Join(dir, "keys", w[0]+".pem")
				if err := private(filepath.Join(dir, "keys", ".keep"), nil); err != nil {
					return err
				}
			}
			k, err := act.GenerateFileKey(path, scheme, w[0])
			if err != nil {
				return err
			}
			b, err := k.Key().Encode()
			if err != nil {
				return err
			}
			if err := writeTo(path+publicSuffix, bytesOf(b)); err != nil {
				return err
			}
			return a.emit(map[string]any{"file": path, "public": path + publicSuffix, "key": k.Key()}, func() {
				a.say("%s  %s", a.t("private key", "私钥"), path)
				a.say("%s  %s", a.t("public key", "公钥"), path+publicSuffix)
				a.say("%s  %s", a.t("number", "编号"), k.Key().ID)
			})
		},
	}
	c.Flags().StringVar(&scheme, "scheme", act.Ed25519, a.t("sign by `SCHEME`: ed25519 or sm2-sm3", "签名算法 `SCHEME`：ed25519 或 sm2-sm3"))
	c.Flags().StringVarP(&to, "output", "o", "", a.t("write the private key to `FILE` (default: beside your profiles)", "将私钥写入 `FILE`（默认在配置目录）"))
	return c
}

// readPublic reads the public half of a key.
func readPublic(path string) (act.Key, error) {
	b, err := files.Read(path, act.MaxKey, "a public key is a small file")
	if err != nil {
		return act.Key{}, err
	}
	k, err := act.ParseKey(b)
	return k, glovebox.InFile(err, path)
}

func (a *app) keyAdd() *cobra.Command {
	return &cobra.Command{
		Use:   "add NAME FILE.pub.json",
		Short: a.t("hand in a person's public key", "提交人员的公钥"),
		Long: a.t(`Hand in the public key of NAME: that person, or a registrar. In a domain that is
served, a second person has to confirm it before it signs.`, `提交 NAME 的公钥：由本人或安全管理员办理。服务域中须由另一人确认后方可用于签名。`),
		Example: "  glovebox user key add wang wang.pem.pub.json",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			k, err := readPublic(w[1])
			if err != nil {
				return err
			}
			return a.keyAct(c, desk.Act{Name: "user.key_add", Subject: "key/" + k.ID, Params: desk.Params(desk.KeyAdd{User: w[0], Key: k})})
		},
	}
}

func (a *app) keyConfirm() *cobra.Command {
	return &cobra.Command{
		Use:   "confirm NAME KEY",
		Short: a.t("confirm that a key is its person's", "确认密钥确属其本人"),
		Long: a.t(`Confirm that the key with the number KEY is NAME's, as somebody other than that
person and whoever handed it in: have its number told to you by NAME first.
Role: registrar or authority.`, `由本人与提交人以外的人确认编号为 KEY 的密钥确属 NAME：请先由 NAME 亲口告知其编号。
角色：安全管理员或实施机构。`),
		Example: "  glovebox user key confirm wang sha256:0123…",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.keyAct(c, desk.Act{Name: "user.key_confirm", Subject: "key/" + w[1], Params: desk.Params(desk.KeyConfirm{User: w[0]})})
		},
	}
}

func (a *app) keyRevoke() *cobra.Command {
	return &cobra.Command{
		Use:     "revoke KEY",
		Short:   a.t("revoke a key, for good", "吊销密钥，不可恢复"),
		Long:    a.t("Revoke the key with the number KEY: its person, or a registrar. Nothing that it\nsigns counts from then on; what it signed stays.", "吊销编号为 KEY 的密钥：由本人或安全管理员办理。此后其签名一概无效；此前所签仍然有效。"),
		Example: "  glovebox user key revoke sha256:0123…",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.keyAct(c, desk.Act{Name: "user.key_revoke", Subject: "key/" + w[0]})
		},
	}
}

func (a *app) keyAct(c *cobra.Command, x desk.Act) error {
	var k domain.KeyDoc
	if err := a.do(c.Context(), nil, x, &k); err != nil {
		return err
	}
	return a.emit(k, func() { a.say("%s  %s  %s", k.User, k.Key.ID, a.word(string(k.State))) })
}

func (a *app) keyList() *cobra.Command {
	return &cobra.Command{
		Use:     "list [NAME]",
		Short:   a.t("list keys and their state", "列出密钥及其状态"),
		Long:    a.t("List the keys of NAME, or all that you may see: whose each is, who handed it in and who confirmed it.", "列出 NAME 的密钥，或您可查看的全部密钥：所有人、提交人与确认人。"),
		Example: "  glovebox user key list wang",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			q := desk.Look{Name: "keys"}
			if len(w) == 1 {
				q.ID = w[0]
			}
			var all []domain.KeyDoc
			if err := a.look(c.Context(), q, &all); err != nil {
				return err
			}
			return a.emit(all, func() {
				var rows [][]string
				for _, k := range all {
					rows = append(rows, []string{k.User, k.Key.ID, k.Key.Scheme, a.word(string(k.State)), k.By, k.Confirmed})
				}
				table(a.Out, []string{a.t("user", "用户"), a.t("number", "编号"), a.t("scheme", "算法"), a.t("state", "状态"), a.t("handed in by", "提交人"), a.t("confirmed by", "确认人")}, rows)
			})
		},
	}
}
