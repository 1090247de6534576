package cli

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

func (a *app) budgetCmd() *cobra.Command {
	return a.group("budget", "what every ledger holds and who spent it", "各账本余额与支出明细", a.budgetShow(), a.budgetHistory())
}

func (a *app) budgetShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show [DATASET|SPACE]",
		Short: a.t("show balances, caps, and who spent how much for which product", "显示余额、上限，以及谁为何产品支出多少"),
		Long: a.t(`Show what the ledgers that you may read hold, or that of DATASET or of the unit
space SPACE, such as person; what each scenario and developer may still spend;
and who spent how much for which product. Nothing that was charged comes back.
Of a unit space it says in plain words what one person can have lost at most over
everything that was let out, and when the total ends if it goes on as in the last
90 days.

The authority and auditors read every ledger, a provider those of its datasets,
an operator those that its scenarios need, a developer those of its grants; and
whoever reads the ledger of a dataset reads those of its unit spaces.`, `显示您可查看的各账本（或 DATASET、单元空间 SPACE 如 person 的账本）的余额；
各应用场景与开发主体的剩余额度；以及谁为何产品支出多少。已支出的预算概不退还。
对单元空间，以平实语言说明一个人在全部发布中至多可能损失多少，
以及按近 90 天的速度总额何时用尽。

实施机构与审计可查看全部账本；数据提供单位可查看其数据资源的账本；运营机构可查看
其应用场景所需的账本；开发主体可查看其获得授权的账本；
可查看某数据资源账本者，亦可查看其单元空间的账本。`),
		Example: "  glovebox budget show --domain ./city --as zhao\n  glovebox budget show person --domain ./city --as zhao",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.budget(c, w, func(b *domain.Budget) error {
				return a.emit(b, func() { a.printBudget(b) })
			})
		},
	}
}

// budget reads the ledger that the arguments name, or all that the user may read.
func (a *app) budget(c *cobra.Command, w []string, fn func(*domain.Budget) error) error {
	which := ""
	if len(w) == 1 {
		which = w[0]
	}
	var b domain.Budget
	if err := a.look(c.Context(), desk.Look{Name: "budget", ID: which}, &b); err != nil {
		return err
	}
	return fn(&b)
}

func (a *app) budgetHistory() *cobra.Command {
	var f struct{ scenario, product, developer, since string }
	c := &cobra.Command{
		Use:   "history [DATASET|SPACE]",
		Short: a.t("list every charge: who, when, for which product and job", "列出每笔支出：谁、何时、为何产品与作业"),
		Long: a.t(`List the charges of the ledgers that you may read, or of DATASET or the unit space
SPACE, oldest first:
who took each, when, for which scenario, product and job, and in which entry of
the log it is. A charge for a snapshot's number of units names the snapshot in
the place of the job.`, `按时间列出您可查看的各账本（或 DATASET、单元空间 SPACE 的账本）的每笔支出：由谁、何时、为哪个应用场景、
产品与作业支出，记于日志第几条。为快照的单元数支出的，作业一栏为该快照。`),
		Example: "  glovebox budget history --domain ./city --as sun\n  glovebox budget history population --developer wang --since 2026-01-01 --domain ./city --as chen",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if f.since != "" {
				if _, err := time.Parse(time.DateOnly, f.since); err != nil {
					return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--since", Msg: "is not a day"}).WithFix("write it as YYYY-MM-DD")
				}
			}
			return a.budget(c, w, func(b *domain.Budget) error {
				other := func(want, have string) bool { return want != "" && want != have }
				b.Charges = slices.DeleteFunc(b.Charges, func(r store.ChargeRow) bool {
					return other(f.scenario, r.Scenario) || other(f.product, r.Product) || other(f.developer, r.Actor) || r.At < f.since
				})
				return a.emit(list(b.Charges), func() { a.printCharges(b) })
			})
		},
	}
	c.Flags().StringVar(&f.scenario, "scenario", "", a.t("only for the scenario `CODE`", "仅列出应用场景 `CODE` 的支出"))
	c.Flags().StringVar(&f.product, "product", "", a.t("only for the product `CODE`", "仅列出产品 `CODE` 的支出"))
	c.Flags().StringVar(&f.developer, "developer", "", a.t("only by the user `NAME`", "仅列出用户 `NAME` 的支出"))
	c.Flags().StringVar(&f.since, "since", "", a.t("only from the day `YYYY-MM-DD` on, UTC", "仅列出 `YYYY-MM-DD`（UTC）起的支出"))
	return c
}

func (a *app) printBudget(b *domain.Budget) {
	kind := map[string]glovebox.LedgerKind{}
	var rows [][]string
	for _, x := range b.Balances {
		name := a.account(x.Dataset, x.Space)
		kind[name] = x.Kind
		rows = append(rows, []string{name, string(x.Kind), amount(x.Kind, x.Total), amount(x.Kind, x.Spent), amount(x.Kind, x.Total.Sub(x.Spent))})
	}
	table(a.Out, []string{a.t("ledger", "账本"), a.t("kind", "类型"), a.t("total", "总额"), a.t("spent", "已用"), a.t("remaining", "剩余")}, rows)
	a.printOutlooks(b)
	a.printCaps(kind, b.Caps)
	a.printSpenders(kind, b.Spenders)
}

