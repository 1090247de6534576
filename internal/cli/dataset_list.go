package cli

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) datasetList() *cobra.Command {
	late := false
	c := &cobra.Command{
		Use:   "list [WORD...]",
		Short: a.t("list or search the catalogue", "列出或检索数据资源目录"),
		Long: a.t(`List the datasets of the domain: who provides them, whom they are about, their
ledgers, which snapshot is the current one and when the next load is due, by the
record's update. How many rows there are is not shown: it would tell who is in
the data. With WORDs only datasets are listed in whose code, titles, provider,
unit space and columns, in either language, each WORD stands.`, `列出域内数据资源：提供单位、隐私单元、账本、当前快照，以及按记录的更新频率下次载入的到期日。
不显示行数，因为行数会透露数据中有谁。给出词语时，只列出编码、名称、提供单位、隐私单元空间
或字段（任一语言）中含有每个词语的数据资源。`),
		Example: "  glovebox dataset list --domain ./city\n  glovebox dataset list 低保 乡镇",
		RunE: func(c *cobra.Command, words []string) error {
			var all []domain.DatasetDoc
			if err := a.look(c.Context(), desk.Look{Name: "datasets"}, &all); err != nil {
				return err
			}
			today := time.Now().In(time.FixedZone("", 8*60*60)).Format(time.DateOnly)
			all = slices.DeleteFunc(all, func(x domain.DatasetDoc) bool {
				return !holdsWords(&x.Record, words) || late && (x.Due == "" || x.Due > today)
			})
			return a.emit(list(all), func() {
				var rows [][]string
				for _, x := range all {
					snap := a.t("none", "无")
					if x.Snapshot != nil {
						snap = "@" + strconv.Itoa(x.Snapshot.Version)
					}
					rows = append(rows, []string{x.Record.Code, x.Record.Title.In(a.lang), x.Record.Provider, x.Record.Unit.Space, ledgerText(x.Record.Ledger), snap, x.Due})
				}
				table(a.Out, []string{a.t("code", "编码"), a.t("title", "名称"), a.t("provider", "提供单位"), a.t("unit", "隐私单元"), a.t("ledger", "账本"), a.t("snapshot", "快照"), a.t("due", "到期")}, rows)
			})
		},
	}
	c.Flags().BoolVar(&late, "due", false, a.t("only those whose next load is due", "仅列出应载入新数据的"))
	return c
}

// holdsWords says whether each of some words stands in what a record says of a
// dataset, in either language; the case of letters does not count.
func holdsWords(r *glovebox.Dataset, words []string) bool {
	said := []string{r.Code, r.Title.EN, r.Title.ZH, r.Provider, r.Unit.Space}
	for _, c := range r.Columns {
		said = append(said, c.Name, c.Source, c.Title.EN, c.Title.ZH)
	}
	all := strings.ToLower(strings.Join(said, "\n"))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, strings.ToLower(w)) })
}
