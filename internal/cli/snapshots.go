package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) datasetSnapshots() *cobra.Command {
	return &cobra.Command{
		Use:   "snapshots CODE",
		Short: a.t("list the snapshots of a dataset", "列出数据资源的快照"),
		Long: a.t(`List the snapshots of a dataset: which is current, which are replaced and can be
gone back to ("dataset rollback"), which are destroyed, and when.`, `列出数据资源的快照：当前快照、已被取代而可回退的（"dataset rollback"）、已销毁的及其时间。`),
		Example: "  glovebox dataset snapshots population --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var all []glovebox.Snapshot
			if err := a.look(c.Context(), desk.Look{Name: "snapshots", ID: w[0]}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				var rows [][]string
				for _, s := range all {
					rows = append(rows, []string{"@" + strconv.Itoa(s.Version), s.Loaded, s.By, a.word(string(s.State)), s.Destroyed})
				}
				table(a.Out, []string{a.t("version", "版本"), a.t("loaded", "载入时间"), a.t("by", "载入人"), a.t("state", "状态"), a.t("destroyed", "销毁时间")}, rows)
			})
		},
	}
}

// versioned is a command about one snapshot, with a reason.
func versioned[T any](a *app, verb, act, en, zh, long, longZH string, show func(*T)) *cobra.Command {
	var p desk.SnapshotAct
	c := &cobra.Command{
		Use:     verb + " CODE VERSION --reason TEXT",
		Short:   a.t(en, zh),
		Long:    a.t(long, longZH),
		Example: "  glovebox dataset " + verb + " population 1 --reason 载入有误 --domain ./city --as chen",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) (err error) {
			if p.Version, err = strconv.Atoi(w[1]); err != nil {
				return glovebox.Invalid("VERSION", "is no number of a snapshot").WithFix("`glovebox dataset snapshots %s` lists them", w[0])
			}
			v := new(T)
			if err := a.do(c.Context(), nil, desk.Act{Name: act, Subject: "dataset/" + w[0], Params: desk.Params(p)}, v); err != nil {
				return err
			}
			return a.emit(v, func() { show(v) })
		},
	}
	c.Flags().StringVar(&p.Reason, "reason", "", a.t("why, in a sentence: `TEXT`", "理由 `TEXT`，一句话"))
	return c
}

func (a *app) datasetRollback() *cobra.Command {
	return versioned(a, "rollback", "dataset.rollback", "go back to an earlier snapshot", "回退到较早的快照",
		`Make an earlier snapshot the current one. It takes nothing of the ledger, and what
was charged stays charged. Role: provider of the dataset.`, `将较早的快照恢复为当前快照。不扣预算，已扣预算不退还。角色：该数据资源的提供单位。`,
		func(x *domain.DatasetDoc) { a.say("%s: @%d", x.Record.Code, x.Snapshot.Version) })
}

func (a *app) datasetDestroy() *cobra.Command {
	return versioned(a, "destroy", "dataset.destroy", "destroy a snapshot that is not the current one", "销毁非当前快照",
		`Destroy the keys of a snapshot that is not the current one, then its files, with
an entry in the log. Nobody can read it again. Role: provider of the dataset.`, `销毁非当前快照的密钥与文件，并记入日志；此后任何人不得再读取。角色：该数据资源的提供单位。`,
		func(s *glovebox.Snapshot) {
			a.say("%s@%d: %s %s", s.Dataset, s.Version, a.word(string(s.State)), s.Destroyed)
		})
}

func (a *app) datasetCancel() *cobra.Command {
	return brakeCmd(a, stopping{"cancel", "CODE", "dataset.cancel", "dataset", "take a mistaken registration back", "撤销误登记的数据资源",
		`Take a mistaken registration back before its first use: nothing was loaded, and
nothing taken of its ledger. Role: provider of the dataset.`, `在首次使用之前撤销误登记：尚未载入数据，账本尚无支出。角色：该数据资源的提供单位。`,
		"dataset cancel population --reason 编码有误 --domain ./city --as chen"},
		func(x *domain.DatasetDoc) { a.say("%s: %s", x.Record.Code, a.word(string(x.State))) })
}

func (a *app) datasetHistory() *cobra.Command {
	return &cobra.Command{
		Use:   "history CODE",
		Short: a.t("list what was done about a dataset, from the log", "依据日志列出数据资源的历次操作"),
		Long: a.t(`List what was done about a dataset, oldest first, from the log. Role: its provider,
the authority of the city, or an auditor.`, `依据日志按时间顺序列出数据资源的历次操作。角色：其提供单位、全市的实施机构或审计。`),
		Example: "  glovebox dataset history population --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE:    func(c *cobra.Command, w []string) error { return a.history(c, "dataset/"+w[0]) },
	}
}