// printOutlooks says in plain words what a unit of each space can have lost, and
// when its total ends.
func (a *app) printOutlooks(b *domain.Budget) {
	for i := range b.Outlooks {
		o := &b.Outlooks[i]
		bal := b.Balances[slices.IndexFunc(b.Balances, func(x glovebox.Balance) bool { return x.Space == o.Space })]
		a.say("")
		a.say(a.t("one unit of space %s: over everything let out from %d of its datasets, in the worst case, %s of %s is lost", "空间 %s 的一个单元：就其 %d 个数据资源的全部发布而言，最坏情况下损失 %s，总额 %s"),
			o.Space, len(o.Datasets), amount(bal.Kind, bal.Spent), amount(bal.Kind, bal.Total))
		a.say(a.t("whatever somebody knows and computes, what was let out moves the odds of anything about it by a factor of e^%.4g = %.4g at most, but for a chance of %.2g", "无论他人掌握什么、如何计算，已发布内容对有关该单元的任何判断，其胜率至多改变 e^%.4g = %.4g 倍，例外概率 %.2g"),
			o.Epsilon, math.Exp(o.Epsilon), o.Delta)
		if bal.Assumed {
			a.say(a.t("nobody has said what a unit of space %s may lose over all datasets: its first dataset's total stands for that", "尚未规定空间 %s 的单元在全部数据资源上的损失总额：暂以其首个数据资源的总额代替"), o.Space)
		}
		a.printPace(o, bal.Kind)
	}
}

// printPace says how fast a space's total goes.
func (a *app) printPace(o *domain.Outlook, kind glovebox.LedgerKind) {
	switch {
	case o.Charges == 0:
	case o.Ends == "":
		a.say(a.t("at the pace of the last %d days the total does not end in sight", "按近 %d 天的速度，总额在可预见的时间内不会用尽"), domain.PaceDays)
	default:
		a.say(a.t("at the pace of the last %d days, %s a month, the total ends on %s", "按近 %d 天的速度（每月 %s），总额将于 %s 用尽"), domain.PaceDays, amount(kind, o.PerMonth), o.Ends)
	}
}

// printCaps prints what grants let scenarios and developers spend.
func (a *app) printCaps(kind map[string]glovebox.LedgerKind, caps []domain.CapReading) {
	var rows [][]string
	for _, c := range caps {
		who := c.Developer
		if who == "" {
			who = a.t("all", "全部")
		}
		rows = append(rows, []string{c.Dataset, c.Scenario, who, amount(kind[c.Dataset], c.Most), amount(kind[c.Dataset], c.Spent)})
	}
	if len(rows) > 0 {
		a.say("")
		table(a.Out, []string{a.t("ledger", "账本"), a.t("scenario", "应用场景"), a.t("developer", "开发主体"), a.t("may spend", "上限"), a.t("spent", "已用")}, rows)
	}
}

// printSpenders prints who took how much of which ledger.
func (a *app) printSpenders(kind map[string]glovebox.LedgerKind, spenders []domain.Spender) {
	var rows [][]string
	for _, s := range spenders {
		name := a.account(s.Dataset, s.Space)
		rows = append(rows, []string{name, dash(s.Scenario), dash(s.Product), s.Developer, strconv.Itoa(s.Charges), amount(kind[name], s.Amount), s.Last})
	}
	if len(rows) > 0 {
		a.say("")
		table(a.Out, []string{a.t("ledger", "账本"), a.t("scenario", "应用场景"), a.t("product", "产品"), a.t("by", "支出人"), a.t("charges", "笔数"), a.t("spent", "支出"), a.t("last", "最近")}, rows)
	}
}

func (a *app) printCharges(b *domain.Budget) {
	kind := map[string]glovebox.LedgerKind{}
	for _, x := range b.Balances {
		kind[a.account(x.Dataset, x.Space)] = x.Kind
	}
	var rows [][]string
	for _, r := range b.Charges {
		at := "-"
		if r.Index != nil {
			at = strconv.FormatInt(*r.Index, 10)
		}
		name := a.account(r.Dataset, r.Space)
		rows = append(rows, []string{name, r.Job, dash(r.Scenario), dash(r.Product), r.Actor, amount(kind[name], r.Amount), r.At, at})
	}
	table(a.Out, []string{a.t("ledger", "账本"), a.t("job", "作业"), a.t("scenario", "应用场景"), a.t("product", "产品"), a.t("by", "支出人"), a.t("charged", "支出"), a.t("at", "时间"), a.t("log entry", "日志条目")}, rows)
	for i := range b.Outlooks {
		a.printPace(&b.Outlooks[i], kind[a.account("", b.Outlooks[i].Space)])
	}
}

// dash stands in a table for a text that is not there.
func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
