package cli

import (
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/backup"
)

func (a *app) domainKey() *cobra.Command {
	var fresh string
	var history bool
	c := &cobra.Command{
		Use:   "key",
		Short: a.t("print the domain's public key, or make a key pair for copies", "显示域公钥，或生成安全副本用的密钥对"),
		Long: a.t(`Print the public key with which the domain's log and release bundles are
checked: one line, as "glovebox init" printed it and as "glovebox verify --key"
takes it. Hand it to whoever receives bundles, by another way than the bundles.

If the key was ever replaced ("glovebox domain rotate-keys signing"), --history
prints it with a line for each change, which both keys signed: a file of that
checks what any of the keys signed while it held.

--new FILE makes a key pair for safety copies: FILE, for whoever restores, and
FILE.pub, for "glovebox domain backup". No domain is needed.`, `显示用以核验域日志与发布包的公钥：一行，与 "glovebox init" 所显示的相同，
可直接供 "glovebox verify --key" 使用。请经发布包以外的途径交给接收方。

密钥更换过的（"glovebox domain rotate-keys signing"），--history 另为每次更换输出一行，
由新旧两个密钥共同签名：存成文件后，可核验任一密钥在其有效期间所签的内容。

--new FILE 生成安全副本用的密钥对：FILE 由恢复者保管，FILE.pub 供
"glovebox domain backup" 使用；不需要域。`),
		Example: "  glovebox domain key --domain ./city\n  glovebox domain key --history --domain ./city\n  glovebox domain key --new safe.key",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if fresh != "" {
				return a.newPair(fresh)
			}
			if !history {
				var info domain.Info
				if err := a.look(c.Context(), desk.Look{Name: "domain"}, &info); err != nil {
					return err
				}
				return a.emit(info, func() { a.say("%s", info.Key) })
			}
			return a.with(c.Context(), false, func(d *domain.Domain) error {
				info := d.Info()
				text, err := d.KeyHistory(c.Context())
				if err != nil {
					return err
				}
				lines := strings.Split(strings.TrimSpace(text), "\n")
				return a.emit(keyHistory{info, lines[1:]}, func() { a.say("%s", strings.TrimSpace(text)) })
			})
		},
	}
	c.Flags().BoolVar(&history, "history", false, a.t("add a line for each change of the key", "另为每次更换输出一行"))
	c.Flags().StringVar(&fresh, "new", "", a.t("make a key pair for copies: `FILE` and FILE.pub", "生成安全副本用的密钥对：`FILE` 与 FILE.pub"))
	return c
}

// keyHistory is the key with its changes as JSON prints them.
type keyHistory struct {
	*domain.Info
	Links []string `json:"links"`
}

// pair is a new key pair as JSON prints it.
type pair struct {
	File   string `json:"file"`
	Public string `json:"public"`
}

func (a *app) newPair(file string) error {
	private, public, err := backup.NewPair(time.Now())
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{{file, private, 0o600}, {file + ".pub", public, 0o644}} {
		out, err := os.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
		if err == nil {
			if _, err = out.Write(f.data); err == nil {
				err = out.Sync()
			}
			if cerr := out.Close(); err == nil {
				err = cerr
			}
		}
		if err != nil {
			return (&glovebox.Error{Code: glovebox.CodeInvalid, File: f.name, Msg: "the key cannot be written"}).WithFix("name a new file in a folder of yours: keys are not overwritten")
		}
	}
	return a.emit(pair{file, strings.TrimSpace(string(public))}, func() {
		a.say(a.t("private key: %s, keep it apart from the copies", "私钥：%s，请与副本分开保管"), file)
		a.say(a.t("public key:  %s", "公钥：%s"), file+".pub")
	})
}

func (a *app) domainRotate() *cobra.Command {
	var space string
	c := &cobra.Command{
		Use:   "rotate-keys KEY",
		Short: a.t("replace a key of the domain", "更换域的密钥"),
		Long: a.t(`Replace a key of the domain, KEY being one of

  signing   signs the log, bundles and envelopes. The old key signs the log up to
            the entry that ends it, which both keys endorse, and is destroyed; the
            new one signs from there on. Who holds the old public key follows the
            log to the new one; "glovebox domain key --history" prints both. Nodes
            are revoked before, and enrolled anew after.
  domain    opens the keys of snapshots and the master key: all are encrypted to
            the new one, and the old one is destroyed.
  unit      turns identifiers of the unit space of --space into tokens. What is
            loaded from then on has other tokens; datasets that were loaded before
            and after cannot be joined: load those that this prints again.

The log says which key held when. A command that was stopped is finished by the
next one on the domain. Take safety copies anew afterwards. Role: registrar, or in
a local domain the owner of the directory.`, `更换域的密钥，KEY 为下列之一：

  signing   为日志、发布包与信封签名。旧密钥签署日志直至写明其终止的条目
            （该条目由新旧密钥共同签名）后销毁；此后由新密钥签署。
            持有旧公钥者可循日志找到新公钥；"glovebox domain key --history"
            显示二者。节点须事先撤销，事后重新登记。
  domain    打开快照密钥与主密钥：全部改为加密给新密钥，旧密钥销毁。
  unit      把 --space 所指单元空间的标识变为令牌。此后载入的数据令牌不同，
            前后载入的数据资源不能关联：请重新载入本命令所列的数据资源。

日志写明各密钥何时有效。中断的更换由该域的下一条命令续完。更换后请重新制作安全副本。
角色：安全管理员；本地域中为目录所有者。`),
		Example: "  glovebox domain rotate-keys signing --domain ./city\n  glovebox domain rotate-keys unit --space person --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var v domain.Rotated
			if err := a.do(c.Context(), nil, desk.Act{Name: "domain.rotate", Params: desk.Params(desk.Rotate{Key: w[0], Space: space})}, &v); err != nil {
				return err
			}
			return a.emit(v, func() {
				a.say("%s: %s", v.Key, v.To)
				if len(v.Reload) > 0 {
					a.say("%s: %s", a.t("to be loaded again", "须重新载入"), strings.Join(v.Reload, " "))
				}
			})
		},
	}
	c.Flags().StringVar(&space, "space", "", a.t("the unit space `NAME`", "单元空间 `NAME`"))
	return c
}
