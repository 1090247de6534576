package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) auditCmd() *cobra.Command {
	return a.group("audit", "the log of every decision, charge, run and export", "每项决策、记账、运行与导出的日志",
		a.auditList(), a.auditShow(), a.auditTimeline(), a.auditPeople(), a.auditLeft(), a.auditReplay(), a.auditVerify(), a.auditWatch(), a.auditAlerts(), a.auditIndex(), a.auditCopy())
}

func (a *app) auditVerify() *cobra.Command {
	var keep, remembered string
	var witnesses []string
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
				if err := cosignedBy(witnesses, remembered, old); err != nil {
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
	c.Flags().StringArrayVar(&witnesses, "witness", nil, a.t("that checkpoint must be cosigned by the witness with this `KEY`, or file of it", "该检查点须由公钥为 `KEY`（或存有公钥的文件）的见证方联署"))
	return c
}

// cosignedBy fails unless the checkpoint of --remembered is cosigned by each of the
// witnesses.
func cosignedBy(witnesses []string, remembered string, old [][]byte) error {
	if len(witnesses) > 0 && remembered == "" {
		return flagError("--witness", "there is no checkpoint that a witness could have signed", "add --remembered FILE: `glovebox witness ask --save FILE` writes one")
	}
	for _, x := range witnesses {
		text, err := keyText(x)
		if err != nil {
			return err
		}
		k, err := verify.ReadWitness(text)
		if err == nil {
			_, err = k.Saw(old[0])
		}
		if err != nil {
			return glovebox.InFile(err, remembered)
		}
	}
	return nil
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
