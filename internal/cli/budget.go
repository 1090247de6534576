package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"glovebox"
	"glovebox/internal/domain"
	"glovebox/internal/store"
)

type budgetView struct {
	Balances []glovebox.Balance `json:"balances"`
	Charges  []store.ChargeRow  `json:"charges"`
}

func (a *app) budgetCmd() *cobra.Command {
	return a.group("budget", "what every ledger holds and who spent it", "各账本余额与支出明细", a.budgetShow())
}

func (a *app) budgetShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show [DATASET]",
		Short: a.t("show balances and every charge: who, when, for which job", "显示余额与每笔支出：谁、何时、为何作业"),
		Long: a.t(`Show what every ledger holds, or that of DATASET, and every charge: who took
it, for which job and scenario, and in which entry of the log it is. Nothing
that was charged comes back.`, `显示各账本（或 DATASET 的账本）的余额与每笔支出：由谁、为哪个作业与应用场景支出，
记于日志第几条。已支出的预算概不退还。`),
		Example: "  glovebox budget show --domain ./city\n  glovebox budget show population --domain ./city",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.with(c.Context(), false, func(d *domain.Domain) error {
				which := ""
				if len(w) == 1 {
					which = w[0]
				}
				v, err := readBudget(c, d, which)
				if err != nil {
					return err
				}
				return a.emit(v, func() { a.printBudget(v) })
			})
		},
	}
}

func readBudget(c *cobra.Command, d *domain.Domain, which string) (*budgetView, error) {
	v := &budgetView{Balances: []glovebox.Balance{}, Charges: []store.ChargeRow{}}
	err := d.Store.View(c.Context(), func(tx *store.Tx) error {
		codes := []string{which}
		if which == "" {
			codes = nil
			if err := tx.Each(store.Dataset, func(id string, _ []byte) error {
				codes = append(codes, id)
				return nil
			}); err != nil {
				return err
			}
		}
		for _, code := range codes {
			b, err := tx.Balance(code)
			if glovebox.CodeOf(err) == glovebox.CodeNotFound {
				return glovebox.Errorf(glovebox.CodeNotFound, "no dataset %q in this domain", code).WithFix("`glovebox dataset list` shows what there is")
			}
			if err != nil {
				return err
			}
			v.Balances = append(v.Balances, b)
		}
		rows, err := tx.Charges(which)
		v.Charges = append(v.Charges, rows...)
		return err
	})
	return v, err
}

func (a *app) printBudget(v *budgetView) {
	kind := map[string]glovebox.LedgerKind{}
	var rows [][]string
	for _, b := range v.Balances {
		kind[b.Dataset] = b.Kind
		rows = append(rows, []string{b.Dataset, string(b.Kind), amount(b.Kind, b.Total), amount(b.Kind, b.Spent), amount(b.Kind, b.Total.Sub(b.Spent))})
	}
	table(a.Out, []string{a.t("ledger", "账本"), a.t("kind", "类型"), a.t("total", "总额"), a.t("spent", "已用"), a.t("remaining", "剩余")}, rows)
	if len(v.Charges) == 0 {
		return
	}
	rows = nil
	for _, r := range v.Charges {
		at := "-"
		if r.Index != nil {
			at = strconv.FormatInt(*r.Index, 10)
		}
		rows = append(rows, []string{r.Dataset, r.Job, r.Scenario, r.Actor, amount(kind[r.Dataset], r.Amount), at})
	}
	a.say("")
	table(a.Out, []string{a.t("ledger", "账本"), a.t("job", "作业"), a.t("scenario", "应用场景"), a.t("by", "提交人"), a.t("charged", "支出"), a.t("log entry", "日志条目")}, rows)
}
