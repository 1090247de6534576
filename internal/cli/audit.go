package cli

import (
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) auditCmd() *cobra.Command {
	return a.group("audit", "the log of every decision, charge, run and export", "每项决策、记账、运行与导出的日志",
		a.auditList(), a.auditShow(), a.auditVerify())
}

func (a *app) auditList() *cobra.Command {
	var subject, action string
	var last int
	c := &cobra.Command{
		Use:   "list",
		Short: a.t("list entries of the log", "列出日志条目"),
		Long: a.t(`List the entries of the log, oldest first: who did what to what, and when.
Role: auditor or authority.`, `按先后列出日志条目：何人何时对何对象做了何事。角色：审计或实施机构。`),
		Example: "  glovebox audit list --last 20 --domain ./city --as sun\n  glovebox audit list --subject job/j-0123456789abcdef --domain ./city --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if last < 0 {
				return flagError("--last", "is below 0", "write a number of entries; 0: all")
			}
			list := []desk.Entry{}
			q := desk.Look{Name: "entries", Args: map[string]string{"subject": subject, "action": action, "last": strconv.Itoa(last)}}
			if err := a.look(c.Context(), q, &list); err != nil {
				return err
			}
			return a.emit(list, func() { a.printEntries(list) })
		},
	}
	c.Flags().StringVar(&subject, "subject", "", a.t("only entries about `SUBJECT`, such as job/ID", "只列出关于 `SUBJECT` 的条目，如 job/ID"))
	c.Flags().StringVar(&action, "action", "", a.t("only entries of `ACTION`, such as job.charge", "只列出动作 `ACTION` 的条目，如 job.charge"))
	c.Flags().IntVar(&last, "last", 0, a.t("only the newest `N`; 0: all", "只列出最新的 `N` 条；0 为全部"))
	return c
}

func (a *app) printEntries(list []desk.Entry) {
	var rows [][]string
	for _, e := range list {
		rows = append(rows, []string{strconv.FormatUint(e.Index, 10), e.Time, e.Actor, e.Action, e.Subject})
	}
	table(a.Out, []string{a.t("entry", "条目"), a.t("time", "时间"), a.t("by", "操作人"), a.t("action", "动作"), a.t("about", "对象")}, rows)
}

func (a *app) auditShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show ENTRY",
		Short: a.t("show one entry with its whole body", "显示一个条目的全部内容"),
		Long: a.t(`Show one entry of the log as JSON: for a decision, all its reasons; for a
charge, all its amounts. Role: auditor or authority.`, `以 JSON 显示一个日志条目：决策附全部理由，记账附全部数额。角色：审计或实施机构。`),
		Example: "  glovebox audit show 13 --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var found desk.Entry
			if err := a.look(c.Context(), desk.Look{Name: "entry", ID: w[0]}, &found); err != nil {
				return err
			}
			return a.document(found)
		},
	}
}

func (a *app) auditVerify() *cobra.Command {
	var keep, remembered string
	c := &cobra.Command{
		Use:   "verify",
		Short: a.t("check the whole log, and every state of the domain against it", "核验整个日志，并以其核对域内每项状态"),
		Long: a.t(`Recompute the log's Merkle tree from its files, check its signature, and check
that the domain's database, its schema and every column of every row of it, is
what the log records. The readers share no code with the writers.

A rollback of the whole domain to an older copy can only be seen against a
checkpoint that was kept elsewhere: --save writes one, --remembered gives one.
A file that is there is replaced only by a checkpoint of the same log that
extends it, and nothing is written inside a domain.

The first line says the verdict: verified, or NOT verified.

Exit status: 0 all is as it was written, 2 something is not.`, `由日志文件重新计算 Merkle 树，核对其签名，并核对域数据库的结构
与每行每列是否与日志一致。核验程序与写入程序不共用代码。

若整个域被回退到旧副本，只有对照保存在别处的检查点才能发现：
--save 写出检查点，--remembered 给出检查点。
已有文件只会被同一日志的后续检查点替换；不在任何域的目录内写入。

首行为结论：核验通过或核验失败。

退出码：0 一切与写入时一致，2 存在不一致。`),
		Example: "  glovebox audit verify --domain ./city\n  glovebox audit verify --save ../kept/city.checkpoint --domain ./city\n  glovebox audit verify --remembered ../kept/city.checkpoint --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			// A writer that was killed may have left entries on their way to the
			// log: finish them first. A log or database that was tampered with does
			// not open for writing, and the check below says why.
			if err := a.with(c.Context(), true, func(*domain.Domain) error { return nil }); err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid && glovebox.CodeOf(err) != glovebox.CodeInternal {
				return err
			}
			return a.still(c.Context(), func(d *domain.Domain) error {
				old, err := kept(d, keep, remembered)
				if err != nil {
					return err
				}
				v, err := d.Verify(c.Context(), old...)
				if err != nil {
					return err
				}
				if err := a.emit(v, func() { a.printVerification(v) }); err != nil {
					return err
				}
				if len(v.Problems) > 0 {
					return findings(v.Problems)
				}
				return saveCheckpoint(keep, v.Checkpoint)
			})
		},
	}
	c.Flags().StringVar(&keep, "save", "", a.t("write the signed checkpoint to `FILE`, to be kept elsewhere", "将已签名检查点写入 `FILE`，另行保存"))
	c.Flags().StringVar(&remembered, "remembered", "", a.t("the log must extend the checkpoint kept earlier in `FILE`", "日志必须是先前保存于 `FILE` 的检查点的延续"))
	return c
}

// findings makes one error of what a verification found.
func findings(list []string) error {
	errs := make([]error, len(list))
	for i, p := range list {
		errs[i] = glovebox.Errorf(glovebox.CodeInvalid, "%s", p)
	}
	return errors.Join(errs...)
}

// printVerification prints the verdict, and then what it is about.
func (a *app) printVerification(v *domain.Verification) {
	if len(v.Problems) > 0 {
		a.say(a.t("NOT verified: %[2]s", "核验失败：%[1]d 处不一致"), len(v.Problems), many(len(v.Problems), "problem"))
	} else {
		a.say(a.t("verified: all is as it was written", "核验通过：一切与写入时一致"))
	}
	a.say(a.t("log %s: %d entries, root %s", "日志 %s：%d 个条目，根 %s"), v.Origin, v.Entries, v.Root)
	a.say(a.t("%[3]s and %[4]s compared with the log", "已与日志核对 %[1]d 个文档、%[2]d 笔支出"), v.Docs, v.Charges, many(v.Docs, "document"), many(v.Charges, "charge"))
}
