package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/backup"
)

func (a *app) domainBackup() *cobra.Command {
	var keys, to, keysTo string
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: a.t("take a safety copy of the domain while it is in use", "在使用中制作域的安全副本"),
		Long: a.t(`Copy the domain into two new files: FILE with its database, log and encrypted
parts, and the one of --keys with all keys. Each is encrypted, with age, to the
public keys in the file of its own --to or --keys-to; nobody may be a recipient of
both, and the two lie in two folders, best on two media in two hands. "glovebox
domain key --new" makes key pairs.

The domain stays in use; changes wait while database and log are copied. The log
says that the copy was taken, for whom, and with which digests. Left out: caches,
and files that were handed in and not used yet.

Destroying a snapshot destroys no copy: keep the newest file of keys alone, and
destroy older ones. Together with an older file of data it opens what still is to
be opened, and nothing that was destroyed.

On a server FILE and --keys are names of files in the folders that "glovebox serve
--copies --key-copies" names. Role: registrar, or in a local domain the owner of
the directory.`, `将域复制到两个新文件：FILE 含数据库、日志与已加密的分片，--keys 所指文件含全部密钥。
二者分别以 age 加密给 --to 与 --keys-to 文件中的公钥；任何人不得同时是两者的接收方，
两个文件须在不同文件夹，最好由两人存于两处介质。"glovebox domain key --new" 生成密钥对。

制作期间域仍可使用；复制数据库与日志时，更改须等待。日志记录副本的制作、接收方与摘要。
不含缓存以及已上传而尚未使用的文件。

销毁快照不会销毁副本：密钥文件只保留最新的一份，销毁更早的。
它与较早的数据文件合用，只能打开仍应可读的内容，已销毁的不能打开。

在服务器上，FILE 与 --keys 为 "glovebox serve --copies --key-copies" 所指文件夹中的文件名。
角色：安全管理员；本地域中为目录所有者。`),
		Example: "  glovebox domain backup /mnt/a/city.data --to data.pub --keys /mnt/b/city.keys --keys-to keys.pub --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			p := desk.Copy{Data: w[0], Keys: keys}
			for _, x := range []struct {
				flag, file string
				into       *string
			}{{"--to", to, &p.DataFor}, {"--keys-to", keysTo, &p.KeysFor}} {
				if x.file == "" {
					return flagError(x.flag, "no recipient is named", "name a file of public keys: `glovebox domain key --new FILE` makes FILE.pub")
				}
				b, err := (desk.Disk{}).Read(x.file, backup.MaxRecipients, "a file of public keys is small")
				if err != nil {
					return err
				}
				if _, err := backup.ReadRecipients(b); err != nil {
					return glovebox.InFile(err, x.file)
				}
				*x.into = string(b)
			}
			if keys == "" {
				return flagError("--keys", "no file is named for the keys", "name a new file in another folder than FILE")
			}
			var v domain.BackedUp
			o := &desk.Options{Copies: func(name string, _ backup.Half) (string, error) { return name, nil }}
			if err := a.do(c.Context(), o, desk.Act{Name: "domain.backup", Params: desk.Params(p)}, &v); err != nil {
				return err
			}
			return a.emit(v, func() {
				a.say(a.t("copy %s of %s: %d entries of the log", "副本 %s，%s：日志 %d 个条目"), v.Set, v.Taken, v.Entries)
				a.say("%s  %s", a.t("data", "数据"), v.Data)
				a.say("%s  %s", a.t("keys", "密钥"), v.Keys)
			})
		},
	}
	c.Flags().StringVar(&keys, "keys", "", a.t("write the keys to `FILE`, in another folder", "密钥写入另一文件夹中的 `FILE`"))
	c.Flags().StringVar(&to, "to", "", a.t("encrypt the data to the public keys in `FILE`", "数据加密给 `FILE` 中的公钥"))
	c.Flags().StringVar(&keysTo, "keys-to", "", a.t("encrypt the keys to the public keys in `FILE`", "密钥加密给 `FILE` 中的公钥"))
	return c
}

