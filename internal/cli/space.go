package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) spaceCmd() *cobra.Command {
	return a.group("space", "unit spaces: what one person can lose over all datasets", "单元空间：一个人在全部数据资源上可能的隐私损失", a.spaceAdd(), a.spaceList(), a.spaceShow())
}

func (a *app) spaceAdd() *cobra.Command {
	var l glovebox.LedgerDef
	var period string
	c := &cobra.Command{
		Use:   "add NAME",
		Short: a.t("say what one unit of a space may lose over all datasets", "规定空间内一个单元在全部数据资源上的损失上限"),
		Long: a.t(`Open the ledger of the unit space NAME with its total, or say the total of one
for which that of its first dataset stands. Every job takes its price once from
the ledger of each dataset that it reads and once from that of each unit space:
the total bounds what one person (or enterprise) can lose over everything that
this domain lets out, under whichever code, version or record.

--rho counts zero-concentrated loss and pays for jobs of both kinds; --epsilon
counts epsilon and takes no job with rho. A total that was said is for good. One
that stands for the space can be replaced once: by any before the first charge,
later by one of the same kind that is not larger. Role: authority.

With --per-period COLUMN the total is what a unit may lose in each period of datasets
whose records name that column as their period, and in all others: a weaker promise,
which is renewed by each period.`, `以给定总额开立单元空间 NAME 的账本；若此前以其首个数据资源的总额代替，则规定正式总额。
每个作业除从所读的各数据资源账本支付外，还从每个单元空间的账本支付一次：
该总额限定一个人（或一家企业）在本域全部发布中可能的隐私损失，与编码、版本、记录无关。

--rho 按 zCDP 计量，两类作业均可支付；--epsilon 按 ε 计量，不接受声明 rho 的作业。
总额一经规定不再更改。代用的总额可替换一次：首次支出前可为任意总额，之后须同类且不高于原总额。
角色：实施机构。

加上 --per-period COLUMN 时，总额为一个单元在每个期间（适用于记录以该字段为期间的数据资源）
及其他全部数据资源中的损失上限：承诺较弱，但随期间更新。`),
		Example: "  glovebox space add person --rho 2 --delta 1e-6 --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			l.Kind = glovebox.LedgerPure
			if c.Flags().Changed("rho") {
				l.Kind = glovebox.LedgerZCDP
			}
			if c.Flags().Changed("rho") == c.Flags().Changed("epsilon") {
				return glovebox.Errorf(glovebox.CodeInvalid, "a unit space has one total, in epsilon or in rho").WithFix("name exactly one of --rho and --epsilon")
			}
			var v domain.SpaceView
			if err := a.do(c.Context(), nil, desk.Act{Name: "space.add", Params: desk.Params(desk.SpaceAdd{Name: w[0], Ledger: l, Period: period})}, &v); err != nil {
				return err
			}
			return a.emit(v, func() { a.printSpace(&v) })
		},
	}
	c.Flags().StringVar(&period, "per-period", "", a.t("the total is for each period, as the column `COLUMN` tells it", "总额按字段 `COLUMN` 所示期间计"))
	c.Flags().Float64Var(&l.Rho, "rho", 0, a.t("a total of `R`, kind zcdp", "总额 `R`，zcdp 类"))
	c.Flags().Float64Var(&l.Epsilon, "epsilon", 0, a.t("a total of `E`, kind pure", "总额 `E`，pure 类"))
	c.Flags().Float64Var(&l.Delta, "delta", 0, a.t("a total delta of `D`; 0: no job with private keys", "delta 总额 `D`；0：不允许私有分组的作业"))
	return c
}

func (a *app) spaceList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: a.t("list the unit spaces, their totals and datasets", "列出单元空间、总额与数据资源"),
		Long: a.t(`List the unit spaces of the domain: the total that one unit may lose, and the
datasets that have units of the space. What is spent: budget show.`, `列出域内单元空间：一个单元的损失总额，以及含有该空间单元的数据资源。已用额度见 budget show。`),
		Example: "  glovebox space list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []domain.SpaceView
			if err := a.look(c.Context(), desk.Look{Name: "spaces"}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				var rows [][]string
				for i := range all {
					v := &all[i]
					rows = append(rows, []string{v.Name, string(v.Ledger.Kind), ledgerText(v.Ledger), a.saidBy(v), strings.Join(v.Datasets, " ")})
				}
				table(a.Out, []string{a.t("unit space", "单元空间"), a.t("kind", "类型"), a.t("total", "总额"), a.t("said by", "规定者"), a.t("datasets", "数据资源")}, rows)
			})
		},
	}
}

func (a *app) spaceShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME",
		Short: a.t("show a unit space, its total and datasets", "显示单元空间、总额与数据资源"),
		Long: a.t(`Show a unit space: the total that one of its units may lose, who said it, and
the datasets that are charged to it.`, `显示单元空间：一个单元的损失总额、由谁规定，以及计入该空间的数据资源。`),
		Example: "  glovebox space show person --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var v domain.SpaceView
			if err := a.look(c.Context(), desk.Look{Name: "space", ID: w[0]}, &v); err != nil {
				return err
			}
			return a.emit(v, func() { a.printSpace(&v) })
		},
	}
}

// saidBy names who gave a space its total.
func (a *app) saidBy(v *domain.SpaceView) string {
	if v.Balance.Assumed {
		return fmt.Sprintf(a.t("nobody: that of %s stands for it", "无：以 %s 的总额代替"), v.From)
	}
	return v.By
}

func (a *app) printSpace(v *domain.SpaceView) {
	a.say("%s: %s %s", a.t("unit space", "单元空间")+" "+v.Name, v.Ledger.Kind, ledgerText(v.Ledger))
	if v.PerPeriod {
		by := v.Period
		if by == "" {
			by = a.t("any column", "任意字段")
		}
		a.say(a.t("that total is for each period, of datasets whose period is %s", "该总额按期间计（适用于以 %s 为期间的数据资源）"), by)
	}
	a.say("%s: %s  %s", a.t("said by", "规定者"), a.saidBy(v), v.Added)
	a.say("%s: %s", a.t("datasets", "数据资源"), dash(strings.Join(v.Datasets, " ")))
}

// account names a ledger in a table.
func (a *app) account(dataset, space string) string {
	if space != "" {
		return a.t("space ", "空间 ") + space
	}
	return dataset
}