func (a *app) domainRestore() *cobra.Command {
	var keys, with, keysWith, remembered string
	c := &cobra.Command{
		Use:   "restore FILE DIR",
		Short: a.t("make a domain again of a safety copy", "由安全副本恢复域"),
		Long: a.t(`Make the domain again in DIR, which must not exist or be empty, of a safety copy:
its data FILE and its file of --keys, each with the private key that opens it.
Before anything appears in DIR, the whole log and every row of the database are
checked; a copy that does not verify restores nothing. The log goes on with an
entry that says which copy it goes on from.

What happened after the copy is lost, and the budget that was spent then looks
unspent: --remembered holds the copy to a checkpoint kept elsewhere ("glovebox audit
verify --save") and refuses an older copy. Without one this asks for
--may-be-old, which the log then says.

The file of keys may be newer than the data, not older: snapshots that were
destroyed in between stay unreadable, and are listed.`, `由安全副本在 DIR 恢复域；DIR 须不存在或为空。需要数据文件 FILE、--keys 密钥文件，
以及打开二者的私钥。DIR 出现之前先核验全部日志与数据库每一行；核验不通过的不恢复。
恢复后的日志写明接续自哪一副本。

副本之后发生的一切都会丢失，其间已用的预算会显得未用：--remembered 以另行保存的检查点
（"glovebox audit verify --save"）核对，拒绝较旧的副本。没有检查点时须给 --may-be-old，日志会予记载。

密钥文件可以比数据文件新，不可更旧：其间销毁的快照仍不可读，并予列出。`),
		Example: "  glovebox domain restore city.data ./city --with data.key --keys city.keys --keys-with keys.key --may-be-old",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			old, _ := c.Flags().GetBool("may-be-old")
			if (remembered == "") != old {
				return flagError("--remembered", "nothing says how new the copy has to be", "name a checkpoint that was kept elsewhere, or say --may-be-old, not both")
			}
			v, err := a.restore(c, w[0], w[1], keys, with, keysWith, remembered)
			if err != nil {
				return err
			}
			return a.emit(v, func() {
				a.say(a.t("restored: %s of %s, %d entries of the log, verified", "已恢复：%s，副本时间 %s，日志 %d 个条目，核验通过"), v.Name, v.Taken, v.Entries)
				a.say("%s  %s", a.t("directory", "目录"), v.Dir)
				a.say("%s  %s", a.t("public key", "公钥"), v.Key)
				if len(v.Unreadable) > 0 {
					a.say("%s: %s", a.t("destroyed, and not readable", "已销毁，不可读"), strings.Join(v.Unreadable, " "))
				}
			})
		},
	}
	c.Flags().StringVar(&keys, "keys", "", a.t("the keys are in `FILE`", "密钥文件 `FILE`"))
	c.Flags().StringVar(&with, "with", "", a.t("open the data with the private key in `FILE`", "以 `FILE` 中的私钥打开数据"))
	c.Flags().StringVar(&keysWith, "keys-with", "", a.t("open the keys with the private key in `FILE`", "以 `FILE` 中的私钥打开密钥"))
	c.Flags().StringVar(&remembered, "remembered", "", a.t("the copy must not be older than the checkpoint in `FILE`", "副本不得早于 `FILE` 中的检查点"))
	c.Flags().Bool("may-be-old", false, a.t("restore without knowing how new the copy is", "不核对副本新旧即恢复"))
	return c
}

func (a *app) restore(c *cobra.Command, file, dir, keys, with, keysWith, remembered string) (*domain.Restored, error) {
	var from domain.RestoreFrom
	for _, x := range []struct {
		flag, file string
		into       **backup.Identities
	}{{"--with", with, &from.DataWith}, {"--keys-with", keysWith, &from.KeysWith}} {
		if x.file == "" {
			return nil, flagError(x.flag, "no private key is named", "name the file that `glovebox domain key --new` wrote")
		}
		b, err := (desk.Disk{}).Read(x.file, backup.MaxRecipients, "a file of private keys is small")
		if err != nil {
			return nil, err
		}
		if *x.into, err = backup.ReadIdentities(b); err != nil {
			return nil, glovebox.InFile(err, x.file)
		}
	}
	if keys == "" {
		return nil, flagError("--keys", "no file is named for the keys", "name the file that `glovebox domain backup --keys` wrote")
	}
	data, err := (desk.Disk{}).Open(file)
	if err != nil {
		return nil, err
	}
	defer data.Close()
	secrets, err := (desk.Disk{}).Open(keys)
	if err != nil {
		return nil, err
	}
	defer secrets.Close()
	from.Data, from.Keys = data, secrets
	if remembered != "" {
		b, err := readFile(remembered)
		if err != nil {
			return nil, err
		}
		from.Remembered = [][]byte{b}
	}
	return domain.Restore(c.Context(), dir, from)
}
